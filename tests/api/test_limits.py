"""The time limit over everything that is done for one guest."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from pcisolve.api.limits import OutOfTime, within
from tests.cli.running import run
from tests.support import domain

MANY = """
platform: any
scheme: multi-domain
domains: [{name: d, count: 16}]
devices:
  - {name: disk, kind: virtio-disk, count: 40000, multifunction: true}
"""


def for_ever() -> None:
    """Work that does not end by itself, and catches what it can."""
    while True:
        try:
            sum(range(1000))
        except Exception:
            continue


def test_what_takes_longer_is_ended() -> None:
    with pytest.raises(OutOfTime):
        within(0.01, for_ever)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_what_is_lost_in_a_destructor_comes_again() -> None:
    class Slow:
        def __del__(self) -> None:
            for_ever()

    def destroy_and_go_on() -> None:
        Slow()
        for_ever()

    with pytest.raises(OutOfTime):
        within(0.01, destroy_and_go_on)


def test_the_answer_and_the_handler_of_before_stay() -> None:
    def mine(*_: object) -> None:
        """A handler of somebody's."""

    before = signal.signal(signal.SIGALRM, mine)
    try:
        assert within(60, lambda: 7) == 7
        assert signal.getsignal(signal.SIGALRM) is mine
        assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    finally:
        signal.signal(signal.SIGALRM, before)


def test_another_thread_has_no_alarm() -> None:
    found: list[int] = []
    thread = threading.Thread(target=lambda: found.append(within(0.001, lambda: 7)))
    thread.start()
    thread.join()
    assert found == [7]


@pytest.fixture
def plan(tmp_path: Path) -> str:
    """A plan whose layout takes seconds."""
    path = tmp_path / "many.yaml"
    path.write_text(MANY)
    return str(path)


def test_a_plan_that_is_not_laid_out_in_time_is_unknown(plan: str) -> None:
    ended = run("solve", "--time-limit", "0.01", "--format", "json", plan)
    assert ended.code == 3 and json.loads(ended.text)["status"] == "unknown"
    assert "time limit reached before a decision" in ended.error
    for words in (("check",), ("solve",)):
        ended = run(*words, "--time-limit", "0.01", plan)
        assert ended.code == 3 and not ended.text and "time limit reached before a decision" in ended.error


def test_a_file_that_is_not_mended_in_time_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pcisolve.api.guest import Guest

    never: Callable[..., None] = lambda *_, **__: for_ever()  # noqa: E731
    monkeypatch.setattr(Guest, "repair", never)
    path = tmp_path / "guest.xml"
    path.write_bytes(before := domain("q35", "<rng model='virtio'><address type='pci' slot='0x1f'/></rng>"))
    ended = run("check", "--fix", "--time-limit", "0.01", str(path))
    assert ended.code == 3 and path.read_bytes() == before
    assert ended.error == f"{path}: time limit reached before a decision; raise --time-limit\n"
