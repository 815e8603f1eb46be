"""Plan files: what they say, and everything that is wrong with them, with the place."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pcisolve.core.errors import InputError
from pcisolve.planning.file.read import PlanRead, read_plan
from pcisolve.planning.file.text import MAX_DEPTH, read_text
from pcisolve.planning.file.values import Apart, Together

WHOLE = """\
guest: gpu-node
machine: {arch: ppc64, type: pseries}
scheme: multi-domain
domains:
  - {name: boot, index: 0}
  - {name: io, count: 4, numa: [0, 0, 1, 1]}
devices:
  - {name: gpu, kind: hostdev-pcie, count: 8, domain: io}
  - {name: con, kind: virtio-serial, address: "0000:00:03.0"}
relations:
  - {together: [gpu, con], on: domain}
  - apart: gpu
    on: domain
    at-most: 100
spare: [{kind: pcie, count: 2, per: domain, hotplug: yes}]
limits: {controllers: 400, buses-per-domain: 64}
prefer: [spread, controllers]
"""


def read(text: str | bytes) -> PlanRead:
    data = text if isinstance(text, bytes) else text.encode()
    return read_plan(read_text(data, "plan.yaml"))


def problems(text: str) -> list[str]:
    return [f"{one.at.line}:{one.at.column} {one.code}: {one.message}" for one in read(text).problems]


def test_every_key_arrives_with_its_place() -> None:
    plan, wrong = read(WHOLE)
    assert not wrong
    boot, io = plan.domains
    assert (boot.number, boot.copies, io.number, io.copies, io.nodes) == (0, 1, None, 4, (0, 0, 1, 1))
    gpu, con = plan.devices
    assert (gpu.copies, gpu.domains, str(con.address)) == (8, ("io",), "0000:00:03.0")
    assert plan.text.piece(con.mark("address")) == '"0000:00:03.0"'
    together, apart = plan.relations
    assert isinstance(together, Together) and together.groups == ("gpu", "con")
    assert isinstance(apart, Apart) and (apart.groups, apart.at_most, apart.at.line) == (("gpu",), 100, 12)
    assert plan.spares[0].hotplug and plan.spares[0].unit == "domain"
    limit = plan.limit("buses-per-domain")
    assert limit is not None and limit.value == 64 and plan.text.piece(limit.at) == "64"
    assert plan.prefer == ("spread", "controllers")


def test_json_is_yaml() -> None:
    plan, wrong = read('{"guest": "g", "devices": [{"name": "d", "kind": "virtio-disk", "count": 3}]}')
    assert not wrong and plan.devices[0].copies == 3


def test_an_unquoted_address_is_no_number() -> None:
    """YAML 1.1 reads 0000:00:03.0 as a number to the base of 60; a plan means an address."""
    plan, wrong = read("devices: [{name: d, kind: rng, address: 0000:00:03.0}]")
    assert not wrong and str(plan.devices[0].address) == "0000:00:03.0"


DEVICE = "devices: [{name: d, kind: rng}, {name: e, kind: rng, count: 2}]\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{}", '1:1 plan-key: the plan has no devices'),
        ("guest: x\ndevices: []", "2:10 plan-key: the plan has no devices"),
        ("devices: 7", '1:10 plan-type: "devices" is "7"; expected a list of mappings'),
        ("devices: [{name: d}]", '1:11 plan-key: the key "kind" is missing'),
        ("devices: [{kind: rng, name: 3d}]", '1:29 plan-type: "name" is "3d"; expected a name of letters'),
        ("devices: [{name: d, kind: rng, count: 0}]", '1:39 plan-range: "count" is 0; expected 1 to 200,000'),
        ("devices: [{name: d, kind: rng, count: -3}]", '1:39 plan-range: "count" is -3'),
        ("devices: [{name: d, kind: rng, count: 1000000000}]", '1:39 plan-range: "count" is 1,000,000,000'),
        ("devices: [{name: d, kind: rng, count: many}]", '1:39 plan-type: "count" is "many"; expected a whole number'),
        ("devices: [{name: d, kind: rng, address: 1f}]", '1:41 plan-type: "address" is "1f"; expected an address'),
        ("devices: [{name: d, kind: rng, address: '0:0:20.0'}]", "1:41 plan-type"),
        ("devices: [{name: d, kind: rng, multifunction: maybe}]", '1:47 plan-type: "multifunction" is "maybe"'),
        (DEVICE + "devises: []", '2:1 plan-key: unknown key "devises"; did you mean "devices"?'),
        (DEVICE + "prefer: [spraed]", '2:10 plan-word: "prefer" is "spraed"; did you mean "spread"?'),
        (DEVICE + "guest: a\nguest: b", '3:1 plan-key: the key "guest" is there twice'),
        (DEVICE + "relations: [{on: slot}]", "2:13 plan-key: a relation has either"),
        (DEVICE + "relations: [{together: [d], apart: [e], on: slot}]", "2:13 plan-key: a relation has either"),
        (DEVICE + "relations: [{apart: d, on: slot, pairwise: true}]", '2:44 plan-key: the key "pairwise" belongs'),
        (DEVICE + "relations: [{together: [d, f], on: slot}]", '2:13 plan-name: no device group "f"'),
        (DEVICE + "relations: [{together: [d, e], on: root, pairwise: true}]", "2:13 plan-count: pairwise needs"),
        (DEVICE + "domains: [{name: a, index: 1}, {name: b, index: 1}]", '2:32 plan-name: domain "b" has index 1, as'),
        (DEVICE + "domains: [{name: a}, {name: a}]", '2:22 plan-name: a second domain or root "a"'),
        (DEVICE + "domains: [{name: a, count: 3, numa: [0, 1]}]", '2:11 plan-count: "numa" has 2 nodes for 3 of "a"'),
        (DEVICE + "domains: [{name: a, count: 3, index: 4}]", '2:11 plan-count: "index" is for one domain'),
        ("devices: [{name: d, kind: rng, domain: io}]", '1:40 plan-name: no domain "io"; the plan has none'),
        ("devices: [{name: d, kind: rng, count: 2, address: '0:0:3.0'}]", '1:51 plan-count: "address" is for one'),
        ("devices: [{name: d, kind: hostdev-pcie, count: 3, host: '0:1:0.0'}]", '1:57 plan-count: "host" has 1'),
        ("devices: [{name: d, kind: rng}, {name: d, kind: rng}]", '1:33 plan-name: a second device group "d"'),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_place(text: str, said: str) -> None:
    found = problems(text)
    assert len(found) == 1 and found[0].startswith(said), found


def test_everything_wrong_at_once() -> None:
    found = problems("machin: {}\ndevices:\n- {name: a, kind: rng, cuont: 2}\nrelations: [{apart: b, on: slto}]\n")
    assert [one.split(" ")[0] for one in found] == ["1:1", "3:24", "4:28"]


def bomb() -> bytes:
    lines = [b"a0: &a0 [" + b"x," * 9 + b"x]"]
    for level in range(1, 12):
        uses = b", ".join([b"*a%d" % (level - 1)] * 10)
        lines.append(b"a%d: &a%d [%s]" % (level, level, uses))
    return b"\n".join(lines)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "plan.yaml:1:1: the input is empty"),
        (b"# nothing\n", "plan.yaml:1:1: the input holds nothing but comments"),
        (b"\xff\xfe\x00", "plan.yaml:1:1: not UTF-8 text"),
        (b"guest: [1", "plan.yaml:2:1: not YAML"),
        (b"a: b: c", "plan.yaml:1:5: not YAML"),
        (b"[1]", "plan.yaml:1:1: neither XML nor a plan"),
        (b"hello", "plan.yaml:1:1: neither XML nor a plan"),
        (b"a: *b", 'plan.yaml:1:4: the alias "*b" has no anchor'),
        (b"a: &a [*a]", 'the alias "*a" has no anchor'),
        (b"? [a]\n: b", "plan.yaml:1:3: a key that is a list or a mapping"),
        (b"--- {}\n--- {}\n", "plan.yaml:2:1: a second YAML document"),
        (b"[" * 100_000, f"plan.yaml:1:{MAX_DEPTH + 2}: nested deeper than {MAX_DEPTH}"),
        (b"a:\n" + b"- " * 100_000, f"plan.yaml:2:{2 * MAX_DEPTH + 1}: nested deeper than {MAX_DEPTH}"),
        (b"{a: " * 100_000, f"plan.yaml:1:{4 * MAX_DEPTH + 2}: nested deeper than {MAX_DEPTH}"),
        (b"? " * 100_000, f"nested deeper than {MAX_DEPTH}"),
        (b"a: [" + b"*b, " * 10 + b"[" * 2_000, 'plan.yaml:1:5: the alias "*b" has no anchor'),
        (b"@", "plan.yaml:1:1: not YAML"),
        (b"[1]: b: c", "plan.yaml:1:1: a key that is a list or a mapping"),
        (b"[1] b", "plan.yaml:1:5: not YAML"),
        (bomb(), "more than 200,000 values, counting each use of an alias"),
        (b"#" * (5 << 20), "larger than 4 MiB"),
    ],
)
def test_hostile_text_is_refused_with_its_place(data: bytes, said: str) -> None:
    with pytest.raises(InputError) as refused:
        read(data)
    assert said in str(refused.value)


@pytest.mark.parametrize("loader", ["CSafeLoader", "SafeLoader"])
@pytest.mark.parametrize(("opening", "column"), [("[", MAX_DEPTH + 2), ("{a: ", 4 * MAX_DEPTH + 2), ("? ", 35)])
def test_a_parser_that_gives_up_first_changes_nothing(
    loader: str, opening: str, column: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some give up at a depth of their own, others at none."""
    kind = getattr(yaml, loader, None) or pytest.skip(f"PyYAML has no {loader} here")
    monkeypatch.setattr(yaml, "CSafeLoader", kind, raising=False)
    with pytest.raises(InputError, match=rf"^plan\.yaml:1:{column}: nested deeper than"):
        read(opening * 1_500)


def test_a_tag_makes_no_object() -> None:
    assert read("devices: !!python/object/apply:os.system [id]").problems


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        read(data)
    except InputError as error:
        assert error.location is not None


@given(st.text(alphabet="{}[]:,-&*?|>#!\"' \n\tadevicesnameskind012", max_size=120))
def test_any_yaml_is_read_or_refused(text: str) -> None:
    try:
        read(text)
    except InputError as error:
        assert error.location is not None
