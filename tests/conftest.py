"""What every test may use."""

from __future__ import annotations

import os
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent

# The same examples every time, and no deadline: neither chance nor a busy machine must fail a test.
# To look for new counterexamples: HYPOTHESIS_PROFILE=random.
BUSY = [HealthCheck.too_slow]
settings.register_profile("same", deadline=None, derandomize=True, print_blob=True, suppress_health_check=BUSY)
settings.register_profile("random", deadline=None, print_blob=True, suppress_health_check=BUSY)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


def pytest_configure() -> None:
    """Refuse to test compiled modules of an older source: the change would not be in what is tested."""
    mine = ROOT.glob(f"pcisolve/**/*{EXTENSION_SUFFIXES[0]}")  # those of another Python are not loaded
    compiled = {path: path.with_name(path.name.partition(".")[0] + ".py") for path in mine}
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
