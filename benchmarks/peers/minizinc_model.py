"""MiniZinc: the same numbers, as a model for whatever solver it has (its default, or $MINIZINC_SOLVER)."""

from __future__ import annotations

import json
import os
import subprocess

from benchmarks.peers.instance import INFEASIBLE, OPTIMAL, SLOTS, UNKNOWN, Answer, Instance, places_of

_MODEL = """
int: domains; int: n_disks; int: n_pairs; int: most_disks; int: slots;
array[1..domains] of var 0..most_disks: disks;
array[1..domains] of var 0..slots div 2: pairs;
var 0..slots: fullest;
constraint sum(disks) = n_disks /\\ sum(pairs) = n_pairs;
constraint forall(d in 1..domains)(disks[d] + 2 * pairs[d] + bool2int(d = 1) <= fullest);
constraint fullest >= (n_disks + 2 * n_pairs + domains) div domains; % the devices with the console, shared out evenly
% all domains but the first are alike
constraint forall(d in 2..domains - 1)(
  disks[d] > disks[d + 1] \\/ (disks[d] = disks[d + 1] /\\ pairs[d] >= pairs[d + 1])
);
solve :: int_search([fullest] ++ disks ++ pairs, input_order, indomain_min) minimize fullest;
"""


def solve(instance: Instance, seconds: float) -> Answer:
    """The best places, within so many seconds, on one core."""
    values = {"domains": instance.domains, "n_disks": instance.disks, "n_pairs": instance.pairs}
    values |= {"most_disks": instance.most_disks, "slots": len(SLOTS)}
    words = ["minizinc", "--input-from-stdin", "--output-mode", "json", "--time-limit", str(int(1000 * seconds))]
    if "MINIZINC_SOLVER" in os.environ:
        words += ["--solver", os.environ["MINIZINC_SOLVER"]]
    text = _MODEL + "".join(f"{name} = {value};\n" for name, value in values.items())
    ended = subprocess.run(words, input=text, capture_output=True, text=True, check=False)
    if ended.returncode or "=====ERROR=====" in ended.stdout:
        raise RuntimeError(ended.stderr)
    said = ended.stdout
    if "=====UNSATISFIABLE=====" in said:
        return Answer(INFEASIBLE)
    if "==========" not in said:
        return Answer(UNKNOWN)
    found = json.loads(said.split("----------")[-2].strip())
    counts = list(zip(found["disks"], found["pairs"], strict=True))
    return Answer(OPTIMAL, found["fullest"], places_of(counts))
