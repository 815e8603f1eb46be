"""Elements, text and positions of a domain XML."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from pcisolve.core.errors import InputError, Location
from pcisolve.core.node import Node
from pcisolve.libvirt.container import read, read_path

GUEST = """<?xml version='1.0'?>
<!-- <devices> in a comment -->
<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
  <metadata><a:note xmlns:a='urn:a'><a:b/></a:note></metadata>
  <os><type arch='x86_64'><!-- machine --><![CDATA[hv]]>m</type></os>
  <devices>
    <disk type="file"
          device = 'disk'>
      <target dev='a>b' bus='virtio'/>\t<address  type='pci'/>
    </disk >
    <?note <rng/> ?><rng
      model='virtio'/>
  </devices>
  <qemu:commandline><qemu:arg value='-S'/></qemu:commandline>
  <seclabel type='none'/>
</domain>
"""


def _find(root: Node, path: str) -> Node:
    found = root.find(path)
    assert found is not None
    return found


def test_elements_become_nodes() -> None:
    root = read(GUEST.encode()).root
    assert root.tag == "domain"
    assert root.get("type") == "kvm"
    assert [child.tag for child in root.children] == ["os", "devices", "qemu:commandline", "seclabel"]
    assert root.get("devices/disk/target/dev") == "a>b"
    rng = _find(root, "devices/rng")
    assert rng.parent is _find(root, "devices")
    assert rng.path == "/domain/devices/rng[1]"


QEMU = "http://libvirt.org/schemas/domain/qemu/1.0"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"<domain xmlns:q='{QEMU}'><q:commandline><q:arg value='-S'/></q:commandline></domain>", ["-S"]),
        (f"<domain><commandline xmlns='{QEMU}'><arg value='-S'/></commandline></domain>", ["-S"]),
        (
            f"<domain xmlns:q='{QEMU}'><q:commandline><arg value='-S'/><q:arg value='-s'/></q:commandline></domain>",
            ["-s"],
        ),
        (f"<domain xmlns:q='{QEMU}'><devices><q:commandline/></devices><q:capabilities/></domain>", None),
        ("<domain xmlns:q='urn:q'><q:commandline><q:arg value='-S'/></q:commandline></domain>", None),
        ("<domain><commandline><arg value='-S'/></commandline></domain>", None),
    ],
)
def test_what_qemu_is_handed_is_told_by_its_namespace(text: str, expected: list[str] | None) -> None:
    root = read(text.encode()).root
    line = root.first("qemu:commandline")
    assert (None if line is None else [one.get("value") for one in line.all("qemu:arg")]) == expected


def test_numbers_count_what_is_not_handed_on() -> None:
    text = (
        f"<domain xmlns:q='{QEMU}' xmlns:x='urn:x'><x:a><x:b/></x:a><q:other><q:arg/></q:other>"
        "<q:commandline><x:c/><q:arg value='-S'><q:deep/></q:arg></q:commandline><seclabel/></domain>"
    )
    root = read(text.encode()).root
    argument = _find(root, "qemu:commandline/qemu:arg")
    assert (argument.number, argument.children[0].tag, _find(root, "seclabel").number) == (7, "qemu:deep", 9)
    assert argument.path == "/domain/qemu:commandline/qemu:arg"


def test_text_is_that_around_comments_and_in_cdata() -> None:
    assert _find(read(GUEST.encode()).root, "os/type").text == "hvm"


def test_numbers_count_skipped_elements_too() -> None:
    root = read(GUEST.encode()).root
    numbers = {tag: _find(root, tag).number for tag in ("os", "os/type", "devices/rng", "seclabel")}
    assert numbers == {"os": 4, "os/type": 5, "devices/rng": 10, "seclabel": 13}


@pytest.mark.parametrize(
    ("path", "attribute", "line", "column"),
    [
        ("devices", None, 6, 3),
        ("devices/disk", None, 7, 5),
        ("devices/disk", "type", 7, 11),
        ("devices/disk", "device", 8, 11),
        ("devices/disk", "absent", 7, 5),
        ("devices/disk/target", "bus", 9, 25),
        ("devices/disk/address", None, 9, 40),
        ("devices/disk/address", "type", 9, 50),
        ("devices/rng", None, 11, 21),
        ("devices/rng", "model", 12, 7),
        ("seclabel", "type", 15, 13),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_locations(path: str, attribute: str | None, line: int, column: int, newline: str) -> None:
    document = read(GUEST.replace("\n", newline).encode(), "guest.xml")
    assert document.location(_find(document.root, path), attribute) == Location("guest.xml", line, column)


def test_columns_count_characters() -> None:
    document = read("<domain><name>é€𝄞</name><os a='𝄞' b=''/></domain>".encode())
    node = _find(document.root, "os")
    assert document.location(node).column == 25
    assert document.location(node, "b").column == 35


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_lines(newline: str) -> None:
    document = read(newline.join(["<domain>", "  <os/>", "</domain>"]).encode())
    assert [document.line(number) for number in range(5)] == ["", "<domain>", "  <os/>", "</domain>", ""]


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        ("<domain n='é'/>".encode(), "utf-8"),
        (b"\xef\xbb\xbf" + "<domain n='é'/>".encode(), "utf-8"),
        (b"\xff\xfe" + "<?xml version='1.0' encoding='UTF-16'?>\n<domain n='é'/>".encode("utf-16-le"), "utf-16-le"),
        (b"\xfe\xff" + "<domain n='é'/>".encode("utf-16-be"), "utf-16-be"),
        ("<?xml version='1.0' encoding='ISO-8859-1'?><domain n='é'/>".encode("latin-1"), "iso8859-1"),
        ('<?xml version="1.0" encoding = "windows-1252" ?><domain n="é"/>'.encode("cp1252"), "cp1252"),
        ("<?xml version='1.0' encoding='utf8'?><domain n='é'/>".encode(), "utf-8"),
    ],
)
def test_encodings(data: bytes, encoding: str) -> None:
    document = read(data)
    assert document.encoding == encoding
    assert document.root.get("n") == "é"
    assert document.encode(document.text) == data
    line = document.text.splitlines()[-1]
    assert document.location(document.root, "n").column == line.rindex(" n=") + 2


@pytest.mark.parametrize(
    ("data", "line", "column", "message"),
    [
        (b"<domain>\n <n>ab\xff</n></domain>", 2, 7, "UTF-8"),
        (b"<?xml version='1.0' encoding='ascii'?><domain>\xe9</domain>", 1, 47, "ASCII"),
        (b"<?xml version='1.0' encoding='klingon'?><domain/>", 1, 1, "klingon"),
        (b"<?xml version='1.0' encoding='utf-7'?><domain/>", 1, 1, "utf-7"),
        (b"<?xml version='1.0' encoding='UTF-16'?><domain/>", 1, 1, "UTF-16"),
        # another pair of bytes means the same character
        (b"<?xml version='1.0' encoding='Big5'?><domain>\xa1\xfe</domain>", 1, 1, "BIG5"),
        (b"\xff\xfe<\0\n\0d", 2, 1, "UTF-16-LE"),
    ],
)
def test_bytes_that_are_no_text(data: bytes, line: int, column: int, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        read(data)
    assert caught.value.location == Location("<stdin>", line, column)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 1, "the input is empty"),
        (" \n", 1, "the input is empty"),
        ("name: x\n", 1, "not well-formed XML: Start tag expected"),
        ("<domain>\n<devices></domain>", 2, "Opening and ending tag mismatch: devices line 2 and domain"),
        ("<domain>\n", 2, "not well-formed XML"),
        ("<domain>\n<a x='1' x='2'/></domain>", 2, "Attribute x redefined"),
        ("<domain>&nbsp;</domain>", 1, "Entity 'nbsp' not defined"),
        ("<domain a='&x;'/>", 1, "Entity 'x' not defined"),
        ("<domain>\0</domain>", 1, "not well-formed XML"),
        ("<domain><q:a/></domain>", 1, "Namespace prefix q"),
    ],
)
def test_text_that_is_not_well_formed(text: str, line: int, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read(text.encode(), "guest.xml")
    assert message in caught.value.message
    assert not caught.value.message.rstrip("0123456789").endswith("column ")  # the location says it
    assert caught.value.expected == "a libvirt domain XML"
    assert caught.value.location is not None
    assert caught.value.location[:2] == ("guest.xml", line)


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("<vm>\n<domain><os/></domain></vm>", "is <vm>; give the <domain> that it holds at line 2 as a file", 1),
        ("<vm>\n<domain>0</domain></vm>", "the root element is <vm>", 1),
        ("<domain xmlns='urn:x'/>", 'the root element is <domain> of the namespace "urn:x"', 1),
    ],
)
def test_other_roots(text: str, message: str, line: int) -> None:
    with pytest.raises(InputError) as caught:
        read(text.encode())
    assert message in caught.value.message
    assert caught.value.expected == "<domain>"
    assert caught.value.location is not None
    assert caught.value.location.line == line


def test_a_path_is_the_name(tmp_path: Path) -> None:
    path = tmp_path / "guest.xml"
    path.write_bytes(GUEST.encode())
    document = read_path(str(path))
    assert document.data == GUEST.encode()
    assert document.location(document.root).file == str(path)


def test_a_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"<domain type='qemu'/>")))
    document = read_path("-")
    assert document.name == "<stdin>"
    assert document.root.get("type") == "qemu"


def test_closed_standard_input_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(InputError, match="closed"):
        read_path("-")


@pytest.mark.parametrize(
    ("name", "reason"), [("absent.xml", "No such file"), ("", "directory"), ("a\0b", "not a name that a file can have")]
)
def test_paths_that_cannot_be_read(tmp_path: Path, name: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason) as caught:
        read_path(f"{tmp_path}/{name}")
    assert caught.value.expected == "a readable file"
