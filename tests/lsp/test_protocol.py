"""`pcisolve lsp` as an editor meets it: a process, and messages over its pipes."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

import pcisolve
from tests.lsp.client import Editor, edited, offset, position, uri_of
from tests.support import balloon, controller, domain, rng

pytest.importorskip("pygls")

ROOT = Path(__file__).resolve().parent.parent.parent
GALLERY = ROOT / "tests" / "explain" / "gallery"
URI = "file:///guest.xml"
QUICK = {"debounce": 0.05, "timeLimit": 30}

ROOT_PORTS = (
    controller(0, "pcie-root") + "\n" + controller(1, "pcie-root-port") + "\n" + controller(2, "pcie-root-port")
)


def guest(devices: str, name: str = "small") -> str:
    return domain("q35", f"{ROOT_PORTS}\n{devices}").decode().replace("small", name)


CLASH = guest(f"{rng('0:1:0.0')}\n{balloon('0:1:0.0')}")
SOUND = guest(f"{rng('0:1:0.0')}\n{balloon()}")


def test_a_session_from_initialize_to_shutdown() -> None:
    with Editor(options=QUICK) as editor:
        assert editor.capabilities["hoverProvider"] and editor.capabilities["definitionProvider"]
        assert editor.capabilities["codeActionProvider"] == {"codeActionKinds": ["quickfix"]}
        editor.open(URI, CLASH)
        (found,) = editor.diagnostics(URI, 1)
        assert (found["code"], found["severity"], found["source"]) == ("addr-duplicate", 1, "pcisolve")
        assert found["relatedInformation"][0]["location"]["uri"] == URI
        fixes = editor.fixes(URI, found["range"])
        assert fixes[0]["isPreferred"] and fixes[0]["kind"] == "quickfix"
        after = edited(CLASH, fixes[0])
        editor.change(URI, 2, {"text": after})
        assert editor.diagnostics(URI, 2) == []
        editor.tell("textDocument/didClose", textDocument={"uri": URI})
    assert editor.published[-1] == {"uri": URI, "diagnostics": []}


def test_a_fix_keeps_all_other_bytes_and_says_what_it_costs() -> None:
    with Editor(options=QUICK) as editor:
        for path in sorted(GALLERY.glob("*.xml"))[::6]:
            text, uri = path.read_text(), uri_of(path)
            editor.open(uri, text)
            found = editor.diagnostics(uri, 1)
            verdict = pcisolve.load(path).check()
            codes = [(one.code, fact.line - 1) for one in verdict.findings for fact in (*one.facts[:1], *one.alike)]
            assert [(one["code"], one["range"]["start"]["line"]) for one in found] == codes
            whole = {"start": {"line": 0, "character": 0}, "end": position(text, len(text))}
            for action in editor.fixes(uri, whole):
                after = edited(text, action)
                assert after != text
                left = set(text.splitlines()) - set(after.splitlines())
                assert len(left) <= 2 + sum(
                    one["newText"].count("\n") + 4 for one in action["edit"]["documentChanges"][0]["edits"]
                )
                repairs = [
                    way for one in verdict.findings for way in one.repairs if action["title"].startswith(way.effect)
                ]
                assert repairs and ("(unsafe" in action["title"]) == (repairs[0].safety == "unsafe")
                assert not action.get("isPreferred") or repairs[0].safety == "safe"


def test_hover_tells_the_guests_view_and_the_rule() -> None:
    with Editor(options=QUICK) as editor:
        editor.open(URI, SOUND)
        device = editor.at("hover", URI, position(SOUND, SOUND.index("<rng") + 6))["contents"]["value"]
        assert "**rng**" in device and "in the XML: `0000:01:00.0`" in device
        assert "in the guest: `0000:01:00.0`, bus 01" in device
        assert "pcie-root 0 › pcie-root-port 1 at `" in device
        port = editor.at("hover", URI, position(SOUND, SOUND.index("index='1'")))["contents"]["value"]
        assert "provides bus `0x01` of domain `0x0000`" in port and "0 of 1 slots free" in port
        assert editor.at("hover", URI, {"line": 1, "character": 3}) is None
        editor.change(URI, 2, {"text": CLASH})
        (found,) = editor.diagnostics(URI, 2)
        told = editor.at("hover", URI, found["range"]["start"])["contents"]["value"]
        assert "`addr-duplicate`" in told and "enforced by: libvirt" in told


def test_definition_goes_to_the_controller_that_provides_the_bus() -> None:
    with Editor(options=QUICK) as editor:
        editor.open(URI, SOUND)
        found = editor.at("definition", URI, position(SOUND, SOUND.index("bus='0x1'")))
        begin = offset(SOUND, found["range"]["start"])
        assert SOUND[begin:].startswith("<controller type='pci' index='1'")
        assert SOUND[: offset(SOUND, found["range"]["end"])].endswith("</controller>")
        assert editor.at("definition", URI, position(SOUND, SOUND.index("index='0'"))) is None


def labels(answer: object) -> list[str]:
    assert isinstance(answer, list)
    return [one["label"] for one in answer]


def test_completion_offers_what_is_free_while_the_xml_is_broken() -> None:
    bridge = controller(3, "pcie-to-pci-bridge", "0:1:0.0")
    text = guest(f"{bridge}\n{rng('0:3:2.0')}\n{balloon()}")
    with Editor(options=QUICK) as editor:
        editor.open(URI, text)
        editor.diagnostics(URI, 1)
        begin = text.index("<memballoon model='virtio'>") + len("<memballoon model='virtio'>")
        typed = "<address type='pci' bus='0x03' slot='"
        spot = {"start": position(text, begin), "end": position(text, begin)}
        editor.change(URI, 2, {"range": spot, "text": typed})
        broken = text[:begin] + typed + text[begin:]
        assert editor.diagnostics(URI, 2)[0]["code"] == "input"
        slots = editor.at("completion", URI, position(broken, begin + len(typed)))
        assert labels(slots)[:3] == ["0x01", "0x03", "0x04"] and len(slots) == 30
        buses = editor.at("completion", URI, position(broken, begin + typed.index("0x03")))
        assert labels(buses) == ["0x00", "0x03", "0x04"]
        assert buses[0]["textEdit"]["newText"] == "0x00"
        whole = text[:begin] + "<add" + text[begin:]
        editor.change(URI, 3, {"text": whole})
        offered = editor.at("completion", URI, position(whole, begin + 4))
        assert "<address type='pci' domain='0x0000' bus='0x03' slot='0x01' function='0x0'/>" in labels(offered)
        for one in offered:
            edit = one["textEdit"]
            done = whole[: offset(whole, edit["range"]["start"])] + edit["newText"] + whole[begin + 4 :]
            assert pcisolve.load(done.encode()).check().status == "solved", one["label"]


def test_completion_offers_free_indexes_and_models() -> None:
    text = SOUND.replace("</devices>", "<controller type='pci' index='' model=''/></devices>")
    with Editor(options=QUICK) as editor:
        editor.open(URI, SOUND)
        editor.diagnostics(URI, 1)
        editor.change(URI, 2, {"text": text})
        at = text.index("index=''") + len("index='")
        assert labels(editor.at("completion", URI, position(text, at)))[:2] == ["3", "4"]
        at = text.index("model=''") + len("model='")
        assert "pcie-root-port" in labels(editor.at("completion", URI, position(text, at)))


def test_positions_are_utf16_units_behind_characters_beyond_the_basic_plane() -> None:
    text = CLASH.replace("<memballoon", "<!-- \U0001f600\U0001f680 é --><memballoon").replace("small", "\U0001f600")
    with Editor(options=QUICK) as editor:
        editor.open(URI, text)
        (found,) = editor.diagnostics(URI, 1)
        assert text[offset(text, found["range"]["start"]) : offset(text, found["range"]["end"])] == "slot='0x0'"
        after = edited(text, editor.fixes(URI, found["range"])[0])
        assert pcisolve.load(after.encode()).check().status == "solved"
        # a change behind them, by its range in UTF-16 units
        begin = text.index("<memballoon") + 1
        spot = {"start": position(text, begin), "end": position(text, begin + len("memballoon"))}
        editor.change(URI, 2, {"range": spot, "text": "memballoon"})
        assert editor.diagnostics(URI, 2) == [found]


@pytest.mark.parametrize(("encoding", "unit"), [("utf-8", 1), ("utf-16", 2), ("utf-32", 4)])
def test_positions_are_in_the_units_that_the_editor_prefers(encoding: str, unit: int) -> None:
    text = CLASH.replace("<memballoon", "<!-- \U0001f600é --><memballoon")
    with Editor(options=QUICK, encodings=(encoding, "utf-16")) as editor:
        assert editor.capabilities["positionEncoding"] == encoding
        editor.open(URI, text)
        (found,) = editor.diagnostics(URI, 1)
        line = text.split("\n")[found["range"]["start"]["line"]]
        before = line[: line.index("slot='0x0'")]
        wanted = len(before.encode(encoding if unit == 1 else f"{encoding}-le")) // unit
        assert found["range"]["start"]["character"] == wanted


@pytest.mark.parametrize("separator", ["\r\n", "\u2028", "\x0b", "\x85"])
def test_only_newlines_end_lines(separator: str) -> None:
    text = CLASH.replace("\n", "\r\n") if separator == "\r\n" else CLASH.replace("small", f"a{separator}b")
    if separator == "\x0b":  # not a character of XML: broken, and yet nothing is misplaced
        text = f"<!-- -->{CLASH}"
    with Editor(options=QUICK) as editor:
        editor.open(URI, text)
        (found,) = editor.diagnostics(URI, 1)
        line = text.replace("\r\n", "\n").split("\n")[found["range"]["start"]["line"]]
        assert "<memballoon" in line
        last = text.replace("\r\n", "\n").count("\n")
        end = {"line": last, "character": 0}
        editor.change(URI, 2, {"range": {"start": end, "end": end}, "text": "<!-- end -->"})
        assert editor.diagnostics(URI, 2) == [found]


def test_broken_xml_is_told_where_it_breaks_and_nothing_else_is_lost() -> None:
    with Editor(options=QUICK) as editor:
        editor.open(URI, SOUND)
        assert editor.diagnostics(URI, 1) == []
        for version, cut in enumerate(range(len(SOUND) // 2, len(SOUND) - 3, len(SOUND) // 7), start=2):
            editor.change(URI, version, {"text": SOUND[:cut]})
            (found,) = editor.diagnostics(URI, version)
            assert found["code"] == "input" and "well-formed" in found["message"]
            assert offset(SOUND[:cut], found["range"]["end"]) <= cut


def test_of_edits_in_quick_succession_the_last_one_counts() -> None:
    with Editor(options={"debounce": 0.4, "timeLimit": 30}) as editor:
        editor.open(URI, SOUND)
        for version in range(2, 40):
            editor.change(URI, version, {"text": CLASH if version % 2 else SOUND})
        (found,) = editor.diagnostics(URI, 39)
        assert found["code"] == "addr-duplicate"
        time.sleep(0.6)
        editor.at("hover", URI, {"line": 0, "character": 0})
    versions = [one["version"] for one in editor.published]
    assert versions == sorted(set(versions)) and versions[-1] == 39
    assert len(versions) <= 5  # one, but where this machine stood still for longer than the debounce


def test_the_same_session_has_the_same_answers() -> None:
    def session() -> object:
        text = (ROOT / "examples" / "three-faults.xml").read_text()
        with Editor(options=QUICK) as editor:
            editor.open(URI, text)
            found = editor.diagnostics(URI, 1)
            whole = {"start": {"line": 0, "character": 0}, "end": position(text, len(text))}
            return found, editor.fixes(URI, whole)

    assert session() == session()


def test_a_large_file_is_edited_and_questions_are_answered() -> None:
    filler = "".join(f"<!-- {number:06} {'x' * 80} -->\n" for number in range(110_000))
    text = CLASH.replace("<devices>", f"{filler}<devices>")
    assert len(text) > 10_000_000
    with Editor(options=QUICK) as editor:
        editor.open(URI, text)
        (found,) = editor.diagnostics(URI, 1)
        assert found["code"] == "addr-duplicate"
        assert editor.fixes(URI, found["range"])
        begin = position(text, text.index("<rng") + len("<rng model='virtio'>"))
        editor.change(URI, 2, {"range": {"start": begin, "end": begin}, "text": "<!---->"})
        assert [one["code"] for one in editor.diagnostics(URI, 2)] == ["addr-duplicate"]


def test_an_analysis_that_takes_too_long_is_given_up_and_the_next_one_works() -> None:
    many = guest("\n".join(rng("0:1:0.0") for _ in range(20_000)))
    with Editor(options={"debounce": 0.05, "timeLimit": 0.5}) as editor:
        editor.open(URI, SOUND)
        assert editor.diagnostics(URI, 1) == []
        editor.change(URI, 2, {"text": many})
        (found,) = editor.diagnostics(URI, 2)
        assert (found["code"], found["severity"], found["message"]) == ("time-limit", 3, "not analyzed within 0.5 s")
        editor.change(URI, 3, {"text": CLASH})
        assert [one["code"] for one in editor.diagnostics(URI, 3)] == ["addr-duplicate"]


def test_a_plan_is_told_what_is_wrong_with_it_and_its_base(tmp_path: Path) -> None:
    with Editor(options=QUICK) as editor:
        for path in sorted((ROOT / "examples" / "plans" / "impossible").glob("*.yaml"))[:2]:
            editor.open(uri_of(path), path.read_text(), "yaml")
            found = editor.diagnostics(uri_of(path), 1)
            assert [one["code"] for one in found if one["severity"] == 1]
    good = ROOT / "examples" / "plans" / "on-top.yaml"
    with Editor(options=QUICK) as editor:
        editor.open(uri_of(good), good.read_text(), "yaml")
        assert [one for one in editor.diagnostics(uri_of(good), 1) if one["severity"] == 1] == []
        editor.change(uri_of(good), 2, {"text": good.read_text() + "nonsense: 1\n"})
        assert editor.diagnostics(uri_of(good), 2)[0]["code"] == "plan-key"


@pytest.mark.parametrize("text", ["<project><a/></project>", "version: 2\nservices: {}\n", "", "<", "devices:\n- a\n"])
def test_files_of_others_are_left_alone(text: str) -> None:
    with Editor(options=QUICK) as editor:
        editor.open(URI, text)
        assert editor.diagnostics(URI, 1) == []
        place = {"line": 0, "character": 0}
        assert editor.at("hover", URI, place) is None
        assert editor.at("completion", URI, place) == []
        assert editor.fixes(URI, {"start": place, "end": place}) == []


def test_the_configuration_of_the_folder_counts_and_the_editor_comes_before_it(tmp_path: Path) -> None:
    own = tmp_path / "pcisolve.toml"
    own.write_text('severity = {addr-duplicate = "warning"}\n')
    uri = uri_of(tmp_path / "guest.xml")

    def severities(*words: str) -> list[int]:
        with Editor(*words, options=QUICK) as editor:
            editor.open(uri, CLASH)
            return [one["severity"] for one in editor.diagnostics(uri, 1)]

    assert severities() == [2]
    assert severities("--isolated") == [1]
    assert severities("--without", "addr-duplicate") == []
    own.write_text("\nnonsense = 1\n")
    with Editor(options=QUICK) as editor:
        editor.open(uri, CLASH)
        (found,) = editor.diagnostics(uri, 1)
    assert found["severity"] == 1 and "pcisolve.toml:2:" in found["message"] and "nonsense" in found["message"]
