"""`import pcisolve`: its names, a libvirt's domains, and calls in several threads."""

from __future__ import annotations

import asyncio
import inspect
import pydoc
import subprocess
import sys
from pathlib import Path

import pytest

import pcisolve
from tests.support import domain, rng

ROOT = Path(__file__).resolve().parents[2]
SOUND = domain("q35", rng())
CROWDED = domain("q35", "".join(rng() for _ in range(300)))


def test_dir_is_what_is_public_and_each_name_is_there_and_described() -> None:
    assert dir(pcisolve) == sorted(pcisolve.__all__)
    for name in pcisolve.__all__:
        told = getattr(pcisolve, name)
        compiled = str(getattr(sys.modules.get(getattr(told, "__module__", "")), "__file__", "")).endswith(".so")
        if name != "__version__" and not (compiled and isinstance(told, type)):  # mypyc keeps no text of classes
            assert inspect.getdoc(told), name


def test_help_names_them() -> None:
    said = pydoc.plain(pydoc.render_doc(pcisolve))
    assert all(name in said for name in pcisolve.__all__ if name != "__version__")
    assert "Complete the layout." in said


def test_the_types_of_answers_are_public() -> None:
    result = pcisolve.load(SOUND).solve()
    verdict = result.verdict
    assert isinstance(result, pcisolve.Result) and isinstance(verdict, pcisolve.Verdict)
    assert all(isinstance(one, pcisolve.PlacedDevice) for one in verdict.devices)
    assert all(isinstance(one, pcisolve.PlacedController) for one in verdict.controllers)
    assert all(isinstance(one, pcisolve.Row) for one in result.rows)
    assert isinstance(pcisolve.make_options(), pcisolve.Options)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'slove'"):
        pcisolve.slove  # noqa: B018


def test_a_domain_of_a_real_libvirt() -> None:
    libvirt = pytest.importorskip("libvirt")
    guest = pcisolve.Guest.from_libvirt(libvirt.open("test:///default"), "test")
    assert guest.name == "test"


class Domain:
    """A domain as libvirt-python has it; it keeps with which flags it was asked."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def XMLDesc(self, flags: int = 0) -> str:
        self.asked.append(flags)
        return SOUND.decode()


class Connection:
    def __init__(self, domain: Domain) -> None:
        self.domain = domain

    def lookupByName(self, name: str) -> Domain:
        if name != "vm":
            raise LookupError(name)
        return self.domain


def test_the_domain_of_a_connection_is_a_guest_by_its_persistent_xml() -> None:
    domain = Domain()
    guest = pcisolve.Guest.from_libvirt(Connection(domain), "vm")
    assert guest.solve().xml == pcisolve.load(SOUND).solve().xml
    pcisolve.Guest.from_libvirt(Connection(domain), "vm", secrets=True)
    assert domain.asked == [2, 3]  # VIR_DOMAIN_XML_INACTIVE, and with VIR_DOMAIN_XML_SECURE
    with pytest.raises(LookupError):  # as libvirtError: libvirt's own word
        pcisolve.Guest.from_libvirt(Connection(domain), "other")


def test_threads_at_once_give_the_same_bytes_as_one_after_the_other() -> None:
    minimal = pcisolve.make_options(policy="minimal")
    ask = [(CROWDED, None), (SOUND, minimal), (CROWDED, None), (SOUND, None)]

    async def at_once() -> list[bytes | None]:
        calls = (asyncio.to_thread(pcisolve.load(data).solve, options) for data, options in ask)
        return [one.xml for one in await asyncio.gather(*calls)]

    alone = [pcisolve.load(data).solve(options).xml for data, options in ask]
    assert None not in alone
    assert asyncio.run(at_once()) == alone


def test_several_threads_may_be_the_first_to_load_the_solver() -> None:
    code = (
        f"import asyncio, pcisolve\nguests = [pcisolve.load({SOUND!r}) for _ in range(8)]\n"
        "options = pcisolve.make_options(policy='minimal')\n"
        "async def all():\n    calls = (asyncio.to_thread(one.solve, options) for one in guests)\n"
        "    return await asyncio.gather(*calls)\n"
        "print(len({one.xml for one in asyncio.run(all())}))\nimport pandas\nprint(pandas.Series([1]).sum())\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT, timeout=120
    )
    assert (ended.stdout, ended.stderr) == ("1\n1\n", "")
