"""The base of a plan: the domain XML that it stands on."""

from __future__ import annotations

import os

from pcisolve.core.errors import InputError
from pcisolve.libvirt.container import read_path
from pcisolve.libvirt.document import Document
from pcisolve.planning.file.values import Plan


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
