"""pcisolve hook: what libvirt and KubeVirt call before a guest starts."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from pcisolve.api.guests import Guests, load_all
from pcisolve.api.limits import SAID, OutOfTime, undecided, within
from pcisolve.cli.common import emit, print_findings, problem_options, solve_options
from pcisolve.cli.settings import Settings
from pcisolve.core.errors import InputError
from pcisolve.verdict.values import UNKNOWN, Verdict

_UNDECIDED = 3
_JUDGED = (("prepare", "begin"),)  # once for each start, before anything is set up for the guest
_KUBEVIRT_HELP = """\
A KubeVirt sidecar's onDefineDomain: the solved domain XML on stdout, everything else on stderr.

The sidecar-shim runs `onDefineDomain --vmi JSON --domain XML` and takes what is printed for the domain; when the
exit code is not 0 the guest does not start. Put a script of that name on the sidecar's PATH:

\b
  #!/bin/sh
  exec pcisolve hook kubevirt "$@"

Exit codes: 0 solved; 1 no layout holds; 2 an argument is not what it should be; 3 not decided in time.
"""
_LIBVIRT_HELP = """\
A hook script of libvirt: judges a guest before it starts; an exit code other than 0 refuses the start.

libvirt runs /etc/libvirt/hooks/qemu with the guest's name, an operation, a suboperation and an extra argument, and
the domain XML on stdin. `prepare begin` is judged; all other operations are passed. Findings go to stderr, which is
in libvirt's error. Make the script:

\b
  #!/bin/sh
  exec pcisolve hook libvirt "$@"

Exit codes: 0 the guest may start (warnings too); 1 it is refused; 2 its XML cannot be used; 3 not decided in time,
which with --undecided start is 0.
"""


@click.group("hook")
def command() -> None:
    """Called by libvirt or KubeVirt before a guest starts."""


@command.command("kubevirt", help=_KUBEVIRT_HELP)
@click.option("--vmi", required=True, metavar="JSON", help="the VirtualMachineInstance")
@click.option("--domain", required=True, metavar="XML", help="the domain XML")
@problem_options
@solve_options(against=False)
def kubevirt(vmi: str, domain: str, quiet: bool, models: str | None, **words: Any) -> None:
    """pcisolve hook kubevirt; its help is _KUBEVIRT_HELP."""
    options, models = Settings(words, models).named()
    name = _name_of(vmi)
    guests = load_all(domain.encode("utf-8", "surrogateescape"), models=models, name=name)
    guest = guests.only()
    guest.require_qemu()
    try:
        result = within(options.time_limit, lambda: guest.solve(options))
    except OutOfTime:
        _say(guests, undecided(options), quiet=False)
        sys.exit(_UNDECIDED)
    _say(guests, result.verdict, quiet=quiet and result.xml is not None)
    if result.xml is not None:
        emit(guests.replaced([result.xml]), None)
    sys.exit(result.verdict.exit_code)


def _name_of(vmi: str) -> str:
    """What messages call the guest: namespace and name of the VirtualMachineInstance.

    Raises:
        InputError: that is not a JSON object.
    """
    try:
        value = json.loads(vmi)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise InputError("--vmi is not JSON of an object", expected="a VirtualMachineInstance")
    meta = value.get("metadata")
    names = [meta.get(one) for one in ("namespace", "name")] if isinstance(meta, dict) else []
    return "/".join(one for one in names if isinstance(one, str) and one.isprintable()) or "domain"


@command.command("libvirt", help=_LIBVIRT_HELP)
@click.argument("guest")
@click.argument("operation")
@click.argument("suboperation", default="-")
@click.argument("extra", nargs=-1)
@click.option(
    "--undecided",
    "unknown",
    type=click.Choice(("refuse", "start")),
    default="refuse",
    help="what becomes of a guest that is not decided in time [refuse]",
)
@click.option(
    "--time-limit",
    type=click.FloatRange(min=0.001),
    default=10.0,
    metavar="S",
    help="seconds that it may take; libvirt waits for its hooks [10]",
)
@problem_options
def libvirt(
    guest: str,
    operation: str,
    suboperation: str,
    extra: tuple[str, ...],
    unknown: str,
    quiet: bool,
    models: str | None,
    **words: Any,
) -> None:
    """pcisolve hook libvirt; its help is _LIBVIRT_HELP."""
    options, models = Settings(words, models).named()
    options = options._replace(repairs=False)
    if (operation, suboperation) not in _JUDGED:
        return
    guests = load_all(sys.stdin.buffer.read(), models=models, name=guest)
    try:
        verdict = within(options.time_limit, lambda: guests.only().check(options, layout=False))
    except OutOfTime:
        verdict = undecided(options)
    _say(guests, verdict, quiet=quiet and verdict.exit_code == 0)
    sys.exit(0 if verdict.status == UNKNOWN and unknown == "start" else verdict.exit_code)


def _say(guests: Guests, verdict: Verdict, *, quiet: bool) -> None:
    """On stderr what was found; a refusal is never silent."""
    if verdict.status == UNKNOWN:
        click.echo(f"{guests.name}: {SAID}", err=True)
    elif not quiet:
        print_findings(guests.only(), verdict, err=True)
