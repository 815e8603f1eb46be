"""What every test may use."""

from __future__ import annotations

import os
from collections.abc import Generator
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"

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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With PCISOLVE_LIVE=required a live test that is skipped has failed: all that it asks is said to be there."""
    report = yield
    live = item.get_closest_marker("live") and os.environ.get("PCISOLVE_LIVE") == "required"
    recorded = item.get_closest_marker("corpus") and not SHARED.is_dir()
    forbidden = "not allowed to trace" in str(report.longrepr)  # of containers, which no package changes
    if report.skipped and live and not recorded and not forbidden:
        report.outcome, report.longrepr = "failed", f"must not be skipped: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of recorded verdicts beside the checkout; the test is skipped without it."""
    if not SHARED.is_dir():
        pytest.skip("the recorded verdicts are not beside this checkout")
    return SHARED


@pytest.fixture(scope="session")
def examples() -> Path:
    """The folder of shipped examples."""
    return ROOT / "examples"
