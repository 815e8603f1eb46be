"""`check` of many files, and reports that other programs read."""

from __future__ import annotations

import json
import os
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from pcisolve.render.sarif import sarif
from pcisolve.render.schemas import SCHEMAS
from pcisolve.verify.values import Difference, Step, Verification
from tests.cli.running import run
from tests.cli.schemas import assert_is, assert_sarif
from tests.support import address, domain, rng

SOUND = domain("q35", "<rng model='virtio'/>")
CLASH = domain("q35", "<rng model='virtio'><address type='pci' slot='0x1f'/></rng>")
SPLIT = domain(
    "q35",
    "".join(
        f"<hostdev mode='subsystem' type='pci'><source><address domain='0' bus='0x41' slot='0' function='{number}'/>"
        f"</source>{address(f'0:{number + 1}:0.0')}</hostdev>"
        for number in (0, 1)
    ),
)
PLAN = b"machine: {arch: x86_64, type: q35}\ndevices: [{name: n, kind: virtio-net}]\n"
MACHINES = ("json", "jsonl", "github", "gitlab", "junit", "sarif")


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of guests, and of what is none."""
    for name, data in {
        "b.xml": CLASH,
        "a.xml": SOUND,
        "plan.yaml": PLAN,
        "pod.yaml": b"kind: Pod\n",
        "notes.txt": b"",
        "deep/bad.xml": b"<domain>",
        "deep/split.XML": SPLIT,
        ".git/c.xml": CLASH,
    }.items():
        path = tmp_path / "fleet" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_folder_is_searched_and_the_last_line_counts(fleet: Path) -> None:
    ended = run("check", "--format", "concise", "fleet")
    assert ended.code == 2
    assert ended.text == (
        "fleet/b.xml:6:45: error[addr-duplicate]: rng is at 0000:00:1f.0, where the machine has its ICH9 LPC bridge\n"
        "fleet/deep/bad.xml:1:9: error[input]: not well-formed XML: Premature end of data in tag domain line 1 "
        "(expected a libvirt domain XML)\n"
        "fleet/deep/split.XML:6:156: warning[card-together]: the guest will see 2 cards where the host has one, "
        "0000:41:00: hostdev 0000:41:00.0 at 0000:01:00.0, hostdev 0000:41:00.1 at 0000:02:00.0; drivers look for the "
        "other functions in the same slot\n"
        "1 error and 1 warning in 2 of 5 files; 2 can be fixed safely; 1 file cannot be used\n"
    )
    assert run("check", "-q", "fleet").out == b""


def test_globs_and_several_files(fleet: Path) -> None:
    assert run("check", "fleet/a.xml", "fleet/plan.yaml").text == "nothing found in 2 files\n"
    assert run("check", "fleet/*.xml").text.endswith("1 error in 1 of 2 files; 1 can be fixed safely\n")
    assert run("check", "fleet/a.xml").text == ""
    assert "fleet/*.toml: No such file" in run("check", "fleet/*.toml").error
    (fleet / "empty").mkdir()
    assert run("check", "empty").error == "pcisolve: empty: Is a directory (expected a readable file)\n"


def test_folders_are_taken_one_after_the_other_however_deep_they_are(fleet: Path) -> None:
    here = os.getcwd()
    for _ in range(1500):
        os.mkdir("d")
        os.chdir("d")
    os.chdir(here)
    os.symlink(".", "fleet/loop")
    ended = run("check", "--format", "concise", "fleet", "d")
    subprocess.run(["rm", "-rf", "d"], check=True, timeout=60)  # too deep for what pytest clears up with
    assert "internal error" not in ended.error
    assert " in 2 of 6 files; " in ended.text


def test_exit_zero_is_for_findings_only(fleet: Path) -> None:
    assert run("check", "--exit-zero", "fleet/b.xml").code == 0
    assert run("check", "--exit-zero", "fleet/deep/bad.xml").code == 2
    assert run("check", "--exit-zero", "--format", "svg", "fleet/b.xml").code == 0


def test_statistics(fleet: Path) -> None:
    ended = run("check", "--statistics", "fleet/a.xml", "fleet/b.xml", "fleet/b.xml")
    assert ended.text == "2  error    addr-duplicate\n2 errors in 2 of 3 files; 2 can be fixed safely\n"
    row = {"version": 1, "code": "addr-duplicate", "severity": "error", "count": 1}
    assert json.loads(run("check", "--statistics", "--format", "json", "fleet/b.xml").out) == [row]
    assert run("check", "--statistics", "--fix", "fleet/b.xml").code == 2


@pytest.mark.parametrize("style", MACHINES)
def test_a_file_that_cannot_be_used_is_a_finding_for_machines(fleet: Path, style: str) -> None:
    ended = run("check", "--format", style, "fleet/a.xml", "none.xml", "fleet/deep/bad.xml")
    assert ended.code == 2
    for word in ("none.xml", "No such file or directory", "fleet/deep/bad.xml", "not well-formed XML", "input"):
        assert word in ended.text
    assert ended.error.count("\n") == 2


def test_what_is_repaired_has_a_row_for_them_too(fleet: Path) -> None:
    ended = run("check", "--fix", "--diff", "--format", "json", "fleet/b.xml", "fleet/deep/bad.xml")
    rows = json.loads(ended.out)
    assert [(row["input"], row["status"]) for row in rows] == [
        ("fleet/b.xml", "solved"),
        ("fleet/deep/bad.xml", "invalid"),
    ]


@pytest.mark.parametrize("style", ["full", "concise", *MACHINES, "svg"])
def test_an_output_file_holds_what_stdout_would(fleet: Path, style: str) -> None:
    printed = run("check", "--format", style, "fleet")
    written = run("check", "--format", style, "--output-file", "report", "fleet")
    assert (written.code, written.out, written.error) == (printed.code, b"", printed.error)
    assert (fleet / "report").read_bytes() == printed.out
    assert run("check", "--format", style, "--output-file", "none/report", "fleet").code == 2


def test_junit_has_a_suite_for_each_file_and_holds_any_text(fleet: Path) -> None:
    os.rename("fleet/b.xml", 'fleet/b"<&\x01.xml')
    root = ET.fromstring(run("check", "--format", "junit", "fleet").out)
    suites = {suite.get("name"): suite for suite in root}
    assert list(suites) == [
        "fleet/a.xml",
        'fleet/b"<&?.xml',
        "fleet/plan.yaml",
        "fleet/deep/bad.xml",
        "fleet/deep/split.XML",
    ]
    assert [int(one.get("failures", "")) for one in root] == [0, 1, 0, 1, 0]
    assert int(root.get("failures", "")) == len(root.findall(".//failure")) == 2
    assert int(root.get("tests", "")) == len(root.findall(".//testcase")) == 5
    assert suites["fleet/deep/split.XML"].find("testcase/system-out") is not None


def test_gitlab_has_what_it_asks_for_and_fingerprints_differ(fleet: Path) -> None:
    (fleet / "two.xml").write_bytes(domain("q35", rng("0:0:1f.0") + rng("0:0:1f.2") + rng("0:0:1f.3")))
    rows = json.loads(run("check", "--format", "gitlab", "./two.xml", "fleet").out)
    assert len({row["fingerprint"] for row in rows}) == len(rows) > 3
    for row in rows:
        assert set(row) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert row["severity"] in ("info", "minor", "major")
        assert not row["location"]["path"].startswith("./")
        assert row["location"]["lines"]["begin"] >= 1


def test_a_fingerprint_does_not_know_the_line(fleet: Path) -> None:
    def prints() -> list[str]:
        return [row["fingerprint"] for row in json.loads(run("check", "--format", "gitlab", "fleet/b.xml").out)]

    before = prints()
    (fleet / "fleet" / "b.xml").write_bytes(CLASH.replace(b"<os>", b"\n\n<os>"))
    assert prints() == before


def test_fixes_of_sarif_are_those_of_check_fix(fleet: Path) -> None:
    """Made by hand, the first fix of the only finding gives the very bytes that --fix writes."""
    log = json.loads(run("check", "--format", "sarif", "fleet/b.xml").out)
    assert_sarif(log)
    (result,) = log["runs"][0]["results"]
    (change,) = result["fixes"][0]["artifactChanges"]
    assert change["artifactLocation"] == {"uri": "fleet/b.xml"}
    lines = CLASH.decode().splitlines(keepends=True)
    starts = [sum(map(len, lines[:number])) for number in range(len(lines) + 1)]
    text = CLASH.decode()
    for one in reversed(change["replacements"]):
        region = one["deletedRegion"]
        begin = starts[region["startLine"] - 1] + region["startColumn"] - 1
        end = starts[region["endLine"] - 1] + region["endColumn"] - 1
        text = text[:begin] + one["insertedContent"]["text"] + text[end:]
    run("check", "--fix", "fleet/b.xml")
    assert text == (fleet / "fleet" / "b.xml").read_text()


def test_sarif_of_everything_is_valid_and_has_links_where_there_is_a_home(fleet: Path) -> None:
    log = json.loads(run("check", "--format", "sarif", "fleet").out)
    assert_sarif(log)
    (only,) = log["runs"]
    assert {one["id"] for one in only["tool"]["driver"]["rules"]} >= {"addr-duplicate", "input"}
    assert all(len(one["partialFingerprints"]["pcisolve/v1"]) == 64 for one in only["results"])
    from pcisolve import load

    linked = sarif(load("fleet/b.xml").explain(), "https://example.org/pcisolve/")
    driver = linked["runs"][0]["tool"]["driver"]
    assert driver["informationUri"] == "https://example.org/pcisolve/"
    assert driver["rules"][0]["helpUri"] == "https://example.org/pcisolve/docs/rules.md#addr-duplicate"
    assert_sarif(linked)


def test_a_name_that_is_no_text_is_told(fleet: Path) -> None:
    os.rename(b"fleet/b.xml", b"fleet/b\xff.xml")
    for style in MACHINES:
        assert run("check", "--format", style, "fleet").code == 2, style
    assert "fleet/b%FF.xml" in run("check", "--format", "sarif", "fleet").text


def test_solve_check_says_whether_solving_would_change_the_file(fleet: Path) -> None:
    ended = run("solve", "--check", "fleet/a.xml")
    assert (ended.code, ended.out, ended.error) == (1, b"", "fleet/a.xml: solving it would change it\n")
    assert run("solve", "--check", "-q", "fleet/a.xml").error == ""
    run("solve", "fleet/a.xml", "-o", "fleet/a.xml")
    assert (run("solve", "--check", "fleet/a.xml").code, run("solve", "--check", "fleet/b.xml").code) == (0, 1)
    assert run("solve", "--check", "--format", "tree", "fleet/a.xml").code == 2
    assert run("solve", "--check", "fleet/plan.yaml").code == 2


def test_every_schema_is_printed_and_is_one(fleet: Path) -> None:
    names = [line.split()[0] for line in run("schema").text.splitlines()]
    assert names == [*SCHEMAS, "plan"]
    jsonschema = pytest.importorskip("jsonschema")
    for name in names:
        jsonschema.Draft202012Validator.check_schema(json.loads(run("schema", name).out))
    unknown = run("schema", "chek")
    assert (unknown.code, 'no schema "chek"; did you mean "check"?' in unknown.error) == (2, True)


def test_a_plan_and_a_difference_are_as_their_schemas_say(fleet: Path) -> None:
    pytest.importorskip("jsonschema")
    assert_is("solve", json.loads(run("solve", "--format", "json", "fleet/plan.yaml").out))
    assert_is("diff", json.loads(run("diff", "--format", "json", "fleet/a.xml", "fleet/deep/split.XML").out))


def test_a_verification_is_as_its_schema_says() -> None:
    pytest.importorskip("jsonschema")
    differences = (Difference(3, "rng", "0000:00:01.0", "0000:00:02.0"), Difference(None, "", "sound", "refused"))
    steps = (Step("libvirt", "9.0.0", "differs", "it says otherwise", differences), Step("QEMU", "", "skipped", "none"))
    assert_is("verify", json.loads(json.dumps(Verification("guest.xml", steps).to_json())))


def test_a_schema_refuses_what_is_otherwise() -> None:
    pytest.importorskip("jsonschema")
    (finding,) = json.loads(run("check", "--format", "json", stdin=CLASH).out)
    for wrong in ({**finding, "version": 2}, {**finding, "more": 1}, {**finding, "severity": "bad"}):
        with pytest.raises(AssertionError, match="not as `pcisolve schema check`"):
            assert_is("check", [wrong])
