"""pcisolve on many guests, as libvirt_loop.py does it with libvirt: domain XML in, JSON and solved XML out.

Arguments: how far down it must hold ("guest", "libvirt"), a file of JSON strings, one domain XML each. For every line
on stdin, which is a list of places in that file, one round over these guests; as JSON on stdout what became of each,
and its seconds: of this process's CPU, and of the clock.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pcisolve
import pcisolve.cli  # garbage is collected as seldom as by the command
from pcisolve.batch.answer import Job, solve_content

_SECONDS = 1.0  # for CP-SAT: who needs it is counted, and not compared


def main() -> None:
    """Rounds until stdin ends."""
    stage, guests = sys.argv[1:3]
    options = pcisolve.make_options(stage=stage, time_limit=_SECONDS)._replace(repairs=False)
    job = Job(options, wants_xml=True, by_shape=False)
    texts = [json.loads(line).encode() for line in Path(guests).read_text().splitlines()]
    print(json.dumps({"version": pcisolve.__version__}), flush=True)
    for line in sys.stdin:
        print(json.dumps([_one(job, texts[at]) for at in json.loads(line)]), flush=True)


def _one(job: Job, data: bytes) -> tuple[str, float, float]:
    cpu, wall = time.process_time(), time.perf_counter()
    answer = solve_content(job, data)
    word = "accepted" if answer.status == "solved" else "refused"
    return word, time.process_time() - cpu, time.perf_counter() - wall


if __name__ == "__main__":
    main()
