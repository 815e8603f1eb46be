"""An earlier layout out of a file: domain XML, completed as libvirt would, or the JSON of `pcisolve solve`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from pcisolve.catalog.catalog import Catalog
from pcisolve.core.errors import InputError
from pcisolve.core.packed import unpack
from pcisolve.earlier.record import Earlier, Remembered, earlier_of, remembered
from pcisolve.libvirt.container import read
from pcisolve.libvirt.kinds import is_plan, refuse_foreign
from pcisolve.libvirt.source import MAX_BYTES, read_source
from pcisolve.ops.recorded import EXPECTED, earlier_from_json
from pcisolve.problem.layout import Layout
from pcisolve.problem.parts import NO_ZPCI, Controller, Part
from pcisolve.problem.problem import Options
from pcisolve.solver.judge import Unnumbered, first_fit, numbered


def remember(
    source: str | os.PathLike[str] | bytes | None, catalog: Catalog, options: Options, scheme: str = "auto"
) -> Earlier:
    """Read an earlier layout; an XML in a scheme, if it is asked for.

    An XML need not be complete nor right: what it leaves open is completed as libvirt does, and what cannot be is not
    remembered.

    Raises:
        InputError: there is none, or it cannot be read.
    """
    if source is None:
        raise InputError("policy stable keeps what an earlier layout has, and there is none", expected="--against OLD")
    data, name = read_layout(source)
    if is_json(data):
        return earlier_from_json(data, name)
    return earlier_of(layout_of(data, name, catalog, options, scheme), name)


def read_layout(source: str | os.PathLike[str] | bytes) -> tuple[bytes, str]:
    """The bytes of a layout, and what messages call it.

    Raises:
        InputError: it cannot be read, or is a plan.
    """
    if isinstance(source, bytes):
        data, name = unpack(source, MAX_BYTES, "<bytes>")[0], "<bytes>"
    else:
        data, name = read_source(os.fspath(source))
    if is_plan(data) and not is_json(data):
        refuse_foreign(data, name)
        raise InputError(f"{name} is a plan, which has no layout; solve it first", expected=EXPECTED)
    return data, name


def is_json(data: bytes) -> bool:
    """Whether this is a JSON object."""
    return data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")


def layout_of(data: bytes, name: str, catalog: Catalog, options: Options, scheme: str = "auto") -> Layout:
    """The layout of a domain XML, completed as libvirt would.

    Raises:
        InputError: it cannot be read, or its controllers cannot be numbered.
    """
    document = read(data, name)
    asked = options._replace(policy="libvirt", scheme=scheme, stage="libvirt", platform="")
    problem = numbered(document.root, document, catalog, asked)
    if isinstance(problem, Unnumbered):
        raise InputError(f"{name} has no layout: there are no indexes for its controllers", expected=EXPECTED)
    return Layout(problem, first_fit(problem))


def with_memory(answer: dict[str, Any], layout: Layout) -> dict[str, Any]:
    """The JSON of a solved guest, each row with what its part is known by."""
    devices = [part for part in layout.problem.parts if not isinstance(part, Controller) and part in layout.addresses]
    for row, part in zip(answer["devices"], devices, strict=True):
        row.update(_memory(layout, part))
    controllers = sorted(layout.controllers, key=lambda one: one.index)
    for row, controller in zip(answer["controllers"], controllers, strict=True):
        row.update(_memory(layout, controller))
    return answer


def _memory(layout: Layout, part: Part) -> dict[str, Any]:
    return dict(_remembered_rows(remembered(layout, part)))


def _remembered_rows(one: Remembered) -> Iterator[tuple[str, Any]]:
    if one.index is None:
        yield "make", one.identity.make
        yield "identity", one.identity.keys
    else:
        yield "targets", one.targets
    if one.multifunction:
        yield "multifunction", True
    if one.zpci != NO_ZPCI:
        yield "zpci", one.zpci._asdict()
