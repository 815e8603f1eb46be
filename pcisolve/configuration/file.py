"""Configuration files: pcisolve.toml, or [tool.pcisolve] of a pyproject.toml, in a folder or above it."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pcisolve.core.errors import InputError
from pcisolve.core.words import did_you_mean, printable

if TYPE_CHECKING:
    from pcisolve.catalog.table import Table

SHARED: Final = "pyproject.toml"
MAX_BYTES: Final = 64 * 1024
MAX_SHARED: Final = 1 << 20  # of a pyproject.toml, most of which is for others
_WHAT: Final = "configuration file"
_SEVERITIES: Final = ("error", "warning", "note")
_BY_COMMAND = "rules are Python, which is run: a configuration that was only found beside an input cannot name them"

Values = dict[str, Any]


class Configuration(NamedTuple):
    """A configuration file.

    Attributes:
        path: the file.
        values: option -> what make_options() takes; "models" too.
        overrides: patterns of paths below the file's folder, and the values of files that match one of them.
    """

    path: str
    values: Values
    overrides: tuple[tuple[tuple[str, ...], Values], ...]

    def of(self, file: str) -> Values:
        """The values of an input; of overrides that match, the last word counts."""
        import fnmatch

        below = os.path.relpath(os.path.abspath(file), os.path.dirname(os.path.abspath(self.path)))
        found = dict(self.values)
        for patterns, values in self.overrides:
            if any(fnmatch.fnmatchcase(below, one) for one in patterns):
                severities = (*found.get("severities", ()), *values.get("severities", ()))
                found |= values
                found["severities"] = tuple(dict(severities).items())
        return found


def read(
    path: str, folders: tuple[str, ...] = (), *, found: bool = False, optional: bool = False
) -> Configuration | None:
    """Read a configuration file.

    Args:
        folders: of rules of the user's own, whose ids it may name too.
        found: it was not named, so that it must not run anything.
        optional: None where a pyproject.toml has no [tool.pcisolve].

    Raises:
        InputError: it cannot be used; with file and line.
    """
    from pcisolve.catalog.table import parse, read_text  # with tomllib

    try:
        is_shared = os.path.basename(path) == SHARED
        file = read_text(path, _WHAT, MAX_SHARED if is_shared else MAX_BYTES)
        top: Table | None = parse(file)
        if is_shared and top is not None:
            tool = top.table("tool") if isinstance(top.raw.get("tool"), dict) else None
            top = None if tool is None else tool.table("pcisolve")
        if top is None:
            if optional:
                return None
            raise InputError(f"{path}: there is no [tool.pcisolve]", expected="a table of that name")
        return _Reader(path, folders, found).configuration(top)
    except InputError as error:
        error.message = printable(error.message)
        raise


class _Reader:
    def __init__(self, path: str, folders: tuple[str, ...], found: bool) -> None:
        self.folder, self.path, self.folders, self.found = os.path.dirname(path), path, folders, found

    def configuration(self, top: Table) -> Configuration:
        values: Values = {}
        if "models" in top.raw:
            values["models"] = self._below(top.text("models"))
        if "rules" in top.raw:
            values["rules"] = self._rules(top)
        top.asked |= {"models", "rules"}
        overrides = []
        for one in top.tables("overrides"):
            paths = one.words("paths", required=True)
            overrides.append((paths, self._values(one)))
        values |= self._values(top)
        return Configuration(self.path, values, tuple(overrides))

    def _below(self, name: str) -> str:
        return os.path.normpath(os.path.join(self.folder, name))

    def _rules(self, top: Table) -> tuple[str, ...]:
        if self.found:
            raise top.error("rules", _BY_COMMAND, "--config FILE, or --rules DIR")
        folders = tuple(self._below(name) for name in top.words("rules"))
        for one in folders:
            if not os.path.isdir(one):
                raise top.error("rules", f'"rules" has "{one}", which is no folder', "folders with Python files")
        self.folders = (*folders, *self.folders)
        return folders

    def _values(self, table: Table) -> Values:
        """What the whole file and an override both have."""
        from pcisolve.api.options import parse_version
        from pcisolve.problem.problem import POLICIES, SCHEMES, STABLE, STAGES

        raw = table.raw
        values: Values = {}
        words = {"stage": STAGES, "scheme": SCHEMES, "policy": tuple(one for one in POLICIES if one != STABLE)}
        values |= {key: table.word(key, known) for key, known in words.items() if key in raw}
        if "libvirt" in raw:
            values["libvirt"] = _checked(table, "libvirt", parse_version)
        if "qemu" in raw:
            values["qemu"] = _checked(table, "qemu", _parse_qemu)
        if "platform" in raw:
            values["platform"] = table.text("platform")
        for key in ("select", "ignore"):
            if key in raw:
                values[key] = self._patterns(table, key)
        if "severity" in raw:
            values["severities"] = self._severities(table)
        table.asked |= {*words, "libvirt", "qemu", "platform", "select", "ignore", "severity"}
        return table.finished(values)

    def _patterns(self, table: Table, key: str) -> tuple[str, ...]:
        from pcisolve.rules.registry import everything, matching

        patterns = table.words(key)
        known = [rule.id for rule in everything(self.folders)]
        for one in patterns:
            try:
                matching(one, known)
            except InputError as error:
                raise table.error(key, error.message) from None
        return patterns

    def _severities(self, table: Table) -> tuple[tuple[str, str], ...]:
        from pcisolve.rules.registry import everything

        severities = table.table("severity")
        assert severities is not None
        known = [rule.id for rule in everything(self.folders)]
        for name in severities.raw:
            if name not in known:
                said = did_you_mean(name, known, "pcisolve rule lists them")
                raise severities.error(name, f'no rule "{name}"; {said}')
        return tuple((name, severities.word(name, _SEVERITIES)) for name in severities.raw)


def _parse_qemu(text: str) -> object:
    from pcisolve.api.options import parse_version
    from pcisolve.problem.problem import NEWEST_QEMU, OLDEST_QEMU

    return parse_version(text, "QEMU", OLDEST_QEMU, NEWEST_QEMU)


def _checked(table: Table, key: str, check: Callable[[str], object]) -> str:
    text = table.text(key)
    try:
        check(text)
    except ValueError as error:
        raise table.error(key, str(error)) from None
    return text
