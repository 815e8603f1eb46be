"""The command line's contract: commands, options, exit codes, what is printed and what is written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pcisolve.cli.main import group
from tests.cli.running import HAS_JSONSCHEMA
from tests.cli.schemas import assert_valid

SOUND = """<domain type='kvm'>
  <name>g</name>
  <memory>1</memory>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  <devices>
    <rng model='virtio'/>
    <memballoon model='none'/>
  </devices>
</domain>
"""
CLASH = SOUND.replace("<rng model='virtio'/>", "<rng model='virtio'><address type='pci' slot='1'/></rng>")
UNREADABLE = SOUND.replace("<rng model='virtio'/>", "<rng model='virtio'><address type='pci' slot='1f'/></rng>")


def run(*words: str, stdin: str | None = None) -> Result:
    result = CliRunner().invoke(group, words, input=stdin)
    if HAS_JSONSCHEMA and words:
        assert_valid(words, result.stdout.encode())
    return result


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "guest.xml"
    path.write_text(SOUND)
    return path


def test_help_teaches_by_example() -> None:
    said = run("--help").output
    assert "pcisolve solve guest.xml -o solved.xml" in said
    assert (
        "Exit codes: 0 fine (warnings too); 1 errors or infeasible; 2 unusable input or wrong usage; 3 undecided."
        in said
    )
    for word in ("solve", "check", "show", "convert", "batch", "rule", "models"):
        assert "Example" in run(word, "--help").output, word


def test_an_unknown_command_names_the_nearest() -> None:
    result = run("sovle")
    assert result.exit_code == 2
    assert 'did you mean "solve"?' in result.output


def test_version() -> None:
    assert run("--version").output.startswith("pcisolve, version 0.")


def test_solve_prints_the_solved_xml_and_solving_that_changes_nothing(file: Path) -> None:
    first = run("solve", str(file))
    assert first.exit_code == 0
    assert "<rng model='virtio'>\n      <address type='pci' domain='0x0000' bus='0x00' slot='0x02'" in first.output
    assert run("solve", stdin=first.output).output == first.output


def test_solve_writes_a_file_whole_or_not_at_all(file: Path, tmp_path: Path) -> None:
    output = tmp_path / "solved.xml"
    assert run("solve", str(file), "-o", str(output)).output == ""
    solved = output.read_text()
    assert solved == run("solve", str(file)).output
    file.write_text(CLASH)
    assert run("solve", str(file), "-o", str(output)).exit_code == 1
    assert output.read_text() == solved
    assert sorted(path.name for path in tmp_path.iterdir()) == ["guest.xml", "solved.xml"]


def test_solve_to_a_folder_that_is_not_there(file: Path, tmp_path: Path) -> None:
    result = run("solve", str(file), "-o", str(tmp_path / "none" / "solved.xml"))
    assert isinstance(result.exception, OSError)


def test_solve_as_json(file: Path) -> None:
    answer = json.loads(run("solve", "--format", "json", str(file)).output)
    assert {key: answer[key] for key in ("status", "proven", "scheme", "policy", "findings")} == {
        "status": "solved",
        "proven": True,
        "scheme": "flat",
        "policy": "auto",
        "findings": [],
    }
    assert answer["controllers"] == [
        {
            "index": 0,
            "model": "pci-root",
            "name": "pci.0",
            "domain": 0,
            "bus": 0,
            "parent": None,
            "address": None,
            "added": True,
            "line": None,
            "guest": {"address": None, "secondary": 0, "subordinate": 0, "visible": True, "reason": ""},
            "targets": {},
        }
    ]
    rng = next(one for one in answer["devices"] if one["kind"] == "rng")
    assert rng == {
        "path": "/domain/devices/rng[1]",
        "line": 6,
        "kind": "rng",
        "name": "rng",
        "address": "0000:00:02.0",
        "chosen": True,
        "implicit": False,
        "guest": {"address": "0000:00:02.0", "secondary": None, "subordinate": None, "visible": True, "reason": ""},
        "make": "rng virtio",
        "identity": {},
    }


def test_solve_as_diff_and_tree(file: Path) -> None:
    diff = run("solve", "--format", "diff", str(file)).output
    assert diff.startswith(f"--- {file}\n+++ {file} (solved)\n")
    assert "+      <address type='pci'" in diff
    tree = run("solve", "--format", "tree", str(file)).output
    assert tree == run("show", str(file)).output
    assert tree == (
        "pci.0 pci-root, domain 0000\n"
        "|- 0000:00:01.2 usb controller 0 (implicit)\n"
        "`- 0000:00:02.0 rng, line 6 (chosen)\n"
    )


def test_an_infeasible_guest_is_exit_1_and_the_finding_on_stderr(file: Path) -> None:
    file.write_text(CLASH)
    result = run("solve", str(file))
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr == (
        "error[addr-duplicate]: rng is at 0000:00:01.0, where the machine has its PIIX3 ISA bridge\n"
        f" --> {file}:6:45\n"
        "6 |     <rng model='virtio'><address type='pci' slot='1'/></rng>\n"
        "  |                                             ^^^^^^^^\n"
        "  = help: move rng to 0000:00:02.0\n"
        "      line 6: address: 0000:00:01.0 -> 0000:00:02.0\n"
        "  = more: pcisolve rule addr-duplicate\n"
    )
    assert run("solve", "--quiet", str(file)).stderr == ""


def test_an_unreadable_value_is_a_finding_like_others(file: Path) -> None:
    file.write_text(UNREADABLE)
    assert run("solve", str(file)).exit_code == 1
    assert json.loads(run("solve", "--format", "json", str(file)).output)["status"] == "invalid"


def test_undecided_is_exit_3(tmp_path: Path) -> None:
    file = tmp_path / "guest.xml"
    legacy = "<sound model='ac97'/><rng model='virtio'/>" * 60
    file.write_text(SOUND.replace("<rng model='virtio'/>", legacy).replace("'pc'", "'q35'"))
    result = run("solve", "--policy", "minimal", "--time-limit", "0.001", str(file))
    assert result.exit_code == 3
    assert "time limit reached before a decision" in result.stderr


def test_check_formats(file: Path) -> None:
    assert run("check", str(file)).output == ""
    file.write_text(CLASH)
    line = f"{file}:6:45: error[addr-duplicate]: rng is at 0000:00:01.0, where the machine has its PIIX3 ISA bridge\n"
    assert run("check", "--format", "concise", str(file)).output == line
    found = json.loads(run("check", "--format", "json", str(file)).output)
    move = {"name": "rng", "from": "0000:00:01.0", "to": "0000:00:02.0"}
    safe = {"safety": "safe", "moves": [move], "removes": []}
    address = {"path": "/domain/devices/rng[1]/address", "line": 6, "from": "0000:00:01.0"}
    assert found == [
        {
            "version": 1,
            "code": "addr-duplicate",
            "rules": ["addr-duplicate"],
            "severity": "error",
            "stage": "libvirt",
            "message": "rng is at 0000:00:01.0, where the machine has its PIIX3 ISA bridge",
            "minimal": True,
            "facts": [{"text": "slot='1'", "file": str(file), "line": 6, "column": 45, "role": ""}],
            "context": [],
            "alike": [],
            "notes": [],
            "shortages": [],
            "repairs": [
                {
                    "changes": [{**address, "to": "0000:00:02.0"}],
                    "effect": "move rng to 0000:00:02.0",
                    "cost": 11,
                    **safe,
                },
            ],
        }
    ]
    assert json.loads(run("check", "--format", "jsonl", str(file)).output) == found[0]


def test_check_takes_several_files_and_tells_the_worst(file: Path, tmp_path: Path) -> None:
    clash, unreadable, missing = tmp_path / "clash.xml", tmp_path / "unreadable.xml", tmp_path / "missing.xml"
    clash.write_text(CLASH)
    unreadable.write_text(UNREADABLE)
    assert run("check", str(file), str(clash)).exit_code == 1
    result = run("check", str(file), str(missing), str(clash), str(unreadable))
    assert result.exit_code == 2
    assert "missing.xml" in result.stderr
    assert "clash.xml" in result.output
    assert "unreadable.xml" in result.output


def test_wrong_usage_is_exit_2(file: Path) -> None:
    assert run("solve", "--policy", "best", str(file)).exit_code == 2
    assert "is not a libvirt version such as 9.0.0" in run("solve", "--libvirt", "nine", str(file)).output
    assert run("convert", str(file)).exit_code == 2


def test_batch_keeps_the_order_and_one_bad_file_does_not_end_it(tmp_path: Path) -> None:
    folder = tmp_path / "fleet" / "deep"
    folder.mkdir(parents=True)
    for name, text in (("a", SOUND), ("b", "no xml"), ("c", CLASH), ("deep/d", SOUND)):
        (tmp_path / "fleet" / f"{name}.xml").write_text(text)
    for workers in ("1", "2"):
        output, solved = tmp_path / f"{workers}.jsonl", tmp_path / workers
        words = ("batch", str(tmp_path / "fleet"), "-o", str(output), "--write", str(solved), "--workers", workers)
        assert run(*words).exit_code == 1
        rows = [json.loads(line) for line in output.read_text().splitlines()]
        names = [str(Path(row["input"]).relative_to(tmp_path / "fleet")) for row in rows]
        assert names == ["a.xml", "b.xml", "c.xml", "deep/d.xml"]
        assert [row["status"] for row in rows] == ["solved", "invalid", "infeasible", "solved"]
        assert sorted(str(path.relative_to(solved)) for path in solved.rglob("*.xml")) == ["a.xml", "deep/d.xml"]
    assert (tmp_path / "1.jsonl").read_text() == (tmp_path / "2.jsonl").read_text()


def test_batch_of_globs_and_of_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text(SOUND)
    assert run("batch", str(tmp_path / "*.xml")).exit_code == 0
    result = run("batch", str(tmp_path / "*.none"))
    assert result.exit_code == 2 or "no such file" in str(result.exception)


def test_rule_pages() -> None:
    page = run("rule", "addr-duplicate").output
    assert page.startswith("addr-duplicate\n\nNo two parts share an address")
    assert "enforced by: libvirt" in page
    assert "addr-duplicate" in run("rule").output
    result = run("rule", "adr-duplicate")
    assert result.exit_code == 2
    assert 'did you mean "addr-duplicate"?' in result.stderr


def test_models_pages(tmp_path: Path) -> None:
    page = run("models", "pcie-root-port").output
    assert page.startswith("controller  pcie-root-port\n")
    assert "source      libvirt 9.0.0 src/conf/domain_addr.c" in page
    everything = run("models").output
    for name in ("pci-bridge", "q35", "interface", "cloud-hypervisor"):
        assert f"\n  {name} " in everything
    result = run("models", "pcie-rootport")
    assert result.exit_code == 2
    assert 'did you mean "pcie-root-port"?' in result.stderr


def test_models_of_a_users_own_folder(tmp_path: Path) -> None:
    own = tmp_path / "models" / "machines"
    own.mkdir(parents=True)
    shipped = Path(__file__).resolve().parents[2] / "models" / "machines" / "q35.toml"
    text = shipped.read_text().replace('family = "q35"', 'family = "q36"').replace('"pc-q35-*"', '"pc-q36-*"')
    (own / "q36.toml").write_text(text.replace('names = ["q35", ', "names = ["))
    guest = tmp_path / "guest.xml"
    guest.write_text(SOUND.replace("'pc'", "'pc-q36-1.0'"))
    assert run("check", str(guest)).exit_code != 0
    assert run("check", "--models", str(tmp_path / "models"), str(guest)).exit_code == 0
    assert run("models", "q36", "--models", str(tmp_path / "models")).exit_code == 0
