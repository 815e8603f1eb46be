"""What may stand around a domain, and what a root element that is no domain says a file is."""

from __future__ import annotations

from typing import Final

from pcisolve.core.foreign import foreign_root

EXPECTED: Final = "<domain>"

# The elements of each that are domains, as its children. Source: libvirt's docs/formatsnapshot.rst,
# docs/formatcheckpoint.rst, and src/conf/domain_conf.c (virDomainObjFormat) for what is in /run/libvirt/qemu.
WRAPPERS: Final = {
    "domstatus": ("domain",),
    "domainsnapshot": ("domain", "inactiveDomain"),
    "domaincheckpoint": ("domain",),
}


def not_a_domain(tag: str, inner: int | None) -> tuple[str, str]:
    """What a document with another root is, and what was expected.

    Args:
        tag: of the root, with its namespace as lxml has it.
        inner: the line of a <domain> deeper inside that looks like one of a guest.
    """
    space, _, name = tag.rpartition("}")
    if name in WRAPPERS and not space:
        holds = " or ".join(f"<{one}>" for one in WRAPPERS[name])
        message, expected = f"<{name}> holds no {holds}", f"<{name}> with a whole domain in it"
    elif (foreign := foreign_root(name)) is not None:
        return foreign.message, foreign.expected
    else:
        message = f"the root element is <{name}>" + (f' of the namespace "{space[1:]}"' if space else "")
        expected = EXPECTED
    if inner is not None:
        message += f"; give the <domain> that it holds at line {inner} as a file of its own"
    return message, expected
