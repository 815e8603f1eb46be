"""Plans from 200 to 100,000 devices: solved, laid out, checked; times as a table, and as docs/plan-scale.svg.

python -m benchmarks.plans            the table
python -m benchmarks.plans docs/plan-scale.svg
"""

from __future__ import annotations

import math
import resource
import sys
import time
from typing import NamedTuple

import pcisolve

SIZES = ((200, 4), (2_000, 16), (20_000, 1_024), (100_000, 1_024))
_WIDTH, _HEIGHT, _MARGIN = 560, 340, 60


class Timed(NamedTuple):
    """One plan: devices, domains, seconds of the clock from its text to its XML and the process's peak memory in MB so
    far; seconds of CPU, and whether the answer is proved best."""

    devices: int
    domains: int
    seconds: float
    megabytes: int
    cpu: float
    proven: bool


def plan(devices: int, domains: int) -> bytes:
    """A plan of disks, and of as many NICs as GPUs in pairs, with spares; eight functions may share a slot."""
    pairs = devices // 10
    return f"""\
platform: any
scheme: multi-domain
domains: [{{name: d, count: {domains}}}]
devices:
  - {{name: disk, kind: virtio-disk, count: {devices - 2 * pairs}, multifunction: true}}
  - {{name: nic, kind: virtio-net, count: {pairs}, multifunction: true}}
  - {{name: gpu, kind: hostdev-pcie, count: {pairs}, multifunction: true}}
relations:
  - {{together: [nic, gpu], on: domain, pairwise: true}}
spare: [{{kind: pcie, count: 2, per: domain, hotplug: true}}]
""".encode()


def timed(devices: int, domains: int) -> Timed:
    """Solve one plan; it has to be solved."""
    begin, cpu = time.perf_counter(), time.process_time()
    result = pcisolve.load(plan(devices, domains)).solve()
    seconds, cpu = time.perf_counter() - begin, time.process_time() - cpu
    if result.verdict.status != "solved" or result.xml is None:
        raise RuntimeError(f"{devices} x {domains}: {result.verdict.status}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return Timed(devices, domains, seconds, peak, cpu, result.verdict.proven)


def picture(rows: list[Timed]) -> str:
    """Time against size, both logarithmic."""
    low, high = math.log10(min(one.devices for one in rows)), math.log10(max(one.devices for one in rows))
    fast, slow = -1.0, 2.0
    points = []
    for one in rows:
        x = _MARGIN + (math.log10(one.devices) - low) / (high - low) * (_WIDTH - 2 * _MARGIN)
        y = _HEIGHT - _MARGIN - (math.log10(one.seconds) - fast) / (slow - fast) * (_HEIGHT - 2 * _MARGIN)
        points.append((x, y, one))
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}" font-family="sans-serif"'
        ' font-size="12">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
        f'<text x="{_MARGIN}" y="24" font-size="14">Plans: seconds from YAML to checked XML</text>',
    ]
    for power in range(int(fast), int(slow) + 1):
        y = _HEIGHT - _MARGIN - (power - fast) / (slow - fast) * (_HEIGHT - 2 * _MARGIN)
        lines.append(f'<line x1="{_MARGIN}" x2="{_WIDTH - _MARGIN}" y1="{y:.0f}" y2="{y:.0f}" stroke="#ddd"/>')
        lines.append(f'<text x="{_MARGIN - 8}" y="{y + 4:.0f}" text-anchor="end">{10.0**power:g} s</text>')
    path = " ".join(f"{x:.0f},{y:.0f}" for x, y, _ in points)
    lines.append(f'<polyline points="{path}" fill="none" stroke="#06c" stroke-width="2"/>')
    for x, y, one in points:
        lines.append(f'<circle cx="{x:.0f}" cy="{y:.0f}" r="4" fill="#06c"/>')
        lines.append(f'<text x="{x:.0f}" y="{y - 10:.0f}" text-anchor="middle">{one.seconds:.1f} s</text>')
        size = f"{one.devices:,} x {one.domains}"
        lines.append(f'<text x="{x:.0f}" y="{_HEIGHT - _MARGIN + 18}" text-anchor="middle">{size}</text>')
    lines.append(f'<text x="{_WIDTH // 2}" y="{_HEIGHT - 20}" text-anchor="middle">devices x PCI domains</text>')
    return "\n".join([*lines, "</svg>"]) + "\n"


def main() -> None:
    """Measure, print, and draw if a file is named."""
    import gc

    gc.disable()  # as the command line does
    rows = [timed(*size) for size in SIZES]
    for one in rows:
        print(
            f"{one.devices:>8,} x {one.domains:<3} {one.seconds:7.2f} s {one.cpu:7.2f} s CPU {one.megabytes:6,} MB"
            + ("" if one.proven else " not proved")
        )
    if len(sys.argv) > 1:
        with open(sys.argv[1], "w", encoding="utf-8") as file:
            file.write(picture(rows))


if __name__ == "__main__":
    main()
