"""Several domains in a file, and what libvirt keeps around one: each is read in its place and written back there."""

from __future__ import annotations

import struct
import time

import pytest

from pcisolve.core.errors import InputError
from pcisolve.libvirt.container import MAX_DOMAINS, Container, read, read_all
from pcisolve.libvirt.writer import Writer

ONE = "<domain type='kvm'>\n  <name>a</name>\n  <devices>\n    <rng/>\n  </devices>\n</domain>"
DECLARED = "<?xml version='1.0' encoding='UTF-8'?>\n"
INACTIVE = ONE.replace("domain", "inactiveDomain")

# Each with as many domains as the number says.
HOLDING = {
    "one after the other": (f"{ONE}\n{ONE}\n", 2),
    "on one line": (f"{ONE}{ONE}{ONE}", 3),
    "each with a declaration": (f"{DECLARED}{ONE}\n{DECLARED}{ONE}", 2),
    "comments between": (f"{ONE}<!-- <domain> --> <?p <domain/>?>\n{ONE}<!-- end -->\n", 2),
    "byte order marks between": (f"{ONE}\n\ufeff{ONE}\n", 2),
    "CRLF": (f"{ONE}\n{ONE}\n".replace("\n", "\r\n"), 2),
    "blanks before the declaration": (f"\n \n{DECLARED}{ONE}", 1),
    "state": (f"<!-- a\n-->\n<domstatus state='running'>\n  <monitor/>\n  {ONE}\n</domstatus>\n", 1),
    "snapshot": (f"<domainsnapshot><name>s</name>{ONE}\n  {INACTIVE}</domainsnapshot>", 2),
    "checkpoint": (f"<domaincheckpoint>\n{ONE}\n</domaincheckpoint>", 1),
    "two snapshots": (f"<domainsnapshot>{ONE}</domainsnapshot>\n<domainsnapshot>{ONE}</domainsnapshot>", 2),
    "a domain and a snapshot": (f"{ONE}\n<domainsnapshot>{ONE}</domainsnapshot>", 2),
    "words that only look like domains": (
        f"<domainsnapshot><!-- <domain> --><a b='<domain>'/><![CDATA[<domain>]]>{ONE}</domainsnapshot>".replace(
            "b='<domain>'", "b='&lt;domain>'"
        ),
        1,
    ),
}


def container(name: str, encoding: str = "utf-8") -> tuple[Container, str, bytes]:
    text, count = HOLDING[name]
    if encoding == "iso-8859-1":
        text = f"<?xml version='1.0' encoding='iso-8859-1'?>\n{text.replace(DECLARED, '')}".replace(
            "<rng/>", "<rng é='è'/>"
        )
    data = text.encode(encoding)
    found = read_all(data, "guest.xml")
    assert len(found.documents) == count
    return found, text, data


@pytest.mark.parametrize("name", HOLDING)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_nothing_changes_unless_a_domain_does(name: str, encoding: str) -> None:
    found, _, data = container(name, encoding)
    assert found.joined([one.data for one in found.documents]) == data


@pytest.mark.parametrize("name", HOLDING)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
def test_an_edit_goes_back_into_its_domain(name: str, encoding: str) -> None:
    if encoding == "iso-8859-1" and "\ufeff" in HOLDING[name][0]:
        pytest.skip("it has no byte order mark")
    found, text, _ = container(name, encoding)
    last = found.documents[-1]
    device = last.root.find("devices/rng")
    assert device is not None
    writer = Writer(last)
    writer.set_attribute(device, "model", "€" if encoding == "iso-8859-1" else "virtio")
    contents = [one.data for one in found.documents[:-1]] + [writer.data()]
    at = text.rindex("<rng")
    value = "&#8364;" if encoding == "iso-8859-1" else "virtio"
    tag = text[at : text.index("/>", at)]
    expected = text[:at] + f"{tag} model='{value}'" + text[at + len(tag) :]
    if encoding == "utf-16":
        assert found.joined(contents).decode(encoding) == expected
    else:
        assert found.joined(contents) == expected.encode(encoding)


@pytest.mark.parametrize("name", HOLDING)
def test_lines_and_columns_are_those_of_the_file(name: str) -> None:
    found, text, _ = container(name)
    lines = text.split("\n")
    for document in found.documents:
        for again in (document, document.again(document.data)):
            for node in (again.root, again.root.find("name"), again.root.find("devices/rng")):
                assert node is not None
                where = again.location(node)
                written = document.start.tag if node is again.root else node.tag
                assert lines[where.line - 1][where.column - 1 :].startswith(f"<{written}")
                assert lines[where.line - 1].startswith(again.line(where.line))
                assert again.line(where.line)[where.column - 1 :].startswith(f"<{written}")
    starts = [one.location(one.root) for one in found.documents]
    assert starts == sorted(set(starts))


def test_every_root_is_a_domain_to_the_rules() -> None:
    found, _, _ = container("snapshot")
    assert [one.root.tag for one in found.documents] == ["domain", "domain"]
    assert found.label(found.documents[1]) == 'domain 2 of 2 ("a", <inactiveDomain>), at line 7'


def test_one_domain_is_what_read_gives() -> None:
    assert read(HOLDING["state"][0].encode()).location(read(ONE.encode()).root).line == 5
    with pytest.raises(InputError, match="2 domains in one file; the second begins here") as caught:
        read(HOLDING["one after the other"][0].encode(), "guest.xml")
    assert str(caught.value.location) == "guest.xml:7:1"


@pytest.mark.parametrize(
    ("text", "said", "place"),
    [
        (f"{ONE}\nerror: no such guest\n", 'not XML: "error: no such guest"', "7:1"),
        (f"{ONE} x\n{ONE}", 'not XML: "x"', "6:11"),
        (f"{ONE}\n{ONE}\n</domain>", "not well-formed XML", "13:"),
        (f"{ONE}\n]]>\n{ONE}", 'not XML: "]]>"', "7:1"),
        (f"{ONE}\n<!DOCTYPE domain>\n{ONE}", "document type declaration", "7:1"),
        (f"{ONE}\n<![CDATA[x]]>\n{ONE}", "not XML", "7:1"),
        (f"{ONE}\n{ONE}<!-- never closed", "not XML", "12:10"),
        (f"{ONE}\n<domain>\n<devices>\n</domain>", "mismatch: devices line 8", "9:"),
        (f"{ONE}\n<domain", "not well-formed XML", "7:"),
        (f"{ONE}\n<domain a='", "not well-formed XML", "7:"),
        (f"{ONE}\n<domain a='1' a='2'/>", "Attribute a redefined", "7:"),
        (f"{ONE}\n<network/>", "this is a libvirt network", "7:1"),
        (f"{ONE}\n<network>", "not well-formed XML", "7:"),
        ("<domstatus/>", "<domstatus> holds no <domain>", "1:1"),
        ("<domainsnapshot>\n<x/></domainsnapshot>", "<domainsnapshot> holds no <domain> or <inactiveDomain>", "1:1"),
        (f"<domstatus>\n<domainsnapshot>{ONE}</domainsnapshot></domstatus>", "it holds at line 2 as a file", "1:1"),
        ("<domstatus><!-- <domain/> --><![CDATA[<domain/>]]></domstatus>", "holds no <domain>", "1:1"),
        ("<inactiveDomain/>", "the root element is <inactiveDomain>", "1:1"),
        ("<x:domstatus xmlns:x='urn:x'/>", 'of the namespace "urn:x"', "1:1"),
        ("<domstatus xmlns:q='urn:q'>\n <domain><q:a/></domain></domstatus>", "Namespace prefix q", "2:"),
    ],
)
def test_what_is_something_else_is_refused_with_its_place(text: str, said: str, place: str) -> None:
    with pytest.raises(InputError) as caught:
        read_all(text.encode(), "f")
    assert said in caught.value.message
    assert str(caught.value.location).startswith(f"f:{place}")
    assert caught.value.expected


def saved(xml: bytes, order: str = "<", cookie: bytes = b"", magic: bytes = b"LibvirtQemudSave") -> bytes:
    """A saved guest as libvirt writes it: header, XML, cookie, memory."""
    data = xml + b"\0" + cookie
    at = len(xml) + 1 if cookie else 0
    header = magic + struct.pack(f"{order}5I", 2, len(data), 1, 0, at) + bytes(56)
    return header + data + b"QEVM" + bytes(1000)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("cookie", [b"", b"<cookie><domain/></cookie>\0"])
@pytest.mark.parametrize("magic", [b"LibvirtQemudSave", b"LibvirtQemudPart"])
def test_a_saved_guest_is_read_and_not_written(order: str, cookie: bytes, magic: bytes) -> None:
    found = read_all(saved(ONE.encode(), order, cookie, magic))
    assert found.documents[0].data == ONE.encode() == read(saved(ONE.encode(), order, cookie, magic)).data
    assert "saved guest" in found.read_only


@pytest.mark.parametrize("size", [16, 91, 92, 120])
def test_a_saved_guest_that_is_cut_short(size: int) -> None:
    with pytest.raises(InputError, match=r"cut short within its (header|XML)"):
        read_all(saved(ONE.encode())[:size], "guest.save")


def test_a_saved_guest_that_lies_about_its_size() -> None:
    data = bytearray(saved(ONE.encode()))
    data[20:24] = b"\xff" * 4
    assert read_all(bytes(data)).documents[0].data == ONE.encode()
    data[20:24] = bytes(4)
    with pytest.raises(InputError, match="empty"):
        read_all(bytes(data))


def test_as_many_domains_as_there_may_be() -> None:
    assert len(read_all(b"<domain/>" * MAX_DOMAINS).documents) == MAX_DOMAINS


@pytest.mark.parametrize(
    "text",
    [
        "<domain/>\n" * 10_000,
        "<domainsnapshot>" + "<domain/>\n" * 10_000 + "</domainsnapshot>",
        "<domain/>" + "<!--" * 500_000,
        "<domain/>" + "<![CDATA[" * 200_000,
        "<domain/>" + "<?" * 500_000,
        "<domain/>" + "<a '" * 500_000,
        "<domain/>" + "<a>" * 500_000,
        "<domain/>" + "</a>" * 500_000,
        "<domain/>" + "<a/>" * 500_000,
        "<domain/>" + "\n" * 5_000_000 + "x",
        "\n" * 5_000_000 + "<?xml version='1.0'?><domain/>x",
        "<domstatus>" + "<a>" * 200 + "</a>" * 200 + "</domstatus>" + "<domstatus/>" * 100_000,
    ],
)
def test_hostile_files_end_soon(text: str) -> None:
    data = text.encode()
    start = time.process_time()
    with pytest.raises(InputError):
        read_all(data)
    assert time.process_time() - start < 20  # a second or two, unless something is quadratic
