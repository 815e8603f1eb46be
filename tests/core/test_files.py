"""A file that is written again keeps what it is beside its content, and what somebody else wrote meanwhile."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from pcisolve.core.files import write_atomically

OLD, NEW = b"<domain/>" * 100, b"<domain></domain>" * 100_000
is_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "guest.xml"
    path.write_bytes(OLD)
    path.chmod(0o640)
    return path


def names(path: Path) -> list[str]:
    return sorted(one.name for one in path.parent.iterdir())


def test_a_new_file_has_the_mode_of_any_new_file(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.touch()
    write_atomically(str(tmp_path / "new"), NEW)
    assert (tmp_path / "new").read_bytes() == NEW
    assert (tmp_path / "new").stat().st_mode == other.stat().st_mode


def test_mode_and_link_stay(file: Path) -> None:
    link = file.parent / "link.xml"
    link.symlink_to(file.name)
    write_atomically(str(link), NEW, expected=OLD)
    assert link.is_symlink() and file.read_bytes() == NEW and stat.S_IMODE(file.stat().st_mode) == 0o640
    assert names(file) == ["guest.xml", "link.xml"]


@is_root
def test_owner_and_group_stay(file: Path) -> None:
    os.chown(file, 1234, 2345)
    file.chmod(0o6750)
    write_atomically(str(file), NEW)
    there = file.stat()
    assert (there.st_uid, there.st_gid, stat.S_IMODE(there.st_mode)) == (1234, 2345, 0o6750)


def test_extended_attributes_stay(file: Path) -> None:
    try:
        os.setxattr(file, "user.origin", b"backup")
    except OSError:
        pytest.skip("no extended attributes here")
    write_atomically(str(file), NEW)
    assert file.read_bytes() == NEW and os.getxattr(file, "user.origin") == b"backup"


def test_only_attributes_that_are_not_permitted_are_left_out(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "listxattr", lambda path: ["security.selinux"])
    monkeypatch.setattr(os, "getxattr", lambda path, name: b"label")
    monkeypatch.setattr(os, "setxattr", failing(errno.EPERM))
    write_atomically(str(file), NEW)
    assert file.read_bytes() == NEW
    monkeypatch.setattr(os, "setxattr", failing(errno.ENOSPC))
    with pytest.raises(OSError, match="No space"):
        write_atomically(str(file), OLD)
    assert file.read_bytes() == NEW and names(file) == ["guest.xml"]


def failing(number: int) -> Callable[..., None]:
    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize("data", [NEW, b"<x/>", b""])
def test_hard_links_stay(file: Path, data: bytes) -> None:
    twin = file.parent / "twin.xml"
    os.link(file, twin)
    number = file.stat().st_ino
    write_atomically(str(file), data, expected=OLD)
    assert twin.read_bytes() == file.read_bytes() == data
    assert file.stat().st_ino == twin.stat().st_ino == number
    assert names(file) == ["guest.xml", "twin.xml"]


def test_a_file_that_cannot_be_given_its_owner_stays_the_same_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = file.stat()
    real = os.stat

    def of_another(path: str) -> os.stat_result:
        found = list(real(path))
        if ".pcisolve-" in str(path):
            found[4] += 1  # st_uid
        return os.stat_result(found)

    monkeypatch.setattr(os, "stat", of_another)
    monkeypatch.setattr(os, "chown", failing(errno.EPERM))
    write_atomically(str(file), NEW)
    monkeypatch.undo()
    assert file.read_bytes() == NEW and file.stat().st_ino == there.st_ino and names(file) == ["guest.xml"]


def test_a_failure_within_puts_the_old_content_back(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.link(file, file.parent / "twin.xml")
    real, calls = os.pwrite, []

    def fails_once(handle: int, data: bytes, at: int) -> int:
        calls.append(at)
        if len(calls) == 2:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return real(handle, data, at)

    monkeypatch.setattr(os, "pwrite", fails_once)
    with pytest.raises(OSError, match="Input/output"):
        write_atomically(str(file), NEW)
    assert file.read_bytes() == OLD and names(file) == ["guest.xml", "twin.xml"]


def test_two_failures_leave_the_new_content_beside_it(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.link(file, file.parent / "twin.xml")
    monkeypatch.setattr(os, "pwrite", failing(errno.EIO))
    with pytest.raises(OSError, match="the whole content is in") as caught:
        write_atomically(str(file), NEW)
    beside = next(one for one in file.parent.iterdir() if one.name.startswith(".pcisolve-"))
    assert beside.read_bytes() == NEW and caught.value.filename2 == str(beside)


def test_a_full_disk_is_met_before_a_byte_has_changed(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.link(file, file.parent / "twin.xml")
    monkeypatch.setattr(os, "posix_fallocate", failing(errno.ENOSPC))
    with pytest.raises(OSError, match="No space"):
        write_atomically(str(file), NEW)
    assert file.read_bytes() == OLD


@pytest.mark.parametrize("links", [1, 2])
@pytest.mark.parametrize("meanwhile", [OLD + b"\n", OLD[:-1], b"", b"x" * len(OLD)])
def test_an_edit_made_meanwhile_is_never_overwritten(file: Path, meanwhile: bytes, links: int) -> None:
    if links == 2:
        os.link(file, file.parent / "twin.xml")
    file.write_bytes(meanwhile)
    with pytest.raises(OSError, match="somebody has changed the file"):
        write_atomically(str(file), NEW, expected=OLD)
    assert file.read_bytes() == meanwhile
    assert not [one for one in names(file) if one.startswith(".")]


def test_a_file_removed_meanwhile_is_not_made_again(file: Path) -> None:
    file.unlink()
    with pytest.raises(OSError, match="somebody has changed the file"):
        write_atomically(str(file), NEW, expected=OLD)
    assert names(file) == []


@pytest.mark.parametrize("mode", [0o444, 0o400, 0o464, 0o000])
def test_a_read_only_file_is_not_replaced(file: Path, mode: int) -> None:
    file.chmod(mode)
    with pytest.raises(PermissionError, match="the file is read-only"):
        write_atomically(str(file), NEW)
    file.chmod(0o600)
    assert file.read_bytes() == OLD and names(file) == ["guest.xml"]


def test_what_this_user_may_not_write_to_is_not_replaced(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    with pytest.raises(PermissionError, match="no permission to write"):
        write_atomically(str(file), NEW)
    assert file.read_bytes() == OLD


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_atomically(str(pipe), b"<x/>")
    assert os.read(reader, 100) == b"<x/>"
    os.close(reader)
