"""A guest as a library user holds it: loaded once, then solved, checked or converted."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Protocol

from pcisolve.catalog.catalog import Catalog, load_catalog
from pcisolve.core.errors import InputError
from pcisolve.core.words import did_you_mean
from pcisolve.libvirt.container import read
from pcisolve.ops.solve import check, solve
from pcisolve.ops.write import solved_bytes
from pcisolve.problem.hypervisor import refuse_other
from pcisolve.problem.problem import STABLE, Options
from pcisolve.verdict.mended import Wanted
from pcisolve.verdict.values import FactAt, Finding, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pcisolve.libvirt.document import Document
    from pcisolve.ops.pictures.drawn import Drawn
    from pcisolve.planning.fit import Room
    from pcisolve.problem.layout import Layout
    from pcisolve.verdict.mended import Mended
    from pcisolve.verdict.rows import Row
    from pcisolve.verdict.survey import Survey


_SECURE, _INACTIVE = 1 << 0, 1 << 1  # VIR_DOMAIN_XML_*, include/libvirt/libvirt-domain.h


class Domain(Protocol):
    """What is asked of libvirt-python's virDomain."""

    def XMLDesc(self, flags: int = 0) -> str:
        """The XML of the domain."""


class Connection(Protocol):
    """What is asked of libvirt-python's virConnect."""

    def lookupByName(self, name: str) -> Domain:
        """The domain of this name."""


class Result:
    """A verdict, and for a solved guest the XML that holds it.

    Attributes:
        verdict: status, controllers, devices and findings.
        xml: the solved domain XML (bytes in the input's encoding; of a domain that is not all of its file, that domain
            alone, as UTF-8: Guests.replaced puts it back), or None when not solved.
    """

    __slots__ = ("_layout", "verdict", "xml")

    def __init__(self, verdict: Verdict, xml: bytes | None, layout: Layout | None = None) -> None:
        self.verdict = verdict
        self.xml = xml
        self._layout = layout

    @property
    def rows(self) -> tuple[Row, ...]:
        """For each root what it has and what is left; () when not solved."""
        if self._layout is None:
            return ()
        from pcisolve.ops.summary import summary

        return summary(self._layout)

    def to_json(self) -> dict[str, Any]:
        """As in `solve --format json`: the verdict, and what each part is known by when a later guest is solved
        against this one."""
        answer = self.verdict.to_json()
        if self._layout is None:
            return answer
        from pcisolve.ops.memory import with_memory

        return with_memory(answer, self._layout)


class Guest:
    """A domain XML that was read.

    Attributes:
        document: the elements and where they stand.
        models: a folder that adds to or overrides the shipped models, or None.
    """

    def __init__(self, document: Document, models: str | None = None) -> None:
        self.document = document
        self.models = models

    @staticmethod
    def from_libvirt(conn: Connection, name: str, *, secrets: bool = False, models: str | None = None) -> Guest:
        """A domain of a running libvirt, by its persistent XML, which is that of its next start.

        Args:
            conn: a connection of libvirt-python, such as libvirt.openReadOnly("qemu:///system"); it is only asked.
            secrets: with passwords, without which the domain must not be defined anew; takes a connection that may
                write.
            models: a folder that adds to or overrides the shipped models.

        Raises:
            InputError: the XML cannot be used.
            libvirt.libvirtError: there is no such domain, or no answer.
        """
        flags = _INACTIVE | (_SECURE if secrets else 0)
        return Guest(read(conn.lookupByName(name).XMLDesc(flags).encode(), name), models)

    @property
    def name(self) -> str:
        """What messages call the input."""
        return self.document.name

    def line(self, fact: FactAt) -> str:
        """The line a fact stands in."""
        return self.document.line(fact.line)

    def require_qemu(self) -> None:
        """Stop where the places of devices are asked for.

        Raises:
            InputError: the guest is for another hypervisor, whose places are not known.
        """
        refuse_other(self.document.root, self.document)

    def before(self) -> Document:
        """What a solved guest is compared with."""
        return self.document

    def _catalog(self, options: Options) -> Catalog:
        catalog = load_catalog(self.models, options.libvirt)
        if options.platform and catalog.platform(options.platform) is None:
            known = [one.name for one in catalog.platforms()]
            raise InputError(f'unknown platform "{options.platform}"; {did_you_mean(options.platform, known)}')
        return catalog

    def solve(self, options: Options | None = None, *, against: str | os.PathLike[str] | bytes | None = None) -> Result:
        """Complete the layout.

        Args:
            against: an earlier layout of the guest, a path or the content: domain XML or the JSON of a result. What
                can be kept of it is kept, whatever options.policy says.

        Raises:
            InputError: the guest cannot be used at all (unknown machine, a wrong model file), or the earlier layout.
        """
        options = options or Options()
        if against is not None or options.policy == STABLE:
            from pcisolve.ops.memory import remember
            from pcisolve.ops.stable import solve_stable

            catalog, options = self._catalog(options), options._replace(policy=STABLE)
            return Result(*solve_stable(self.document, catalog, options, remember(against, catalog, options)))
        answer = solve(self.document.root, self.document, self._catalog(options), options)
        xml = None if answer.layout is None else solved_bytes(self.document, answer.layout)
        return Result(answer.verdict, xml, answer.layout)

    def check(self, options: Options | None = None, *, layout: bool = True) -> Verdict:
        """Every rule the guest breaks, without the solver; `layout` False leaves out where everything is.

        Raises:
            InputError: as for solve.
        """
        options = options or Options()
        return check(self.document.root, self.document, self._catalog(options), options, layout=layout)

    def survey(self, options: Options | None = None) -> tuple[Verdict, Survey]:
        """What check() says (without the layout), and for editors where every part stands in the text, what is free
        on each bus, and the repairs as edits; also of a guest that does not hold.

        Raises:
            InputError: as for solve.
        """
        from pcisolve.ops.survey import survey

        options = options or Options()
        return survey(self.document, self._catalog(options), options)

    def draw(self, options: Options | None = None) -> Drawn:
        """The guest as a picture, with the findings of check() in their places; also one that does not hold.

        Raises:
            InputError: as for solve.
        """
        from pcisolve.ops.pictures.drawn import draw

        options = options or Options()
        return draw(self.document, self._catalog(options), options)

    def explain(self, options: Options | None = None) -> tuple[Finding, ...]:
        """Every independent conflict, causes before what follows from them, each with repairs; () when sound.

        Raises:
            InputError: as for solve.
        """
        return self.check(options, layout=False).findings

    def repair(
        self, options: Options | None = None, *, pick: int = 1, unsafe: bool = False, warnings: bool = False
    ) -> Mended:
        """The guest with a repair made for every error, as long as the user loses nothing by it.

        Args:
            pick: which repair of each finding, from 1; the last one where there are fewer.
            unsafe: make repairs too that take something from the user, or move parts outside the conflict.
            warnings: mend warnings as well.

        Raises:
            InputError: as for solve.
        """
        from pcisolve.ops.mend import mend

        options = options or Options()
        return mend(self.document, self._catalog(options), options, Wanted(pick, unsafe, warnings))

    def room(self, wanted: Iterable[tuple[str, int]], options: Options | None = None) -> Room:
        """What more fits into the guest, which otherwise stays as it is.

        Args:
            wanted: kinds of plans, such as "virtio-net", and how many of each.

        Raises:
            InputError: as for solve; or a kind or a count is not one.
        """
        from pcisolve.planning.fit import Room, Wanted

        options = options or Options()
        return Room(self.document, self._catalog(options), options, [Wanted(*one) for one in wanted])

    def convert(self, to: str, options: Options | None = None) -> Result:
        """The same layout in the other scheme, "flat" or "multi-domain".

        Raises:
            InputError: as for solve; or the layout has no form in that scheme.
        """
        from pcisolve.ops.convert import convert

        options = options or Options()
        return Result(*convert(self.document, self._catalog(options), options, to))
