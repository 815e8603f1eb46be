"""The exact versions that the Makefile installs are what pyproject.toml allows, and name nothing of one machine."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parent.parent
WANTED = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = WANTED["project"]
NEEDS = {
    "build": [*WANTED["build-system"]["requires"]],
    "runtime": [*PROJECT["dependencies"]],
    "core": [*WANTED["dependency-groups"]["core"]],
}
NEEDS["oldest"] = [*NEEDS["build"], *NEEDS["runtime"], *PROJECT["optional-dependencies"]["test"]]
NEEDS["dev"] = [*NEEDS["oldest"], *PROJECT["optional-dependencies"]["dev"]]
NEEDS["bench"] = [*NEEDS["dev"], *PROJECT["optional-dependencies"]["bench"]]


def locked(name: str) -> dict[str, set[str]]:
    """Package -> its versions, of which there are several where Pythons differ."""
    found: dict[str, set[str]] = {}
    for package, version in re.findall(r"(?m)^([\w.-]+)==(\S+)", (ROOT / "requirements" / f"{name}.txt").read_text()):
        found.setdefault(package.lower(), set()).add(version)
    return found


@pytest.mark.parametrize("name", NEEDS)
def test_each_lock_has_what_is_asked_for_in_an_allowed_version(name: str) -> None:
    have = locked(name)
    for need in map(Requirement, NEEDS[name]):
        versions = have.get(need.name.lower())
        if need.name == "pcisolve":
            continue
        assert versions and all(need.specifier.contains(one) for one in versions), f"make lock: {need}"


@pytest.mark.parametrize("name", NEEDS)
def test_every_file_has_a_hash_and_none_a_place(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    for entry in re.split(r"(?m)^(?=[\w.-]+==)", text)[1:]:
        assert "--hash=sha256:" in entry, entry
    assert not re.search(r"(?m)https?:|file:|^-|\s/\w", text)


def test_the_locks_agree() -> None:
    for small, large in (("build", "dev"), ("runtime", "dev"), ("core", "runtime"), ("dev", "bench")):
        have = locked(large)
        assert not {name for name, versions in locked(small).items() if not versions <= have[name]}


def test_the_oldest_are_the_lowest_that_are_allowed() -> None:
    have = locked("oldest")
    for need in map(Requirement, NEEDS["oldest"]):
        (lowest,) = [one.version for one in need.specifier if one.operator == ">="]
        (version,) = have[need.name.lower()]
        assert SpecifierSet(f"=={lowest}.*").contains(version), f"make lock: {need}"


def test_the_oldest_python_is_among_those_that_are_tested() -> None:
    tested = [one.rpartition(":: ")[2] for one in PROJECT["classifiers"] if re.search(r"Python :: 3\.\d+$", one)]
    assert PROJECT["requires-python"] == f">={tested[0]}"
    assert f"for version in {' '.join(tested)};" in (ROOT / "Makefile").read_text()
