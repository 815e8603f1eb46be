"""Pages in a real browser: what a screen reader is told, what keys do, what can be seen, and what never runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pcisolve.render.picture.formats import written
from pcisolve.render.picture.picture import Picture
from tests.cli.running import run
from tests.render.picture.browser import FOUND, Page, page
from tests.render.picture.trees import NAMES, many, named

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
SELECTED = "document.querySelector('[aria-selected=true] b').textContent"
SHOWN = "[...document.querySelectorAll('[role=treeitem]')].filter((one) => !one.hidden).length"

pytestmark = [pytest.mark.browser, pytest.mark.skipif(FOUND is None, reason="no Chromium on this machine")]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A page that all tests of this file use in turn."""
    with page(tmp_path_factory.mktemp("profile")) as made:
        yield made


@pytest.fixture(autouse=True)
def no_errors(browser: Page) -> Iterator[None]:
    """No test may make the page complain: of its policy, or of its script."""
    browser.errors.clear()
    yield
    assert browser.errors == []


def put(folder: Path, picture: Picture, style: str = "html") -> Path:
    """A picture in a file."""
    path = folder / f"picture.{style}"
    path.write_bytes(written(picture, style))
    return path


def shown(folder: Path, *words: str | Path) -> Path:
    """What a command draws."""
    path = folder / "picture.html"
    run(*words, "-o", path)
    return path


def test_a_screen_reader_is_told_the_tree(browser: Page, tmp_path: Path) -> None:
    browser.open(shown(tmp_path, "show", EXAMPLES / "q35.xml"))
    roles = browser.roles()
    assert [name for role, name, _ in roles if role == "tree"] == ["PCI topology of workstation"]
    items = [(name, states) for role, name, states in roles if role == "treeitem"]
    assert len(items) == 24
    name, states = items[0]
    assert name.startswith("root pcie.0") and states["level"] == 1 and states["expanded"] is True
    (disk,) = [(name, states) for name, states in items if "disk vda" in name]
    assert "0000:05:00.0" in disk[0] and "line 16" in disk[0] and disk[1]["level"] == 3
    named_ = {role: name for role, name, _ in roles if role in ("searchbox", "toolbar")}
    assert named_ == {"searchbox": "Find", "toolbar": "View"}


def test_keys_walk_and_fold(browser: Page, tmp_path: Path) -> None:
    browser.open(shown(tmp_path, "show", EXAMPLES / "q35.xml"))
    browser.value("document.querySelector('[role=treeitem]').focus()")
    steps = [("ArrowDown", "video virtio"), ("ArrowDown", "pci.1"), ("ArrowRight", "interface 52:54:00:10:00:01")]
    steps += [("ArrowLeft", "pci.1"), ("ArrowLeft", "pci.1"), ("ArrowDown", "pci.2"), ("End", "sata controller 0")]
    steps += [("Home", "pcie.0"), ("r", "rng")]
    for key, expected in steps:
        browser.press(key)
        assert browser.value(SELECTED) == expected, key
    assert browser.value(SHOWN) == 23  # what is below pci.1 is folded
    browser.press("Home", "ArrowLeft")
    assert browser.value(SHOWN) == 1
    browser.press("Enter")
    assert browser.value(SHOWN) == 23
    assert browser.value("document.activeElement.getAttribute('role')") == "treeitem"


def test_a_row_shows_its_line_and_a_line_its_row(browser: Page, tmp_path: Path) -> None:
    browser.open(shown(tmp_path, "show", EXAMPLES / "q35.xml"))
    browser.value("[...document.querySelectorAll('.row')].find((one) => one.textContent.includes('vdb')).click()")
    assert browser.value("document.querySelector('.ln.on').textContent").split("<")[0].strip() == "21"
    assert browser.value("document.querySelectorAll('.ln.in').length") == 4  # the rest of the element
    assert "0000:06:00.0" in browser.value("document.querySelector('.facts').textContent")
    browser.value("document.querySelector('.ln[data-number=\"18\"]').click()")
    assert browser.value(SELECTED) == "disk vda"


def test_a_finding_leads_to_its_parts(browser: Page, tmp_path: Path) -> None:
    browser.open(shown(tmp_path, "show", "--quiet", EXAMPLES / "three-faults.xml"))
    assert browser.value(SELECTED) == "interface virtio"
    browser.value("[...document.querySelectorAll('.told a')].find((one) => one.textContent === 'disk vda').click()")
    assert browser.value(SELECTED) == "disk vda"
    names = [name for role, name, _ in browser.roles() if role == "treeitem"]
    assert sum("at fault" in name for name in names) == 3
    assert any("involved" in name and "provides that bus" in name for name in names)


def test_finding_opens_what_is_folded(browser: Page, tmp_path: Path) -> None:
    browser.open(put(tmp_path, many(3, 300, alike=True)))
    assert browser.value(SHOWN) == 1
    browser.value("document.querySelector('input').focus()")
    browser.press(*"disk vd7", "Enter")
    assert browser.value(SELECTED).startswith("disk vd7")
    assert browser.value("document.querySelector('.status').textContent") == "1 of 33"
    browser.press("Enter")
    assert browser.value("document.querySelector('.status').textContent") == "2 of 33"
    browser.press("Escape")
    assert browser.value("document.querySelector('input').value") == ""


def test_a_stack_unfolds_bit_by_bit(browser: Page, tmp_path: Path) -> None:
    browser.open(put(tmp_path, many(1, 5000, alike=True)))
    browser.value("document.querySelector('[role=treeitem]').focus()")
    browser.press("ArrowDown", "ArrowRight")
    assert browser.value(SHOWN) == 2 + 1000 + 1
    browser.press("End")
    assert browser.value(SELECTED) == "and 4,500 more"
    browser.press("Enter")
    assert browser.value(SHOWN) == 2 + 2000 + 1


def test_the_drawing_and_its_zoom(browser: Page, tmp_path: Path) -> None:
    browser.open(shown(tmp_path, "show", EXAMPLES / "q35.xml"))
    browser.value("document.querySelector('[data-do=drawing]').click()")
    before = browser.value("document.querySelector('.drawing svg').getBoundingClientRect().width")
    assert before > 300
    browser.value("document.querySelector('[data-do=larger]').click()")
    assert browser.value("document.querySelector('.drawing svg').getBoundingClientRect().width") == before * 1.25
    browser.value(
        "document.querySelector('.drawing [data-box=\"3\"] text').dispatchEvent(new Event('click', {bubbles: true}))"
    )
    assert browser.value(SELECTED) == "interface 52:54:00:10:00:01"


@pytest.mark.parametrize("style", ["html", "svg"])
@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_no_name_runs(browser: Page, tmp_path: Path, name: str, style: str) -> None:
    browser.open(put(tmp_path, named(name), style))
    assert browser.value("document.documentElement.tagName.toLowerCase()") == style
    assert browser.value("document.querySelectorAll('script').length") == (1 if style == "html" else 0)
    if style == "html":
        browser.value("for (const one of document.querySelectorAll('.row')) one.click()")
        assert browser.value("document.querySelectorAll('main img, main script, main h1').length") == 0
        assert browser.value("document.querySelectorAll('[role=treeitem]').length") >= 4


def test_without_scripts_the_tree_is_there(browser: Page, tmp_path: Path) -> None:
    browser.open(shown(tmp_path, "show", "--quiet", EXAMPLES / "three-faults.xml"), script=False)
    roles = browser.roles()
    assert sum(role == "treeitem" for role, _, _ in roles) == 10
    assert not any(role in ("searchbox", "button") for role, _, _ in roles)
    browser.open(put(tmp_path, many(1, 50, alike=True)), script=False)
    assert any("line by line" in name for _, name, _ in browser.roles())


def test_nothing_overlaps_or_sticks_out(browser: Page, tmp_path: Path) -> None:
    """Of a drawing: every text is inside its card, and no two cards meet."""
    for words in (
        ("show", "--quiet", "examples/three-faults.xml"),
        ("diff", "examples/q35.xml", "examples/q35-next.xml"),
    ):
        path = tmp_path / "picture.svg"
        run(words[0], *(EXAMPLES.parent / one if "/" in one else one for one in words[1:]), "-o", path)
        browser.open(path)
        wrong = browser.value(
            """[...document.querySelectorAll('g[data-box]')].flatMap((group) => {
                const room = group.querySelector(':scope > rect:last-of-type').getBBox();
                const card = [...group.querySelectorAll('rect.card')].pop().getBBox();
                return [...group.querySelectorAll('text')].filter((one) => {
                    const box = one.getBBox();
                    return box.x < card.x || box.x + box.width > card.x + card.width + 1
                        || box.y + box.height > card.y + card.height + 1;
                }).map((one) => one.textContent);
            })"""
        )
        assert wrong == []
        met = browser.value(
            """(() => {
                const all = [...document.querySelectorAll('g[data-box] > rect.card')].map((one) => one.getBBox());
                return all.some((one, at) => all.slice(at + 1).some((other) =>
                    one.x < other.x + other.width && other.x < one.x + one.width
                    && one.y < other.y + other.height && other.y < one.y + one.height)); })()"""
        )
        assert met is False


def test_day_and_night_differ(browser: Page, tmp_path: Path) -> None:
    path = shown(tmp_path, "show", EXAMPLES / "q35.xml")
    ground = "getComputedStyle(document.body).backgroundColor"
    browser.open(path)
    day, light = browser.value(ground), browser.picture(tmp_path / "day.png")
    browser.open(path, dark=True)
    night, dark = browser.value(ground), browser.picture(tmp_path / "night.png")
    assert day != night and light != dark


@pytest.mark.parametrize("alike", [True, False])
def test_twenty_thousand_devices_open_at_once(browser: Page, tmp_path: Path, alike: bool) -> None:
    """Within a second; three here, as machines differ and share their cores."""
    path = put(tmp_path, many(64, 20_000, alike=alike))
    assert min(browser.open(path) for _ in range(3)) < 3
