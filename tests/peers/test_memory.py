"""A batch is flat once each worker has had its first thousand guests; a very large file costs its own size."""

from __future__ import annotations

import statistics

import pytest

from benchmarks.peers.memory import Sample, samples

FILES = 4_000
LARGE = 20 << 20

pytestmark = pytest.mark.slow


def median(found: list[Sample], first: float, last: float) -> float:
    """MiB while that part of the answers came."""
    return statistics.median(one.megabytes for one in found if first * FILES <= one.answers <= last * FILES)


def test_memory_stays_flat() -> None:
    found = samples(FILES, 0, every=0.05)
    assert median(found, 0.8, 0.99) < 1.1 * median(found, 0.4, 0.6)


def test_a_large_file_costs_a_few_times_its_size() -> None:
    found = samples(FILES, LARGE, every=0.05)
    before = median(found, 0.1, 0.4)
    assert max(one.megabytes for one in found) < before + 8 * (LARGE >> 20)
    assert median(found, 0.7, 0.99) < before + 6 * (LARGE >> 20)
