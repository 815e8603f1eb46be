"""Input meant to do harm is refused, soon and with its place."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pcisolve.core.errors import InputError
from pcisolve.libvirt.container import read, read_path
from pcisolve.libvirt.document import MAX_DEVICES, MAX_SIGNS
from pcisolve.libvirt.source import MAX_BYTES
from pcisolve.libvirt.tree import MAX_DEPTH
from tests.support import no_hang


@contextmanager
def refused(message: str, line: int = 1, column: int = 0) -> Iterator[None]:
    """What is done inside must be refused with this message at this line, and column if one is given."""
    with no_hang(), pytest.raises(InputError, match=message) as caught:
        yield
    assert caught.value.location is not None
    assert caught.value.location.line == line
    assert caught.value.location.column == (column or caught.value.location.column)
    assert caught.value.expected


BOMB = "<!DOCTYPE domain [\n<!ENTITY a 'ha'>" + "".join(
    f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 10}'>" for n in range(12)
)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"{BOMB}]><domain>&m;</domain>", 1),
        (f"{BOMB}]><domain a='&m;'/>", 1),
        ("<?xml version='1.0'?>\n<!DOCTYPE d [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><domain>&x;</domain>", 2),
        ("<!-- > -->\n<?a > ?>\n <!DOCTYPE domain SYSTEM 'http://127.0.0.1:1/domain.dtd'><domain/>", 3),
        ("<!DOCTYPE domain><domain/>", 1),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_document_types(text: str, line: int, encoding: str) -> None:
    with refused("document type", line):
        read(text.encode(encoding))


def test_many_comments_before_no_document_type() -> None:
    with no_hang():
        read(b"<!-- a -->\n" * 1_000_000 + b"<domain/>")


def test_the_word_doctype_elsewhere_is_harmless() -> None:
    assert read(b"<!-- <!DOCTYPE x> --><domain><![CDATA[<!DOCTYPE x>]]></domain>").root.text == "<!DOCTYPE x>"


def test_a_file_of_200_megabytes(tmp_path: Path) -> None:
    path = tmp_path / "large.xml"
    path.touch()
    os.truncate(path, 200 * 1024 * 1024)  # sparse: takes no room
    with refused("larger than 64 MiB"):
        read_path(str(path))


def test_a_source_without_size_that_never_ends() -> None:
    with refused("larger than 64 MiB"):
        read_path("/dev/zero")


def test_too_many_bytes() -> None:
    with refused("larger than 64 MiB"):
        read(b" " * (MAX_BYTES + 1))


def test_too_many_tags() -> None:
    with refused("more than 2,000,000 tags"):
        read(b"<domain>" + b"<a/>" * MAX_SIGNS + b"</domain>")


def test_too_many_attributes() -> None:
    with refused("more than 2,000,000 attributes"):
        read(b"<domain>" + b"<a a='' b='' c='' d=''/>" * (MAX_SIGNS // 4 + 1) + b"</domain>")


def test_depth() -> None:
    at_most = MAX_DEPTH - 1
    assert read(b"<domain>" + b"<a>" * at_most + b"</a>" * at_most + b"</domain>").root.find("a/a/a") is not None
    for deep in (MAX_DEPTH, 3_000, 100_000):
        with refused("^small.xml:2:766: elements are nested more than 256 deep", 2, 766):
            read(b"<domain>\n" + b"<a>" * deep + b"</a>" * deep + b"</domain>", "small.xml")


@pytest.mark.parametrize(
    "text",
    [
        "<domain><!-- <a> -->" + "<a b='/>'>" * MAX_DEPTH + "</b>",  # not well-formed further on
        "<domain><!-- <a> -->" + "<a b='/>'>" * MAX_DEPTH + "<!--" * 1_900_000,
        "<network><!-- <a> -->" + "<a><b/></a>" * 9 + "<a b='/>'>" * MAX_DEPTH + "</a>" * MAX_DEPTH + "</network>",
        "<domain><metadata><![CDATA[<a>]]>" + "<a b='/>'/>" + "<é>" * MAX_DEPTH,
    ],
)
def test_depth_is_judged_before_what_a_parser_finds_further_on(text: str) -> None:
    with refused("nested more than 256 deep"):
        read(text.encode())


def test_what_is_not_well_formed_above_the_bound_of_depth_is_said() -> None:
    with refused("not well-formed XML"):
        read(b"<domain></x>" + b"<a>" * 1_000)


def test_a_text_of_megabytes_is_refused_by_us() -> None:
    with refused("a tag or text of more than 9,000,000 bytes", 2, 1):
        read(b"<domain>\n<name>" + b"x" * 9_000_000 + b"</name></domain>")
    with refused("a tag or text of more than 9,000,000 bytes", 2, 1):
        read("<domain>\n<name a='{}'/></domain>".format("é" * 4_500_000).encode())


def test_100000_controllers() -> None:
    lines = "".join(f"\n<controller type='pci' index='{n}' model='pcie-root-port'/>" for n in range(100_000))
    with refused("100,000 devices; the limit is 65,536", MAX_DEVICES + 2):
        read(f"<domain><devices>{lines}\n</devices></domain>".encode())


@pytest.mark.parametrize("opening", ["<!--", "<![CDATA[", "<?", "<a '", '<a "', "</", "<a b='"])
def test_unfinished_markup_a_million_times(opening: str) -> None:
    with no_hang(), pytest.raises(InputError):
        read(b"<domain>" + opening.encode() * 1_000_000)


def test_an_attribute_value_of_megabytes() -> None:
    document = read(b"<domain a='" + b">/" * 2_000_000 + b"'><os/></domain>")
    assert document.location(document.root.children[0]).column == 4_000_014
