"""Rules of one's own, and rules that are left out."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner

import pcisolve
from pcisolve.api.options import make_options
from pcisolve.cli.main import group
from pcisolve.core.errors import InputError
from tests.scheme.guests import controller, guest

RULES = str(Path(__file__).resolve().parents[2] / "examples" / "rules")
ROOTS = [controller("pcie-root", index) for index in (0, 5)]


def disks(count: int) -> bytes:
    names = "abcdefgh"[:count]
    return guest(*ROOTS, *(f"<disk type='file'><target dev='vd{one}' bus='virtio'/></disk>" for one in names))


OPTIONS = make_options(scheme="multi-domain", rules=[RULES])


def test_check_says_it() -> None:
    verdict = pcisolve.load(disks(3)).check(OPTIONS)
    assert [one.code for one in verdict.findings] == ["site-disks-spread"]
    assert "has 3 disks" in verdict.findings[0].message


def test_it_steers_solve() -> None:
    verdict = pcisolve.load(disks(4)).solve(OPTIONS).verdict
    assert verdict.status == "solved"
    assert verdict.stats["decided_by"] == "cp-sat"
    where = Counter((one.address or "")[:4] for one in verdict.devices if one.kind == "disk")
    assert where == {"0000": 2, "0005": 2}


def test_what_it_rules_out_is_impossible() -> None:
    verdict = pcisolve.load(disks(5)).solve(OPTIONS).verdict
    assert (verdict.status, verdict.proven) == ("infeasible", True)
    assert "at most" in verdict.notes[0].message


def test_disks_with_an_address_count() -> None:
    pinned = (
        b"<disk type='file'><target dev='vdz' bus='virtio'/><address type='pci' domain='5' bus='0' slot='3'/></disk>"
    )
    data = disks(4).replace(b"</devices>", pinned + b"</devices>")
    assert pcisolve.load(data).solve(OPTIONS).verdict.status == "infeasible"


def test_without_a_rule() -> None:
    text = b"<domain type='kvm'><name>a</name><os><type arch='x86_64' machine='q35'>hvm</type></os><devices>"
    text += b"<memballoon model='virtio'><address type='pci' slot='3'/></memballoon>"
    text += b"<rng model='virtio'><address type='pci' slot='3'/></rng></devices></domain>"
    assert pcisolve.load(text).check().status == "infeasible"
    assert pcisolve.load(text).check(make_options(without=["addr-duplicate"])).status == "solved"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is no file of rules"),
        ("RULES = (1,)", "is no file of rules"),
        ("RULES = (", "'(' was never closed"),
        ("1 / 0", "ends with ZeroDivisionError"),
        ("from pcisolve.rules.rule import Rule\nclass One(Rule):\n    pass\nRULES = (One(),)", "has no id"),
        (
            'from pcisolve.rules.rule import Rule\nclass One(Rule):\n    """Law."""\n    id = source = "alg-find"\n'
            "RULES = (One(),)",
            'two rules "alg-find"',
        ),
    ],
)
def test_a_file_that_is_wrong(tmp_path: Path, text: str, words: str) -> None:
    tmp_path.joinpath("wrong.py").write_text(text)
    with pytest.raises(InputError, match=words.replace("(", r"\(")):
        pcisolve.load(disks(1)).check(make_options(rules=[str(tmp_path)]))


def test_the_command_says_it_before_it_reads(tmp_path: Path) -> None:
    for arguments in (["--without", "no-such-rule"], ["--rules", str(tmp_path)]):
        answer = CliRunner().invoke(group, ["check", *arguments, "no-such-file.xml"])
        assert answer.exit_code == 2
        assert "no rule" in answer.output


def test_a_plan_has_its_own_words() -> None:
    plan = pcisolve.load(b"machine: q35\ndevices:\n  disk: {kind: virtio-disk, copies: 1}\n")
    with pytest.raises(InputError, match="steer domain XML only"):
        plan.solve(OPTIONS)
