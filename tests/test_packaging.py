"""What users install is whole."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def copy_of_source(target: Path) -> Path:
    """What a wheel is made of, away from what earlier builds left behind."""
    target.mkdir()
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, target)
    for name in ("pcisolve", "models"):
        shutil.copytree(ROOT / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))
    return target


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names of the files in a wheel built from this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    source = copy_of_source(folder / "source")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(source)]
    subprocess.run(command, check=True, timeout=300)
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
