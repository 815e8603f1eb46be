"""Device groups that select from a host: who gets what, and what is said where there is too little."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import pcisolve
from pcisolve.core.errors import InputError
from pcisolve.host.read import read as read_host
from pcisolve.host.snapshot import write
from pcisolve.planning.file.text import read_text
from pcisolve.planning.steps import plan_of, solve_plan
from pcisolve.problem.problem import Options
from pcisolve.verdict.values import Verdict

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "host.json"
HEAD = f"host: {EXAMPLE}\nmachine: {{arch: x86_64, type: q35}}\ndevices:\n"


def group(name: str, select: str, more: str = "") -> str:
    return f"  - {{name: {name}, kind: hostdev-pcie, select: {{{select}}}{more}}}\n"


def given(*groups: str) -> dict[str, list[str]]:
    """The host's addresses that each group gets."""
    plan = plan_of(read_text((HEAD + "".join(groups)).encode(), "plan.yaml"), Options())
    return {one.name: [str(address) for address in one.host] for one in plan.devices}


def refusal(text: str, options: Options | None = None) -> list[str]:
    """What is wrong, with its line."""
    from pcisolve.catalog.catalog import load_catalog

    verdict: Verdict = solve_plan(read_text(text.encode(), "plan.yaml"), load_catalog(), options or Options()).verdict
    assert verdict.status == "invalid"
    return [f"{one.facts[0].line}: {one.message}" for one in verdict.findings]


def test_by_what_a_function_is() -> None:
    assert given(group("g", "class: gpu")) == {"g": ["0000:19:00.0", "0000:9a:00.0"]}
    assert given(group("g", "class: gpu, numa: 1")) == {"g": ["0000:9a:00.0"]}
    assert given(group("g", 'vendor: "15b3", count: 1')) == {"g": ["0000:1a:00.0"]}
    assert given(group("g", 'vendor: "0x144d", device: a80a, numa: 0')) == {"g": ["0000:1b:00.0"]}
    assert given(group("g", "iommu-group: 31")) == {"g": ["0000:9a:00.0"]}
    assert given(group("g", 'address: ["0000:9c:00.0", "0000:1b:00.0"]')) == {"g": ["0000:1b:00.0", "0000:9c:00.0"]}


def test_a_function_goes_to_one_group_and_to_the_one_that_names_it_first() -> None:
    found = given(group("any", "class: nvme, count: 1"), group("one", 'address: "0000:1b:00.0"'))
    assert found == {"any": ["0000:9c:00.0"], "one": ["0000:1b:00.0"]}
    found = given(group("a", "class: nic, count: 1"), group("b", "class: nic"))
    assert found == {"a": ["0000:1a:00.0"], "b": ["0000:9b:00.0"]}


def test_virtual_functions_are_chosen_by_their_own_only(tmp_path: Path) -> None:
    host = read_host(EXAMPLE)
    pf = next(one for one in host.functions if str(one.address) == "0000:1a:00.0")
    vfs = [replace(pf, address=pf.address._replace(function=n), pf=pf.address, total_vfs=0) for n in (1, 2)]
    functions = tuple(sorted((*host.functions, *vfs), key=lambda one: one.address))
    (tmp_path / "host.json").write_bytes(write(replace(host, functions=functions)))
    text = HEAD.replace(str(EXAMPLE), str(tmp_path / "host.json"))
    text += group("v", 'vf-of: "0000:1a:00.0"') + group("n", "class: nic")
    assert [[str(one) for one in each.host] for each in plan_of(read_text(text.encode(), "p"), Options()).devices] == [
        ["0000:1a:00.1", "0000:1a:00.2"],
        ["0000:1a:00.0", "0000:9b:00.0"],
    ]


@pytest.mark.parametrize(
    ("select", "more", "said"),
    [
        ("class: gpu, count: 3", "", '4: "g" selects 2 functions of the 3 it wants; the host has 1 gpu 10de at node 0'),
        ("class: fibre-channel", "", '4: "g" selects no function of the 1 it wants; the host has 1 gpu 10de'),
        ("class: gpus", "", '4: "class" is "gpus"; did you mean "gpu"?'),
        ('address: "0000:77:00.0"', "", "4: the host has no 0000:77:00.0"),
        ("class: gpu", ", count: 2", '4: the key "count" does not go with "select"'),
        ("class: gpu", ', host: "0000:19:00.0"', '4: the key "host" does not go with "select"'),
        ("count: 2", "", '4: "select" does not say what is selected'),
        ("vendor: nvidia", "", '4: "vendor" is no ID: one to four hexadecimal digits'),
        ("class: bridge", "", '4: "g" selects no function of the 1 it wants'),
        ("class: gpu, count: 1000000", "", '4: "count" is 1,000,000; expected 1 to 200,000'),
    ],
)
def test_what_is_refused(select: str, more: str, said: str) -> None:
    (first, *_) = refusal(HEAD + group("g", select, more))
    assert first.startswith(said)


def test_a_function_that_two_groups_name() -> None:
    groups = group("a", 'address: "0000:1b:00.0"') + group("b", 'address: ["0000:1b:00.0"]')
    assert "4: 0000:1b:00.0 is given to the guest twice" in refusal(HEAD + groups)


def test_the_host_is_beside_the_plan_and_a_file_of_its_own(tmp_path: Path) -> None:
    text = HEAD + group("g", "class: gpu")
    (first,) = refusal(text.replace(f"host: {EXAMPLE}\n", ""))
    assert first == '3: "select" chooses from the key "host" of the plan, which is missing'
    (tmp_path / "host.json").write_bytes(EXAMPLE.read_bytes())
    path = tmp_path / "plan.yaml"
    path.write_text(text.replace(str(EXAMPLE), "host.json"))
    result = pcisolve.load(path).solve()
    assert result.xml is not None and result.xml.count(b"<hostdev") == 2
    path.write_text(text.replace(str(EXAMPLE), "none.json"))
    with pytest.raises(InputError, match=r"plan.yaml:1:7: .*none.json: No such file"):
        pcisolve.load(path).solve()
    path.write_text(text.replace(str(EXAMPLE), "/dev/zero"))
    with pytest.raises(InputError, match="not a regular file"):
        pcisolve.load(path).solve()
    with pytest.raises(InputError, match="has no host"):
        plan_of(read_text(text.encode(), "plan.yaml"), Options(alone=True))
