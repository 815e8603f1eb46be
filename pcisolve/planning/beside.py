"""The files beside a plan: its base and its host, relative to it."""

from __future__ import annotations

import os

from pcisolve.core.errors import InputError
from pcisolve.host.host import Host
from pcisolve.host.read import read as read_host
from pcisolve.libvirt.container import read_path
from pcisolve.libvirt.document import Document
from pcisolve.planning.file.values import Plan
from pcisolve.problem.problem import Options


def host_of(plan: Plan, options: Options) -> Host:
    """The host that groups of a plan select from.

    Raises:
        InputError: it cannot be read, or the plan is not in a file of its own.
    """
    where = plan.text.location(plan.mark("host"))
    if options.alone:
        message = "a plan in an archive or in JSON Lines has no host"
        raise InputError(message, expected="a plan in a file of its own", location=where)
    folder = os.path.dirname(plan.text.name) if plan.text.name != "<stdin>" else ""
    path = os.path.join(folder, plan.host or "")
    try:
        if os.path.exists(path) and not (os.path.isfile(path) or os.path.isdir(path)):
            raise InputError(f"{path}: not a regular file", expected="a readable file")
        return read_host(path)
    except InputError as error:
        if error.location is not None:
            raise
        raise InputError(error.message, expected=error.expected, location=where) from None


def base_of(plan: Plan, options: Options) -> Document:
    """The domain XML that a plan stands on.

    Raises:
        InputError: it cannot be read, or the plan is not in a file of its own.
    """
    if options.alone:
        where = plan.text.location(plan.mark("base"))
        message = "a plan in an archive or in JSON Lines has no base"
        raise InputError(message, expected="a plan in a file of its own", location=where)
    return base_document(plan)


def base_document(plan: Plan) -> Document:
    """The domain XML that a plan stands on.

    Raises:
        InputError: the plan has no base, or it cannot be read.
    """
    if plan.base is None:
        where = plan.text.location(plan.mark("base"))
        raise InputError("a plan without a base has nothing to be compared with", location=where)
    name = plan.base
    folder = os.path.dirname(plan.text.name) if plan.text.name != "<stdin>" else ""
    path = os.path.join(folder, name)
    try:
        if os.path.exists(path) and not os.path.isfile(path):
            raise InputError(f"{path}: not a regular file", expected="a readable file")
        return read_path(path)
    except InputError as error:
        if error.location is not None:
            raise
        raise InputError(
            error.message, expected=error.expected, location=plan.text.location(plan.mark("base"))
        ) from None
