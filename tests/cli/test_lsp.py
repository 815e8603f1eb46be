"""`pcisolve lsp` where it cannot run; how it runs is in tests/lsp."""

from __future__ import annotations

import subprocess
import sys
from unittest import mock

import pytest

from tests.cli.running import run


@pytest.mark.parametrize("package", ["pygls", "lsprotocol"])
def test_without_pygls_one_line_says_what_to_install(package: str) -> None:
    with mock.patch.dict(sys.modules, {package: None}):
        ended = run("lsp")
    assert (ended.code, ended.out) == (2, b"")
    assert ended.error == "pcisolve: lsp needs the package pygls: pip install 'pcisolve[lsp]'\n"


@pytest.mark.parametrize("words", [("check", "examples/q35.xml"), ("solve", "examples/q35.xml"), ("--help",)])
def test_other_commands_load_none_of_it(words: tuple[str, ...]) -> None:
    code = (
        "import sys\nsys.argv = ['pcisolve', *sys.argv[1:]]\nfrom pcisolve.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = ('pygls', 'lsprotocol', 'pcisolve.lsp', 'click.shell_completion', 'asyncio', 'pcisolve.ops.survey')\n"
        "print([one for one in heavy if one in sys.modules], file=sys.stderr)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, check=False, timeout=120
    )
    assert ended.stderr.splitlines()[-1] == "[]"
