"""The docstrings of rules and of their files, which are their texts, also where these are machine code (setup.py).

The compiler keeps neither; they are read from the source, which is installed beside it.
"""

from __future__ import annotations

import sys
from functools import cache


def docstring_of(cls: type) -> str:
    """The docstring of a class at the top of a module, without indentation; "" for none."""
    from inspect import cleandoc  # which takes longer to import than the rules

    return cleandoc(cls.__doc__) if cls.__doc__ else _docstrings(cls.__module__).get(cls.__name__, "")


def docstring_of_module(cls: type) -> str:
    """The docstring of the module that a class is in; "" for none."""
    from inspect import cleandoc

    text = sys.modules[cls.__module__].__doc__
    return cleandoc(text) if text else _docstrings(cls.__module__).get("", "")


@cache
def _docstrings(module: str) -> dict[str, str]:
    """The docstrings in a module's source: every class's by its name, and its own as ""."""
    import ast
    from pathlib import Path

    compiled = Path(sys.modules[module].__file__ or "")
    source = compiled.with_name(compiled.name.partition(".")[0] + ".py").read_text(encoding="utf-8")
    tree = ast.parse(source)
    classes = {one.name: ast.get_docstring(one) or "" for one in tree.body if isinstance(one, ast.ClassDef)}
    return {**classes, "": ast.get_docstring(tree) or ""}
