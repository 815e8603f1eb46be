"""Solve one input after the other, or several at a time, and keep their order."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from pcisolve.api.guest import load
from pcisolve.batch.inputs import Input
from pcisolve.core.errors import InputError
from pcisolve.core.files import write_atomically
from pcisolve.problem.problem import Options
from pcisolve.verdict.values import INVALID


class Job(NamedTuple):
    """What every file of a batch is solved with."""

    options: Options
    models: str | None
    write: str | None


class Line(NamedTuple):
    """One line of the output, and the status in it."""

    status: str
    text: str


def solve_file(job: Job, one: Input) -> Line:
    """Solve one file; whatever happens is a line."""
    try:
        result = load(one.path, models=job.models).solve(job.options)
        row = result.verdict.to_json()
        if result.xml is not None and job.write is not None:
            target = os.path.join(job.write, one.name)
            os.makedirs(os.path.dirname(target) or ".", exist_ok=True)
            write_atomically(target, result.xml)
    except InputError as error:
        row = _failed(INVALID, error)
    except Exception as error:  # one bad file must not end a batch
        row = _failed("error", InputError(f"{type(error).__name__}: {error}"))
    return Line(row["status"], json.dumps({"input": one.path, **row}, separators=(",", ":")))


def _failed(status: str, error: InputError) -> dict[str, Any]:
    where = error.location
    fact = (
        []
        if where is None
        else [{"text": "", "file": where.file, "line": where.line, "column": where.column, "role": ""}]
    )
    finding = {
        "code": "input",
        "rules": [],
        "stage": "libvirt",
        "message": error.message,
        "minimal": False,
        "facts": fact,
        "repairs": [],
    }
    return {"status": status, "proven": False, "controllers": [], "devices": [], "findings": [finding], "stats": {}}


def run(job: Job, files: Iterable[Input], workers: int) -> Iterator[Line]:
    """A line per file, in order. Each worker is a process with one solver thread."""
    if workers < 2:
        for one in files:
            yield solve_file(job, one)
        return
    from functools import partial
    from multiprocessing import get_context

    with get_context("spawn").Pool(workers) as pool:
        yield from pool.imap(partial(solve_file, job), files, chunksize=16)
