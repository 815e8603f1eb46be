"""A guest as a library user holds it: loaded once, then solved, checked or converted."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from pcisolve.catalog.catalog import Catalog, load_catalog
from pcisolve.core.errors import InputError
from pcisolve.core.words import did_you_mean
from pcisolve.problem.problem import POLICIES, SCHEMES, STABLE, STAGES, Options
from pcisolve.verdict.values import FactAt, Finding, Verdict

if TYPE_CHECKING:
    from pcisolve.libvirt.document import Document
    from pcisolve.problem.layout import Layout
    from pcisolve.verdict.mended import Mended
    from pcisolve.verdict.rows import Row


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
        from pcisolve.ops.summary import summary

        return () if self._layout is None else summary(self._layout)

    def to_json(self) -> dict[str, Any]:
        """As in `solve --format json`: the verdict, and what each part is known by when a later guest is solved
        against this one."""
        from pcisolve.ops.memory import with_memory

        answer = self.verdict.to_json()
        return answer if self._layout is None else with_memory(answer, self._layout)


class Guest:
    """A domain XML that was read.

    Attributes:
        document: the elements and where they stand.
        models: a folder that adds to or overrides the shipped models, or None.
    """

    def __init__(self, document: Document, models: str | None = None) -> None:
        self.document = document
        self.models = models

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
        from pcisolve.problem.hypervisor import refuse_other

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
        from pcisolve.ops.solve import solve
        from pcisolve.ops.write import solved_bytes

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
        from pcisolve.ops.solve import check

        options = options or Options()
        return check(self.document.root, self.document, self._catalog(options), options, layout=layout)

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
        from pcisolve.verdict.mended import Wanted

        options = options or Options()
        return mend(self.document, self._catalog(options), options, Wanted(pick, unsafe, warnings))

    def convert(self, to: str, options: Options | None = None) -> Result:
        """The same layout in the other scheme, "flat" or "multi-domain".

        Raises:
            InputError: as for solve; or the layout has no form in that scheme.
        """
        from pcisolve.ops.convert import convert

        options = options or Options()
        return Result(*convert(self.document, self._catalog(options), options, to))


def load(
    source: str | os.PathLike[str] | bytes,
    *,
    models: str | os.PathLike[str] | None = None,
    name: str = "<stdin>",
) -> Guest:
    """Read the guest of a file with one, from a path ("-" is stdin) or from bytes: a domain XML, by itself or in what
    libvirt keeps around it, or a plan file; see load_all.

    Args:
        models: a folder that adds to or overrides the shipped models.
        name: what messages call the source when it is bytes.

    Raises:
        InputError: it cannot be read, or holds several; with file, line and what was expected.
    """
    from pcisolve.api.guests import load_all

    return load_all(source, models=models, name=name).only()


def make_options(
    *,
    scheme: str = "auto",
    stage: str = "guest",
    policy: str = "libvirt",
    libvirt: str | None = None,
    bus_bits: int = 0,
    time_limit: float = 30.0,
    platform: str = "",
) -> Options:
    """Options from the words of the command line.

    Args:
        libvirt: version as "9.0.0"; None for the newest known.
        bus_bits: 8 bounds bus ids in the multi-domain scheme; 0 does not.
        time_limit: seconds the solver may take.
        platform: a platform of models/platforms whose limits count as well; "" for none.

    Raises:
        ValueError: a word is not one of the known ones, or the version is not a version.
    """
    for word, known in ((scheme, SCHEMES), (stage, STAGES), (policy, POLICIES)):
        if word not in known:
            raise ValueError(f'"{word}" is not one of {", ".join(known)}')
    options = Options(scheme, stage, policy, bus_bits=bus_bits, time_limit=time_limit, platform=platform)
    return options if libvirt is None else options._replace(libvirt=parse_version(libvirt))


def parse_version(text: str) -> tuple[int, int, int]:
    """A libvirt version, "9", "9.0" or "9.0.0".

    Raises:
        ValueError: anything else.
    """
    numbers = text.split(".")
    if not 1 <= len(numbers) <= 3 or not all(one.isdecimal() and len(one) < 5 for one in numbers):
        raise ValueError(f'"{text}" is not a libvirt version such as 9.0.0')
    major, minor, micro = [int(one) for one in (*numbers, "0", "0")[:3]]
    return major, minor, micro
