"""Input meant to do harm is refused, soon and with its place."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pcisolve.core.errors import InputError
from pcisolve.libvirt.document import MAX_DEVICES, MAX_SIGNS, read, read_path
from pcisolve.libvirt.source import MAX_BYTES
from pcisolve.libvirt.tree import MAX_DEPTH


@contextmanager
def refused(message: str, line: int = 1) -> Iterator[None]:
    """What is done inside must be refused with this message at this line, in less than two seconds."""
    start = time.perf_counter()
    with pytest.raises(InputError, match=message) as caught:
        yield
    assert time.perf_counter() - start < 2
    assert caught.value.location is not None
    assert caught.value.location.line == line
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
    start = time.perf_counter()
    read(b"<!-- a -->\n" * 20_000 + b"<domain/>")
    assert time.perf_counter() - start < 2


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
    with refused("more than 256 deep", 2):
        read(b"<domain>\n" + b"<a>" * 100_000 + b"</a>" * 100_000 + b"</domain>")


def test_100000_controllers() -> None:
    lines = "".join(f"\n<controller type='pci' index='{n}' model='pcie-root-port'/>" for n in range(100_000))
    with refused("100,000 devices; the limit is 65,536", MAX_DEVICES + 2):
        read(f"<domain><devices>{lines}\n</devices></domain>".encode())


@pytest.mark.parametrize("opening", ["<!--", "<![CDATA[", "<?", "<a '", '<a "', "</", "<a b='"])
def test_unfinished_markup_a_million_times(opening: str) -> None:
    start = time.perf_counter()
    with pytest.raises(InputError):
        read(b"<domain>" + opening.encode() * 100_000)
    assert time.perf_counter() - start < 2


def test_an_attribute_value_of_megabytes() -> None:
    document = read(b"<domain a='" + b">/" * 2_000_000 + b"'><os/></domain>")
    assert document.location(document.root.children[0]).column == 4_000_014
