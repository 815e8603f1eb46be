"""sysfs: a folder, a tar archive of it, and the script that runs without pcisolve."""

from __future__ import annotations

import ast
import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from pcisolve.core.address import parse_address
from pcisolve.core.errors import InputError
from pcisolve.host import collect
from pcisolve.host.collect import Folder, Unusable
from pcisolve.host.host import Host
from pcisolve.host.read import read
from pcisolve.host.snapshot import write
from pcisolve.host.sysfs import read_files
from pcisolve.host.values import Bar, Bus, Function, Link
from tests.host.trees import Sysfs, link, server
from tests.host.trees import write as put
from tests.support import no_hang

EXAMPLE = Path(__file__).resolve().parent.parent.parent / "examples" / "host.json"


def at(host: Host, text: str) -> Function:
    found = host.function(parse_address(text))
    assert found is not None
    return found


def test_the_example_is_the_server(tmp_path: Path) -> None:
    server(tmp_path)
    assert write(read(tmp_path)) == EXAMPLE.read_bytes()


def test_what_is_kept_of_a_function(tmp_path: Path) -> None:
    server(tmp_path)
    host = read(tmp_path)
    gpu, nic, disk = at(host, "0000:19:00.0"), at(host, "0000:1a:00.0"), at(host, "0000:1b:00.0")
    assert gpu.bars == (
        Bar(0, "mem32", False, 16 << 20),
        Bar(1, "mem64", True, 16 << 30),
        Bar(5, "io", False, 128),
    )
    assert (gpu.class_code, gpu.prog_if, gpu.vendor, gpu.device) == (0x0302, 0, 0x10DE, 0x20B5)
    assert (gpu.subsystem, gpu.node, gpu.iommu_group, gpu.driver) == ((0x10DE, 0x1463), 0, 11, "vfio-pci")
    assert (gpu.link, gpu.max_link, gpu.bandwidth) == (Link(16, 16), Link(16, 16), 31.508)
    assert (nic.names.net, nic.names.rdma, nic.total_vfs) == (("ens0np0",), ("mlx5_0",), 8)
    assert (disk.link, disk.max_link, disk.names.block) == (Link(8, 4), Link(16, 4), ("nvme0n1",))
    assert [node.distances for node in host.nodes] == [(10, 21), (21, 10)]
    assert [root.bus for root in host.roots] == [Bus(0, 0x16), Bus(0, 0x97)]


def test_virtual_functions(tmp_path: Path) -> None:
    tree = server(tmp_path)
    for number in range(3):
        tree.add(f"0000:1a:00.{number + 1}", "0000:18:01.0", "020000", "15b3:101e", physfn="0000:1a:00.0")
    host = read(tmp_path)
    nic = at(host, "0000:1a:00.0")
    assert [str(one.address) for one in host.vfs(nic)] == ["0000:1a:00.1", "0000:1a:00.2", "0000:1a:00.3"]
    assert all(one.pf == nic.address for one in host.vfs(nic))
    assert host.card(host.vfs(nic)[2]) == (nic,)


def test_wide_domains_below_a_function(tmp_path: Path) -> None:
    tree = Sysfs(tmp_path)
    tree.root_bus("0000:00")
    tree.add("0000:00:0e.0", "0000:00", "010400", "8086:28c0")
    tree.root_bus("10000:e0", "0000:00:0e.0")
    tree.add("10000:e0:06.0", "10000:e0", "060400", "8086:464d")
    host = read(tmp_path)
    inner = at(host, "10000:e0:06.0")
    assert inner.address.domain == 0x10000
    assert host.above(host.root(inner)) == at(host, "0000:00:0e.0")


def test_near_cpus_tell_the_node(tmp_path: Path) -> None:
    tree = server(tmp_path)
    tree.add("0000:16:04.0", "0000:16", "020000", "8086:1572", local_cpus="ff000000")
    tree.add("0000:16:05.0", "0000:16", "020000", "8086:1572", local_cpus="ffffffff")
    host = read(tmp_path)
    assert at(host, "0000:16:04.0").node == 1
    assert at(host, "0000:16:05.0").node is None


def test_disks_of_several_paths_have_one_name(tmp_path: Path) -> None:
    tree = server(tmp_path)
    tree.name("block", "nvme0c0n2", "0000:1b:00.0")
    assert at(read(tmp_path), "0000:1b:00.0").names.block == ("nvme0n1", "nvme0n2")


def test_a_tree_without_links(tmp_path: Path) -> None:
    tree = server(tmp_path)
    for entry in (tree.sys / "bus/pci/devices").iterdir():
        entry.unlink()
    found, whole = read(tmp_path), read(EXAMPLE)
    assert [one.address for one in found.functions] == [one.address for one in whole.functions]


def tar_of(folder: Path, packing: str = "", prefix: str = "host") -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=f"w:{packing}") as archive:
        archive.add(folder, prefix)
    return stream.getvalue()


@pytest.mark.parametrize("packing", ["", "gz", "bz2", "xz"])
def test_a_tar_archive_says_the_same(tmp_path: Path, packing: str) -> None:
    server(tmp_path)
    assert write(read(tar_of(tmp_path, packing))) == EXAMPLE.read_bytes()


def test_the_script_says_the_same(tmp_path: Path) -> None:
    server(tmp_path / "root")
    script = tmp_path / "script.py"
    made = subprocess.run([sys.executable, "-m", "pcisolve", "host", "--script"], capture_output=True, check=True)
    script.write_bytes(made.stdout)
    words = [sys.executable, "-I", str(script), str(tmp_path / "root")]
    done = subprocess.run(words, capture_output=True, check=True, cwd=tmp_path)
    assert done.stdout == EXAMPLE.read_bytes()


def test_the_script_is_python_3_6() -> None:
    source = Path(collect.__file__).read_text()
    tree = ast.parse(source, feature_version=(3, 6))
    imports = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    imports |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imports == {"json", "os", "re", "stat", "sys", "typing"}


def test_the_script_refuses_in_a_sentence(tmp_path: Path) -> None:
    words = [sys.executable, "-I", collect.__file__, str(tmp_path)]
    done = subprocess.run(words, capture_output=True, check=False, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("sys/bus/pci/devices: there is no such folder (expected ")


class Counting(Folder):
    """A folder that counts what is asked of it."""

    asked = 0

    def read(self, path: str) -> str:
        self.asked += 1
        return super().read(path)


def many(root: Path, number: int) -> None:
    """A host with so many virtual functions."""
    tree = Sysfs(root)
    tree.node(0, "10", "ffffffff")
    tree.root_bus("0000:00")
    tree.add("0000:00:01.0", "0000:00", "020000", "8086:1572", sriov_totalvfs=number, numa_node=0)
    for one in range(number):
        bus, slot, function = 1 + one // 256, one // 8 % 32, one % 8
        address = f"0000:{bus:02x}:{slot:02x}.{function}"
        tree.add(address, "0000:00", "020000", "8086:154c", physfn="0000:00:01.0", numa_node=0, group=one)


def test_many_functions_take_few_reads_each(tmp_path: Path) -> None:
    many(tmp_path, 400)
    files = Counting(str(tmp_path))
    assert len(read_files(files, "many").functions) == 401
    assert files.asked <= 401 * 5


def refused(path: Path, message: str) -> None:
    with no_hang(), pytest.raises(InputError, match=message) as caught:
        read(path)
    assert caught.value.expected


def test_hostile_trees(tmp_path: Path) -> None:
    refused(tmp_path, "there is no such folder")
    tree = Sysfs(tmp_path)
    tree.root_bus("0000:00")
    folder = tree.add("0000:00:01.0", "0000:00", "020000", "8086:1572")
    (folder / "uevent").write_text("")
    (folder / "class").unlink()
    refused(tmp_path, r"0000:00:01.0/class: the function has no class")
    put(folder / "class", "0xtwo")
    refused(tmp_path, r'the class is "0xtwo"')
    put(folder / "class", "9" * 70000)
    refused(tmp_path, "larger than 65,536 bytes")
    (folder / "class").unlink()
    os.mkfifo(folder / "class")
    refused(tmp_path, "the function has no class")
    (folder / "class").unlink()
    (folder / "class").symlink_to("/etc/hostname")
    refused(tmp_path, "the function has no class")


def test_links_that_lead_astray(tmp_path: Path) -> None:
    tree = Sysfs(tmp_path / "root")
    tree.root_bus("0000:00")
    tree.add("0000:00:01.0", "0000:00", "020000", "8086:1572")
    other = tree.sys / "bus/pci/devices/0000:00:02.0"
    link(other, tree.where["0000:00:01.0"])
    refused(tmp_path / "root", r"0000:00:02.0: leads to sys/devices/pci0000:00/0000:00:01.0")
    other.unlink()
    (tmp_path / "0000:00:02.0").mkdir()
    link(other, tmp_path / "0000:00:02.0")
    refused(tmp_path / "root", "a link that leads out of the tree")
    other.unlink()
    other.symlink_to("0000:00:02.0")
    refused(tmp_path / "root", "the function has no class")


def test_a_root_bus_at_two_places(tmp_path: Path) -> None:
    tree = Sysfs(tmp_path)
    tree.root_bus("0000:00")
    tree.add("0000:00:01.0", "0000:00", "020000", "8086:1572")
    tree.where["other"] = tree.where["0000:00:01.0"] / "pci0000:00"
    tree.add("0000:00:02.0", "other", "020000", "8086:1572")
    refused(tmp_path, "the root bus 0000:00 is at two places")


def archive_of(*members: tuple[str, str, str]) -> bytes:
    """An archive of (name, link target, text)."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, target, text in members:
            one = tarfile.TarInfo(name)
            one.type = tarfile.SYMTYPE if target else tarfile.REGTYPE
            one.linkname, one.size = target, len(text)
            archive.addfile(one, io.BytesIO(text.encode()))
    return stream.getvalue()


DEVICE = "sys/devices/pci0000:00/0000:00:01.0"
LINK = ("sys/bus/pci/devices/0000:00:01.0", "../../../devices/pci0000:00/0000:00:01.0", "")
UEVENT = "PCI_CLASS=20000\nPCI_ID=8086:1572\n"


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ([("a/" + LINK[0], LINK[1], ""), (f"b/{DEVICE}/uevent", "", UEVENT)], "b/sys is a second sysfs"),
        ([LINK, (f"{DEVICE}/uevent", "", UEVENT), (f"{DEVICE}/uevent", "", "PCI_CLASS=30000\n")], "there twice"),
        (
            [(LINK[0], "0000:00:02.0", ""), ("sys/bus/pci/devices/0000:00:02.0", "0000:00:01.0", "")],
            "more than 40 links",
        ),
        ([LINK, (f"{DEVICE}/uevent", "", "x" * 70000)], "larger than 65,536 bytes"),
        ([(LINK[0], "../" * 50 + "etc/passwd", "")], "leads to etc/passwd"),
        ([(f"../../{DEVICE}/uevent", "", UEVENT)], "there is no such folder"),
        ([("etc/passwd", "", "root")], "there is no such folder"),
    ],
)
def test_hostile_archives(members: list[tuple[str, str, str]], message: str) -> None:
    with no_hang(), pytest.raises(InputError, match=message):
        read(archive_of(*members), "host.tar")


def test_absolute_names_and_links_stay_inside() -> None:
    data = archive_of((LINK[0], f"/{DEVICE}", ""), (f"/{DEVICE}/uevent", "", UEVENT))
    assert len(read(data, "host.tar").functions) == 1


def test_archives_that_fill_memory_or_end_early(tmp_path: Path) -> None:
    server(tmp_path)
    whole = tar_of(tmp_path)
    with no_hang(), pytest.raises(InputError, match="the archive is damaged after"):
        read(whole[: len(whole) // 2], "host.tar")
    bomb = tarfile.TarInfo("x")
    bomb.type, bomb.size = tarfile.XHDTYPE, 1 << 30
    with no_hang(), pytest.raises(InputError, match="a name or header of more than 64 KiB"):
        read(bomb.tobuf(tarfile.USTAR_FORMAT) + bytes(1 << 20), "host.tar")


def test_a_folder_of_too_many_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collect, "MAX_NAMES", 3)
    server(tmp_path)
    with pytest.raises(Unusable, match="more than 3 entries"):
        Folder(str(tmp_path)).names("sys/bus/pci/devices")
