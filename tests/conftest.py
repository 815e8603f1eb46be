"""What every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent

# No deadline: a busy machine must not fail a test. In CI the examples are the same every time.
settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")


def pytest_configure() -> None:
    """Refuse to test compiled modules of an older source: the change would not be in what is tested."""
    compiled = {path: path.with_name(path.name.partition(".")[0] + ".py") for path in ROOT.glob("pcisolve/**/*.so")}
    old = [one.name for path, one in compiled.items() if one.stat().st_mtime > path.stat().st_mtime]
    if old:
        said = f"compiled from an older source: {', '.join(old[:5])}; run `make compile`, or `make pure` to go without"
        pytest.exit(said, returncode=4)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of recorded verdicts beside the checkout; the test is skipped without it."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("the recorded verdicts are not beside this checkout")
    return folder


@pytest.fixture(scope="session")
def examples() -> Path:
    """The folder of shipped examples."""
    return ROOT / "examples"
