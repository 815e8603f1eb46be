"""What is written: well-formed whatever the names are, the same for the same picture, and no more than opens."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcisolve.render.picture.formats import FORMATS, format_by_name, written
from pcisolve.render.picture.picture import Picture
from pcisolve.render.picture.shown import clipped, visible, width
from tests.render.picture.trees import NAMES, boxes, many, named
from tests.support import no_hang

SVG = "{http://www.w3.org/2000/svg}"
TAGS = {"svg", "title", "desc", "style", "rect", "path", "circle", "text", "g"}
VOID = {"meta", "input"}
NODE = re.compile(r'  n\d+ \[label="(?:[^"\\\n]|\\.)*", shape="\w+"(?:, \w+="[\w,]+")*\];')
EDGE = re.compile(r"  n\d+ -> n\d+;")
FLOW = re.compile(r'  n\d+(?:\[\[|\(|\[/|\[|>)"[^"\n<>&`%]*(?:<br/>[^"\n<>&`%]*)*"(?:\]\]|\)|/\]|\])')
LINK = re.compile(r"  (?:n\d+ --- n\d+|classDef \w+ [\w:3 px,-]+|class [n\d,]+ \w+)")


class _Page(HTMLParser):
    """Tags and attributes of a page, which must close in turn."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[str] = []
        self.names: set[str] = set()
        self.roles: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.names |= {name for name, _ in attrs}
        self.roles += [value or "" for name, value in attrs if name == "role"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.names |= {name for name, _ in attrs}

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def read_page(text: str) -> _Page:
    """A page that is well-formed, runs one script and fetches nothing."""
    page = _Page()
    page.feed(text)
    page.close()
    assert page.open == []
    assert page.tags.count("script") == 1
    assert not {"img", "iframe", "link", "object", "embed", "base", "form"} & set(page.tags)
    assert not [name for name in page.names if name.startswith("on") or name in ("src", "style", "srcdoc")]
    return page


def look(picture: Picture) -> None:
    """Write a picture in every format and read it again."""
    root = ElementTree.fromstring(written(picture, "svg"))
    assert {one.tag.removeprefix(SVG) for one in root.iter()} <= TAGS
    assert all(not name.startswith("on") and "href" not in name for one in root.iter() for name in one.attrib)
    page = read_page(written(picture, "html").decode())
    assert page.roles.count("tree") == 1
    first, graph, node, edge, *lines, last = written(picture, "dot").decode().splitlines()
    assert (first, last) == ("digraph pcisolve {", "}")
    assert re.fullmatch(r'  graph \[[\w=., ]*label="(?:[^"\\]|\\.)*", labelloc=t\];', graph), graph
    assert node.startswith("  node [") and edge.startswith("  edge [")
    assert all(NODE.fullmatch(line) or EDGE.fullmatch(line) for line in lines)
    head, *lines = written(picture, "mermaid").decode().splitlines()
    assert head == "flowchart LR"
    assert [line for line in lines if not FLOW.fullmatch(line) and not LINK.fullmatch(line)] == []


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_no_name_breaks_or_acts(name: str) -> None:
    look(named(name))


@given(st.text(max_size=200))
def test_no_text_breaks_or_acts(name: str) -> None:
    look(named(name))


@given(boxes(), st.sampled_from(FORMATS))
def test_any_tree_can_be_written(found: tuple[object, ...], style: str) -> None:
    picture = Picture("any", (), found)  # type: ignore[arg-type]
    assert written(picture, style) == written(picture, style)
    look(picture)


def test_the_policy_names_the_script_and_the_style_that_are_there() -> None:
    import base64
    import hashlib

    text = written(named("x"), "html").decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None and policy[1].startswith("default-src 'none'; ")
    for tag in ("style", "script"):
        inner = re.search(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        assert inner is not None
        digest = base64.b64encode(hashlib.sha256(inner[1].encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy[1]
    assert "unsafe" not in policy[1]


def test_nothing_is_fetched() -> None:
    for style in ("svg", "html"):
        text = written(named("x"), style).decode()
        found = set(re.findall(r"https?://[^\s\"'<)]*", text))
        assert {
            one for one in found if not one.startswith(("http://www.w3.org/2000/svg", "https://www.w3.org/WAI/"))
        } == set()
        assert "url(" not in text and "@import" not in text


def test_hidden_characters_are_shown() -> None:
    assert visible("a\u202eb\x00") == "a\u2039202E\u203ab\u20390000\u203a"
    assert visible("\u6f22 \u00e9") == "\u6f22 \u00e9"
    assert len(visible("x" * 1000)) == 160


@given(st.text(max_size=60), st.floats(20, 400))
def test_a_clipped_text_has_room(text: str, room: float) -> None:
    found = clipped(text, 11, room)
    assert width(found, 11) <= room or found == "\u2026"


def test_a_format_by_the_end_of_a_name() -> None:
    ends = {"a.svg": "svg", "A.HTML": "html", "b.htm": "html", "c.dot": "dot", "d.gv": "dot", "e.mmd": "mermaid"}
    assert {name: format_by_name(name) for name in ends} == ends
    assert format_by_name("svg") == format_by_name("x.png") == ""


@pytest.mark.parametrize("alike", [True, False])
@pytest.mark.parametrize("style", FORMATS)
def test_twenty_thousand_devices_are_drawn_in_two_seconds(style: str, alike: bool) -> None:
    picture = many(64, 20_000, alike=alike)
    with no_hang(2 * 3):  # machines differ: a third of it here
        data = written(picture, style)
    assert len(data) < {"svg": 1_000_000, "html": 12_000_000, "dot": 400_000, "mermaid": 50_000}[style]


def test_a_hundred_thousand_devices_are_bounded() -> None:
    picture = many(500, 100_000, alike=False)
    with no_hang(60):
        sizes = {style: len(written(picture, style)) for style in FORMATS}
    assert sizes["svg"] < 1_500_000 and sizes["html"] < 40_000_000 and sizes["mermaid"] < 50_000


def test_the_bytes_are_the_same_in_another_process(tmp_path: Path) -> None:
    program = (
        "import sys, hashlib; from tests.render.picture.trees import named, many;"
        "from pcisolve.render.picture.formats import FORMATS, written;"
        "both = named('a<b'), many(3, 30, alike=False);"
        "print([hashlib.sha256(written(one, style)).hexdigest() for one in both for style in FORMATS])"
    )
    answers = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PATH": "", "PYTHONPATH": ":".join(sys.path)},
            cwd=Path(__file__).resolve().parents[3],
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(answers) == 1
