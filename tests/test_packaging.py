"""What users install is whole."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest
import yaml

from pcisolve.core import node
from pcisolve.core.version import VERSION

ROOT = Path(__file__).resolve().parent.parent


def copy_of_source(target: Path) -> Path:
    """What a wheel is made of, away from what earlier builds left behind."""
    target.mkdir()
    for name in ("pyproject.toml", "setup.py", "mypyc.ini", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, target)
    for name in ("pcisolve", "models"):
        shutil.copytree(ROOT / name, target / name, ignore=shutil.ignore_patterns("__pycache__", "*.so"))
    return target


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names of the files in a wheel built from this checkout."""
    return wheel_of(tmp_path_factory.mktemp("wheel"), {"PCISOLVE_PURE": "1"})


def wheel_of(folder: Path, environment: dict[str, str]) -> set[str]:
    """The names of the files in a wheel that is built with these variables set."""
    source = copy_of_source(folder / "source")
    words = ["wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(source)]
    subprocess.run([sys.executable, "-m", "pip", *words], check=True, timeout=900, env={**os.environ, **environment})
    (path,) = folder.glob("pcisolve-*.whl")
    with zipfile.ZipFile(path) as archive:
        return set(archive.namelist())


@pytest.mark.slow
def test_wheel_has_every_model(wheel: set[str]) -> None:
    models = {f"pcisolve/models/{path.relative_to(ROOT / 'models')}" for path in ROOT.glob("models/**/*.toml")}
    assert models
    assert models <= wheel
    assert "pcisolve/models/__init__.py" in wheel


@pytest.mark.slow
def test_wheel_has_every_module(wheel: set[str]) -> None:
    modules = {str(path.relative_to(ROOT)) for path in ROOT.glob("pcisolve/**/*.py")}
    assert modules | {"pcisolve/py.typed"} <= wheel
    assert not [name for name in wheel if name.startswith(("tests/", "benchmarks/"))]


def test_this_checkout_is_compiled_wholly_or_not_at_all() -> None:
    mine = EXTENSION_SUFFIXES[0]
    there = list(ROOT.glob(f"pcisolve__mypyc{mine}"))
    modules = {path.with_name(path.name.partition(".")[0] + ".py") for path in ROOT.glob(f"pcisolve/**/*{mine}")}
    assert bool(there) == bool(modules)
    assert all(path.is_file() for path in modules)
    if modules:
        assert {ROOT / "pcisolve/core/node.py", ROOT / "pcisolve/rules/rule.py"} <= modules
        assert node.__file__.endswith(".so")


@pytest.mark.slow
def test_without_a_compiler_the_wheel_is_whole_and_has_no_machine_code(tmp_path: Path) -> None:
    names = wheel_of(tmp_path, {"CC": "false"})
    assert not [name for name in names if name.endswith(".so")]
    assert {str(path.relative_to(ROOT)) for path in ROOT.glob("pcisolve/**/*.py")} <= names


def test_the_core_is_all_but_the_solver() -> None:
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())
    solver = ("ortools", "python-constraint2")
    core = [one for one in wanted["project"]["dependencies"] if not one.startswith(solver)]
    assert wanted["dependency-groups"]["core"] == core
    assert len(core) == len(wanted["project"]["dependencies"]) - len(solver)
    assert all(f"'{one}'" in (ROOT / "docs" / "install.md").read_text() for one in core)
    locked = re.findall(r"(?m)^([\w.-]+)==", (ROOT / "requirements" / "core.txt").read_text())
    assert not {*solver, "numpy", "pandas", "protobuf"} & {*locked}


def test_the_changelog_begins_with_this_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text()
    versions = re.findall(r"(?m)^## (\S+)(?: \((?:unreleased|\d{4}-\d\d-\d\d)\))?$", text)
    assert len(versions) == len(re.findall(r"(?m)^## ", text))
    assert versions[0] in (VERSION, "Unreleased")
    assert len({*versions}) == len(versions)


def test_a_release_is_stopped_where_tag_version_and_changelog_differ(tmp_path: Path) -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text())
    (script,) = [one["run"] for one in workflow["jobs"]["says-the-same"]["steps"] if "run" in one]
    (tmp_path / "pcisolve/core").mkdir(parents=True)
    shutil.copy(ROOT / "pcisolve/core/version.py", tmp_path / "pcisolve/core")

    def code(tag: str, heading: str) -> int:
        (tmp_path / "CHANGELOG.md").write_text(f"# Changelog\n\n{heading}\n")
        words, world = ["bash", "-eo", "pipefail", "-c", script], {**os.environ, "GITHUB_REF_NAME": tag}
        return subprocess.run(words, cwd=tmp_path, env=world, capture_output=True, check=False, timeout=30).returncode

    assert code(f"v{VERSION}", f"## {VERSION} (2026-01-31)") == 0
    assert code(f"v{VERSION}.1", f"## {VERSION} (2026-01-31)") == 1
    assert code(f"v{VERSION}", f"## {VERSION} (unreleased)") == 1
    jobs = workflow["jobs"]
    assert {*jobs["publish"]["needs"]} == {"compiled", "pure"}
    assert all(jobs[one]["needs"] == "says-the-same" for one in jobs["publish"]["needs"])
