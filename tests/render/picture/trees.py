"""Pictures to try the drawing with: small ones, large ones, random ones."""

from __future__ import annotations

from hypothesis import strategies as st

from pcisolve.render.picture.picture import (
    ADDED,
    ARGUMENT,
    CONTROLLER,
    DEVICE,
    FAULT,
    KINDS,
    MARKS,
    ROOT,
    Box,
    Picture,
    Span,
    Strip,
    Told,
)

# What breaks pictures that are not careful: markup, ends of sections, quotes, controls, marks that turn text around.
NAMES = (
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "]]><svg onload=alert(1)>",
    "\"'><img src=x onerror=alert(1)>",
    "</pre></details></title></text><h1>",
    "<!-- -->&amp;&#60;&lt;",
    "a\x00b\x1b[31mc\x7f\u009b",
    "left\u202eright\u2066\u200b\ufeff\u2028\u2029",
    "tab\tnew\nline\r\n",
    '"]; n0 -> n1 [label="\\',
    '"]\n  click n0 "javascript:alert(1)"',
    "`**bold**` end subgraph %%{init: {}}%% #quot; ;",
    "\ud800\udfff\uffff",
    "x" * 5000,
    "\u6f22\u5b57\U0001f600" * 200,
    "",
)


def named(name: str) -> Picture:
    """A picture that has a text wherever one can be."""
    boxes = (
        Box(name, ROOT, 0, name, name, name, name, 1, FAULT, name, (name,), (name,)),
        *(Box(name, CONTROLLER, 1, name, name, name, name, 1, "", name, (name,), (name,)) for _ in range(4)),
        Box(name, DEVICE, 1, name, name, name, name, 1, ADDED, name, (name,), (name,)),
        Box(name, ARGUMENT, 2, name, name, "", name, 1, "", name, (name,), (name,)),
    )
    strips = (Strip(0, 256, (Span(name, 0, 99, 3), Span(name, 100, 255, 300)), (name, name)),)
    told = (Told("error", name, name, (0, 3), 1, (name,), (name,)), Told("warning", name, name))
    return Picture(name, (name, name), boxes, strips, told, name.split("\n"), name)


def many(domains: int, devices: int, *, alike: bool) -> Picture:
    """So many devices, each on a port of its own; alike, or each of another model than its neighbours."""
    boxes, strips = list[Box](), list[Strip]()
    for domain in range(domains):
        strips.append(Strip(len(boxes), 256, (Span("all", 0, 255, 200),)))
        boxes.append(Box(f"pcie.{domain}", ROOT, 0, "pcie-root", f"domain {domain:04x}"))
        for number in range(devices // domains):
            place = f"{domain:04x}:00:{number % 32:02x}.{number // 32 % 8}"
            boxes.append(Box(f"pci.{number}", CONTROLLER, 1, "pcie-root-port", place, place, line=2 * number + 1))
            what = "disk virtio" if alike else f"disk {(number * 7919 + domain) % 5003}"
            boxes.append(Box(f"disk vd{number}", DEVICE, 2, what, place, place, line=2 * number + 2))
    source = [f"<disk><target dev='vd{number}'/></disk>" for number in range(2 * devices // domains)]
    return Picture("many", ("as many as there are",), tuple(boxes), tuple(strips), (), source, "many.xml")


@st.composite
def boxes(draw: st.DrawFn, most: int = 60) -> tuple[Box, ...]:
    """A forest with much that is alike in it."""
    found, depth = list[Box](), 0
    for number in range(draw(st.integers(0, most))):
        depth = draw(st.integers(0, min(depth + 1, 14))) if found else 0
        kind = draw(st.sampled_from(KINDS[:3]))
        mark = draw(st.sampled_from(("", "", "", "", *MARKS)))
        found.append(
            Box(f"it {number}", kind, depth, draw(st.sampled_from("ab")), f"0000:00:{number:02x}.0", mark=mark)
        )
    return tuple(found)
