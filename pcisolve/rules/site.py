"""Rules of one's own: Python files in a folder, each with a tuple RULES (docs/adding-a-rule.md)."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from typing import Any, Final

from pcisolve.core.errors import InputError, Location
from pcisolve.rules.rule import ERROR, NOTE, WARNING, Rule
from pcisolve.rules.stages import DEPTH

_WANTED: Final = "a tuple RULES of pcisolve.rules.rule.Rule objects"


@cache
def site_rules(folder: str) -> tuple[Rule[Any], ...]:
    """The rules in a folder's Python files, in the order of the files' names. The files are run.

    Raises:
        InputError: there is no such folder or no rule in it, a file cannot be run, or a rule lacks something.
    """
    files = sorted(Path(folder).glob("*.py"))
    if not files:
        raise InputError(f"no rules in {folder}", expected="a folder with Python files")
    return tuple(rule for file in files for rule in _rules_of(file))


def _rules_of(file: Path) -> tuple[Rule[Any], ...]:
    found = getattr(_run(file), "RULES", None)
    if not isinstance(found, tuple) or not all(isinstance(one, Rule) for one in found):
        raise InputError(f"{file} is no file of rules", expected=_WANTED)
    for rule in found:
        for lacks in _lacks(rule):
            raise InputError(f"rule {type(rule).__name__} of {file} has no {lacks}", expected=_WANTED)
    return found


def _lacks(rule: Rule[Any]) -> list[str]:
    """What every rule has, and this one has not."""
    words = [word for word in ("id", "source") if not isinstance(getattr(rule, word, None), str)]
    words += ["docstring"] if not rule.text else []
    words += ["known stage"] if rule.stage not in DEPTH else []
    words += ["known severity"] if rule.severity not in (ERROR, WARNING, NOTE) else []
    return words


def _run(file: Path) -> Any:
    from importlib.util import module_from_spec, spec_from_file_location

    name = f"pcisolve_site_rules_{abs(hash(str(file.resolve())))}"
    spec = spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise InputError(f"{file} cannot be read", expected=_WANTED)
    module = sys.modules[name] = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:
        where = Location(str(file), error.lineno or 1, error.offset or 1)
        raise InputError(error.msg, expected="Python", location=where) from None
    except Exception as error:
        raise InputError(f"{file} ends with {type(error).__name__}: {error}", expected=_WANTED) from error
    return module
