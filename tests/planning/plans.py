"""Small plans, and machines small enough to try everything on."""

from __future__ import annotations

from pathlib import Path

from pcisolve.catalog.catalog import load_catalog
from pcisolve.planning.file.text import read_text
from pcisolve.planning.steps import PlanAnswer, solve_plan
from pcisolve.problem.problem import Options

MODELS = Path(__file__).resolve().parents[2] / "models" / "controllers"


def solve(text: str, models: Path | None = None, options: Options | None = None) -> PlanAnswer:
    """Read and solve a plan."""
    return solve_plan(read_text(text.encode(), "plan.yaml"), load_catalog(models), options or Options())


def small_models(folder: Path, slots: dict[str, tuple[int, int]]) -> Path:
    """A folder of models whose controllers have fewer slots than the real ones."""
    target = folder / "controllers"
    target.mkdir(parents=True, exist_ok=True)
    for name, (first, last) in slots.items():
        lines = (MODELS / f"{name}.toml").read_text().splitlines()
        changed = [f"slots = [{first}, {last}]" if line.startswith("slots = ") else line for line in lines]
        (target / f"{name}.toml").write_text("\n".join(changed) + "\n")
    return folder
