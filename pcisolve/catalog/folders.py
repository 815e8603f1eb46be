"""Where model files are: the folder that ships with pcisolve, and a user's own of the same shape."""

from __future__ import annotations

import os

from pcisolve.core.errors import InputError
from pcisolve.core.words import did_you_mean

SORTS = ("controllers", "machines", "devices", "platforms")


def shipped_folder() -> str:
    """The folder of the installed package pcisolve.models, or models/ beside the package in a plain checkout.

    Raises:
        InputError: neither exists (a broken installation).
    """
    from importlib.util import find_spec

    spec = find_spec("pcisolve.models")
    if spec is not None and spec.submodule_search_locations:
        return next(iter(spec.submodule_search_locations))
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    beside = os.path.join(os.path.dirname(package), "models")
    if os.path.isdir(beside):
        return beside
    raise InputError("the model files are missing from this installation", expected="the package pcisolve.models")


def check_user_folder(folder: str) -> None:
    """Refuse a folder that is not of the shape of models/, so that a misspelt name is not ignored.

    Raises:
        InputError: it is missing, or has a folder or model file where none belongs.
    """
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        raise InputError(f"{folder}: {error.strerror}", expected="a folder of model files") from None
    for entry in entries:
        if entry.name[0] in "._":
            continue
        if entry.is_dir() and entry.name not in SORTS:
            raise InputError(f'{folder}: unknown folder "{entry.name}"; {did_you_mean(entry.name, SORTS)}')
        if entry.name.endswith(".toml"):
            raise InputError(f"{entry.path}: a model file belongs in one of the folders {', '.join(SORTS)}")


def model_files(folders: tuple[str, ...], sort: str) -> dict[str, str]:
    """The files of one sort by name, sorted; a later folder overrides an earlier one.

    Raises:
        InputError: a folder cannot be listed.
    """
    found: dict[str, str] = {}
    for folder in folders:
        inside = os.path.join(folder, sort)
        try:
            names = os.listdir(inside)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise InputError(f"{inside}: {error.strerror}", expected="a folder of model files") from None
        for name in names:
            if name.endswith(".toml") and name[0] not in "._":
                found[name.removesuffix(".toml")] = os.path.join(inside, name)
    return dict(sorted(found.items()))
