"""One input of a batch, answered; whatever happens is an answer."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from pcisolve.api.guests import load_all
from pcisolve.api.limits import OutOfTime, undecided, within
from pcisolve.catalog.table import dotted
from pcisolve.core.errors import InputError
from pcisolve.core.version import JSON_VERSION
from pcisolve.problem.problem import Options
from pcisolve.verdict.text import verdict_text
from pcisolve.verdict.values import INVALID, SOLVED, UNKNOWN, Finding

FAILED = "error"  # the status of an input that pcisolve itself failed on
MOVES = "moves"  # the status of a guest that another libvirt lays out otherwise
REFUSED = "input"  # the code of the finding that says why an input cannot be used at all

if TYPE_CHECKING:
    from pcisolve.libvirt.document import Document

# The name inputs are read under, so that an answer holds for every input with the same content. No XML and no path
# holds this character, so in JSON it stands nowhere else.
_ANY_NAME = "\0"
_ANY_NAME_AS_JSON = json.dumps(_ANY_NAME)
_ENCODED = json.JSONEncoder(separators=(",", ":")).encode


class Job(NamedTuple):
    """What every input of a batch is solved with.

    Attributes:
        models: a folder that adds to or overrides the shipped models, or None.
        wants_xml: whether solved XML is asked for.
        by_shape: whether guests of one shape are solved once.
        moves: instead of being solved, each guest is compared with itself under the libvirt of these options.
    """

    options: Options
    models: str | None = None
    wants_xml: bool = False
    by_shape: bool = True
    moves: Options | None = None


class Answer(NamedTuple):
    """The answer to some content, whatever its name is.

    Attributes:
        status: as in a verdict, or FAILED.
        text: the verdict as a JSON object.
        codes: the codes of its findings.
        xml: the solved XML; None when not solved or not asked for.
        seconds: how long it took.
    """

    status: str
    text: str
    codes: tuple[str, ...] = ()
    xml: bytes | None = None
    seconds: float = 0.0

    def line(self, name: str) -> str:
        """The line of output for an input of this name, without a newline."""
        quoted = json.dumps(name)
        return f'{{"input":{quoted},{self.text[1:].replace(_ANY_NAME_AS_JSON, quoted)}'


def answer_of(row: dict[str, Any], xml: bytes | None = None) -> Answer:
    """A verdict's JSON as an answer."""
    codes = tuple(finding["code"] for finding in row["findings"])
    return Answer(row["status"], _ENCODED(row), codes, xml)


def solve_content(job: Job, data: bytes, name: str = _ANY_NAME) -> Answer:
    """Solve one guest. Never raises: even a defect of pcisolve ends one input, not a batch.

    Args:
        name: of the input; by default the answer holds for inputs of any name.
    """
    start = time.perf_counter()
    try:
        guests = load_all(data, models=job.models, name=name)
        if (after := job.moves) is not None:
            document = guests.only().before()
            answer = within(job.options.time_limit, lambda: _moves(job, document, after))
        else:
            guest = guests.only()
            result = within(job.options.time_limit, lambda: guest.solve(job.options))
            xml = None if result.xml is None or not job.wants_xml else guests.replaced([result.xml])
            codes = tuple(finding.code for finding in result.verdict.findings)
            answer = Answer(result.verdict.status, verdict_text(result.verdict), codes, xml)
    except InputError as error:
        answer = refused(error)
    except OutOfTime:
        answer = Answer(UNKNOWN, verdict_text(undecided(job.options)))
    except MemoryError:
        answer = failed("it needs more memory than a worker may have (--memory-limit)")
    except Exception as error:
        answer = failed(f"internal error ({type(error).__name__}: {error}); please report it")
    return answer._replace(seconds=time.perf_counter() - start)


def _moves(job: Job, document: Document, after: Options) -> Answer:
    from pcisolve.ops.moves import moves_of

    found = moves_of(document, job.options, after, models=job.models)
    versions = {"libvirt": [dotted(one.libvirt) for one in (job.options, after)]}
    row = {key: value for key, value in found.to_json().items() if key not in ("before", "after")}
    status = SOLVED if found.difference.is_empty else MOVES
    return answer_of({"version": row.pop("version"), "status": status, **versions, **row, "findings": []})


def refused(error: InputError) -> Answer:
    """The answer to an input that cannot be used."""
    message = error.message + (f" (expected {error.expected})" if error.expected else "")
    where = error.location
    place = {} if where is None else {"text": "", "file": where.file, "line": where.line, "column": where.column}
    return answer_of(_row(INVALID, REFUSED, message, [{**place, "role": ""}] if place else []))


def failed(reason: str) -> Answer:
    """The answer when pcisolve itself failed."""
    return answer_of(_row(FAILED, "failure", reason, []))


def out_of_time(seconds: float) -> Answer:
    """The answer when an input was stopped from outside."""
    return answer_of(_row(UNKNOWN, "time-limit", f"stopped after {seconds:.0f} seconds; raise --time-limit", []))


def _row(status: str, code: str, message: str, facts: list[dict[str, Any]]) -> dict[str, Any]:
    finding = Finding(code, (), "libvirt", message, False, ()).to_json()
    return {
        "version": JSON_VERSION,
        "status": status,
        "proven": False,
        "controllers": [],
        "devices": [],
        "findings": [{**finding, "facts": facts}],
        "stats": {},
    }
