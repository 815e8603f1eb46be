"""Configuration files: where they are found, what counts more, and what is said of a wrong or hostile one."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from pcisolve.render.schemas import schema_of
from tests.cli.running import HAS_JSONSCHEMA, measure, run
from tests.support import domain

CLASH = domain("q35", "<rng model='virtio'><address type='pci' slot='0x1f'/></rng>")
SITE = '''
from pcisolve.rules.rule import Point, Rule, Telling


class NoRng(Rule):
    """No random number generators."""

    id = "site-no-rng"
    source = "us"

    def cases(self, question):
        return question.problem.by_kind("rng")

    def check(self, layout, case):
        return False

    def tell(self, question, case):
        return Telling("a random number generator", (Point(case.node),))


RULES = (NoRng(),)
'''


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a guest that is wrong, and one in a folder below."""
    (tmp_path / "deep" / "er").mkdir(parents=True)
    for name in ("guest.xml", "deep/er/guest.xml"):
        (tmp_path / name).write_bytes(CLASH)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_it_is_found_above_the_input_and_the_nearest_one_counts(folder: Path) -> None:
    assert run("check", "deep/er/guest.xml").code == 1
    (folder / "pyproject.toml").write_text('[tool.pcisolve]\nignore = ["addr-*"]\n')
    assert run("check", "deep/er/guest.xml").code == run("check", "-", stdin=CLASH).code == 0
    (folder / "deep" / "pcisolve.toml").write_text("")
    assert run("check", "deep/er/guest.xml").code == 1
    assert run("check", "guest.xml").code == 0
    assert run("solve", "guest.xml").code == 0


def test_of_both_files_in_a_folder_its_own_counts_and_a_foreign_pyproject_does_not(folder: Path) -> None:
    (folder / "pcisolve.toml").write_text('ignore = ["addr-duplicate"]\n')
    (folder / "deep" / "pyproject.toml").write_text("[tool.other]\nthis is not = = TOML, and pcisolve is in it\n")
    assert run("check", "deep/er/guest.xml").code == 0
    (folder / "pyproject.toml").write_text("[tool.pcisolve]\n")
    assert run("check", "guest.xml").code == 0


def test_the_command_line_counts_more(folder: Path) -> None:
    (folder / "pcisolve.toml").write_text('ignore = ["addr-duplicate"]\nlibvirt = "9.0.0"\n')
    assert run("check", "guest.xml").code == 0
    assert run("check", "--ignore", "start-*", "guest.xml").code == 1
    assert run("check", "--isolated", "guest.xml").code == 1
    (folder / "other.toml").write_text('select = ["start-*"]\n')
    (folder / "pcisolve.toml").write_text("")
    assert run("check", "--config", "other.toml", "guest.xml").code == 0
    assert run("check", "--config", "other.toml", "--select", "addr-*", "guest.xml").code == 1
    both = run("check", "--config", "other.toml", "--isolated", "guest.xml")
    assert (both.code, "--isolated looks for no configuration" in both.error) == (2, True)


def test_a_severity_of_ones_own(folder: Path) -> None:
    (folder / "pcisolve.toml").write_text('[severity]\naddr-duplicate = "warning"\n')
    ended = run("check", "--format", "json", "guest.xml")
    (found,) = json.loads(ended.out)
    assert (ended.code, found["code"], found["severity"]) == (0, "addr-duplicate", "warning")
    assert run("check", "--error-on-warning", "guest.xml").code == 1
    solved = run("solve", "guest.xml")
    assert (solved.code, solved.error.startswith("warning[addr-duplicate]: rng is at")) == (0, True)


def test_overrides_by_path_and_the_last_one_counts(folder: Path) -> None:
    (folder / "pcisolve.toml").write_text(
        '[[overrides]]\npaths = ["deep/*"]\nignore = ["addr-duplicate"]\n'
        '[[overrides]]\npaths = ["*/er/*.xml"]\nignore = []\nseverity = { addr-duplicate = "note" }\n'
    )
    (folder / "deep" / "guest.xml").write_bytes(CLASH)
    said = run("check", "--format", "concise", ".")
    assert [line.rpartition("[")[0] for line in said.text.splitlines()[:-1]] == [
        f"{name}:6:45: {severity}" for name, severity in (("guest.xml", "error"), ("deep/er/guest.xml", "note"))
    ]
    assert said.text.splitlines()[-1] == "1 error and 1 note in 2 of 3 files; 2 can be fixed safely"


def test_rules_in_python_are_run_only_where_the_file_is_named(folder: Path) -> None:
    (folder / "site").mkdir()
    (folder / "site" / "rules.py").write_text(SITE)
    (folder / "pcisolve.toml").write_text('rules = ["site"]\nselect = ["site-*"]\n')
    found = run("check", "guest.xml")
    assert (found.code, found.out) == (2, b"")
    assert found.error == (
        "pcisolve: pcisolve.toml:1:1: rules are Python, which is run: a configuration that was only found beside an "
        "input cannot name them (expected --config FILE, or --rules DIR)\n"
    )
    named = run("check", "--format", "concise", "--config", "pcisolve.toml", "guest.xml")
    assert named.text == "guest.xml:6:5: error[site-no-rng]: a random number generator\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ignor = []", '1:1: unknown key "ignor"; did you mean "ignore"?'),
        ("\nstage = 'host'", '2:1: "stage" has the unknown word "host"; one of guest, libvirt, qemu'),
        ("policy = 'stable'", '1:1: "policy" has the unknown word "stable"; one of auto, libvirt, minimal'),
        ("libvirt = '9.x'", '1:1: "9.x" is not a libvirt version such as 9.0.0'),
        ("qemu = 7", '1:1: "qemu" has the wrong type (expected a string)'),
        ("ignore = ['addr-duplicat']", '1:1: no rule "addr-duplicat"; did you mean "addr-duplicate"?'),
        ("select = ['zzz*']", '1:1: no rule "zzz*"; pcisolve rule lists them'),
        (
            "[severity]\naddr-duplicate = 'bad'",
            '2:1: "addr-duplicate" has the unknown word "bad"; one of error, note, w',
        ),
        ("[severity]\naddr-dupliate = 'note'", '2:1: no rule "addr-dupliate"; did you mean "addr-duplicate"?'),
        ("[[overrides]]\nignore = []", '1:14: the key "paths" is missing'),
        ("[[overrides]]\npaths = []\nmodels = 'x'", '3:1: unknown key "models"; '),
        ("stage = ", "1:9: not TOML: Invalid value"),
        ("a = " + "[" * 5000, "1:1: not TOML: nested too deeply"),
        ("a = " + "9" * 5000, "1:1: not TOML: "),
        ('"\\u001b[2J" = 1', '1:1: unknown key "?[2J"; '),
        ("platform = 'qemu-pserie'", ' unknown platform "qemu-pserie"; did you mean "qemu-pseries"?'),
        ("models = 'none'", "none: No such file or directory (expected a folder of model files)"),
    ],
)
def test_a_wrong_file_is_one_error_with_its_place(folder: Path, text: str, said: str) -> None:
    (folder / "pcisolve.toml").write_text(text)
    ended = run("check", "guest.xml", "guest.xml")
    assert ended.code == 2
    assert said in ended.error.replace("pcisolve: pcisolve.toml:", "", 1)
    assert ended.error.count("\n") == 1
    assert "\x1b" not in ended.error


def test_hostile_files_are_bounded(folder: Path) -> None:
    (folder / "pcisolve.toml").write_bytes(b"#" * (1 << 17))
    ended = run("check", "guest.xml")
    assert ended.error == "pcisolve: pcisolve.toml: the configuration file is larger than 64 KiB\n"
    (folder / "pcisolve.toml").write_bytes(b"\xff")
    assert run("check", "guest.xml").error == "pcisolve: pcisolve.toml:1:1: not UTF-8 text\n"
    patterns = ", ".join(["'" + "*a" * 100 + "'"] * 200)
    (folder / "pcisolve.toml").write_text(f"[[overrides]]\npaths = [{patterns}]\nstage = 'qemu'\n")
    (folder / ("a" * 200 + ".xml")).write_bytes(CLASH)
    ended = measure(folder, "check", "-q", "a" * 200 + ".xml", cpu=20)
    assert ended.code == 1
    assert run("check", "--config", "/dev/zero", "guest.xml").code == 2
    assert run("check", "--config", "none.toml", "guest.xml").code == 2


def test_a_folder_that_is_called_as_the_file_is_none(folder: Path) -> None:
    (folder / "deep" / "pcisolve.toml").mkdir()
    os.mkfifo(folder / "pcisolve.toml")
    assert run("check", "deep/er/guest.xml").code == 1


def test_batch_takes_a_configuration_that_is_named(folder: Path) -> None:
    (folder / "pcisolve.toml").write_text('ignore = ["addr-duplicate"]\n')
    assert run("batch", "guest.xml").code == 1
    assert run("batch", "--config", "pcisolve.toml", "guest.xml").code == 0
    (folder / "pcisolve.toml").write_text("[[overrides]]\npaths = ['*']\n")
    assert "overrides are for check and solve" in run("batch", "--config", "pcisolve.toml", "guest.xml").error


def test_the_schema_of_configurations_names_every_key(folder: Path) -> None:
    keys = set(schema_of("config")["properties"])
    (folder / "pcisolve.toml").write_text("x = 1\n")
    said = run("check", "guest.xml").error
    assert set(said.partition("; one of ")[2].strip().split(", ")) == keys
    if HAS_JSONSCHEMA:
        import jsonschema

        jsonschema.Draft202012Validator.check_schema(schema_of("config"))
