"""gzip, bzip2 and xz: within bounds, and told apart from what is damaged, cut short or packed twice."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import time
from collections.abc import Callable

import pytest

from pcisolve.core.errors import InputError
from pcisolve.core.packed import BZIP2, GZIP, XZ, pack, packing_by_name, packing_of, unpack, without_suffix

LIMIT = 1 << 20
XML = b"<domain/>" * 1000
PACKERS: list[tuple[str, Callable[[bytes], bytes]]] = [
    (GZIP, gzip.compress),
    (BZIP2, bz2.compress),
    (XZ, lzma.compress),
]
each = pytest.mark.parametrize(("packing", "packed"), PACKERS)


@each
def test_what_is_packed_comes_back(packing: str, packed: Callable[[bytes], bytes]) -> None:
    assert unpack(packed(XML), LIMIT, "f") == (XML, packing)
    assert unpack(pack(XML, packing), LIMIT, "f") == (XML, packing)
    assert pack(XML, packing) == pack(XML, packing)
    assert unpack(packed(XML) + packed(XML), LIMIT, "f") == (XML + XML, packing)  # put together
    assert unpack(packed(XML) + bytes(512), LIMIT, "f") == (XML, packing)  # padded
    assert unpack(packed(b""), LIMIT, "f") == (b"", packing)


@each
def test_content_that_does_not_compress(packing: str, packed: Callable[[bytes], bytes]) -> None:
    data = os.urandom(LIMIT)
    assert unpack(packed(data), LIMIT, "f") == (data, packing)


def test_what_is_not_packed_stays() -> None:
    assert unpack(XML, LIMIT, "f") == (XML, "")
    assert pack(XML, "") == XML


@each
def test_the_limit_is_exact(packing: str, packed: Callable[[bytes], bytes]) -> None:
    assert len(unpack(packed(bytes(LIMIT)), LIMIT, "f")[0]) == LIMIT
    with pytest.raises(InputError, match=f"f: this {packing} file unpacks to more than 1 MiB"):
        unpack(packed(bytes(LIMIT + 1)), LIMIT, "f")


@each
def test_cut_short_damaged_followed_and_packed_twice(packing: str, packed: Callable[[bytes], bytes]) -> None:
    data = packed(XML)
    for end in (len(data) - 1, len(data) // 2, 20, len(packed(b"")[:8])):
        with pytest.raises(InputError, match=f"this {packing} file is (cut short|damaged)"):
            unpack(data[:end], LIMIT, "f")
    middle = len(data) // 2
    with pytest.raises(InputError, match=f"this {packing} file is damaged"):
        unpack(data[:middle] + b"\xff" * 8 + data[middle + 8 :], LIMIT, "f")
    with pytest.raises(InputError, match="damaged: other bytes follow its end"):
        unpack(data + b"<domain/>", LIMIT, "f")
    for inner, also_packed in PACKERS:
        with pytest.raises(InputError, match=f"packed twice, {inner} inside {packing}"):
            unpack(packed(also_packed(XML)), LIMIT, "f")


@each
def test_very_many_parts(packing: str, packed: Callable[[bytes], bytes]) -> None:
    start = time.process_time()
    with pytest.raises(InputError, match="has more than 10,000 parts"):
        unpack(packed(b"") * 1_000_000, LIMIT, "f")
    assert time.process_time() - start < 20


@each
def test_four_gibibytes_of_zeros(packing: str, packed: Callable[[bytes], bytes]) -> None:
    piece = packed(bytes(1 << 24))  # put together they are one file, of which no more than the limit is unpacked
    start = time.process_time()
    with pytest.raises(InputError, match="unpacks to more than 1 MiB"):
        unpack(piece * 256, LIMIT, "f")
    assert time.process_time() - start < 20


def test_an_xz_file_that_wants_very_much_memory() -> None:
    data = lzma.compress(XML, filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 64 << 20}])
    assert unpack(data, LIMIT, "f") == (XML, XZ)
    huge = bytearray(data)
    at = huge.index(b"\x21\x01") + 2  # filter id and size of its properties: the dictionary's size follows
    huge[at] = 40  # 4 GiB
    import zlib

    header = bytes(huge[12 : 12 + (huge[12] + 1) * 4 - 4])
    huge[12 + len(header) : 12 + len(header) + 4] = zlib.crc32(header).to_bytes(4, "little")
    with pytest.raises(InputError, match="takes more than 128 MiB of memory to unpack"):
        unpack(bytes(huge), LIMIT, "f")


def test_names() -> None:
    assert [packing_by_name(one) for one in ("a.xml.gz", "a.bz2", "a.xz", "a.xml")] == [GZIP, BZIP2, XZ, ""]
    assert [without_suffix(one) for one in ("a.xml.gz", "a.bz2", "a.xml", ".gz")] == ["a.xml", "a", "a.xml", ""]
    assert packing_of(b"<domain/>") == packing_of(b"") == ""
