"""Inputs that mean harm, or might: each is refused with file, line and what was expected, soon and in little memory."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from tests.cli.running import measure

SECONDS = 60  # of CPU: against what never ends; all of these take less than three
MEGABYTES = 300
HEAD = "<domain type='kvm'>\n<name>x</name><memory>1</memory>\n<os><type arch='x86_64' machine='{}'>hvm</type></os>\n"


def guest(devices: str, machine: str = "q35") -> str:
    """A guest whose devices stand on line 5."""
    return HEAD.format(machine) + f"<devices>\n{devices}\n</devices></domain>\n"


def run(*words: str) -> tuple[int, str]:
    """pcisolve in a process of its own, within the limits of time and memory: exit code and what it printed."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "here").mkdir()
        done = measure(Path(folder) / "here", *words, cpu=SECONDS, space=4 * MEGABYTES)
    assert done.megabytes < MEGABYTES
    said = done.text + done.error
    assert "Traceback" not in said
    return done.code, said


def entity_bomb(use: str) -> str:
    levels = "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(12))
    return f'<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa">{levels}]>\n<domain>{use}</domain>'


UNUSABLE = {
    "not xml": ("hello", "1:1: neither XML nor a plan", "a domain XML, or a plan"),
    "nothing": ("", "1:1: the input is empty", "a libvirt domain XML"),
    "not a domain": ("<network/>", "1:1: this is a libvirt network", "virsh dumpxml GUEST"),
    "not closed": ("<domain>\n<devices>", "2:", "a libvirt domain XML"),
    "entity bomb": (entity_bomb("<name>&m;</name>"), "1:1: a document type declaration", "without <!DOCTYPE"),
    "entity bomb in an attribute": (entity_bomb("<name a='&m;'/>"), "1:1: a document type declaration", "<!DOCTYPE"),
    "external entity": (
        "<!DOCTYPE d [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><domain><name>&x;</name></domain>",
        "1:1: a document type declaration",
        "<!DOCTYPE",
    ),
    "unknown entity": ("<domain>\n<name>&x;</name></domain>", "2:", "Entity 'x' not defined"),
    "too deep": ("<domain>" + "<a>" * 100_000 + "</a>" * 100_000 + "</domain>", "1:774:", "nested more than 256 deep"),
    "unknown machine": (guest("", "zzyzx"), "3:5: unknown machine", "one of isapc"),
    "unknown architecture": (guest("").replace("x86_64", "x86_65"), "3:5: unknown arch", 'did you mean "x86_64"?'),
    "too many devices": (
        guest("<controller type='pci' model='pcie-root-port'/>" * 100_000),
        "5:3080193: 100,000 devices",
        "fewer devices",
    ),
    "too many controllers": (
        guest("<controller type='pci' model='pcie-root-port'/>\n" * 30_000),
        "20005:1: 30000 controllers",
        "at most 20000",
    ),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_unusable_input_is_exit_2_with_place_and_expectation(name: str, tmp_path: Path) -> None:
    text, where, expected = UNUSABLE[name]
    file = tmp_path / "guest.xml"
    file.write_text(text)
    output = tmp_path / "solved.xml"
    code, said = run("solve", str(file), "-o", str(output))
    assert code == 2
    assert f"{file}:{where}" in said
    assert expected in said
    assert sorted(tmp_path.iterdir()) == [file], "nothing is written on failure"


def test_a_file_of_200_mb_is_refused_unread(tmp_path: Path) -> None:
    file = tmp_path / "large.xml"
    file.touch()
    os.truncate(file, 200 * 1024 * 1024)
    code, said = run("check", str(file))
    assert code == 2
    assert f"{file}:1:1: larger than 64 MiB" in said


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    assert run("check", str(tmp_path / "none.xml"))[0] == 2
    assert "Is a directory" in run("check", str(tmp_path))[1]


RNG = "<rng model='virtio'><address type='pci' {}/></rng>"
# what is written, exit code of check, code of the finding, what the message says
WRITTEN = {
    "octal": ("slot='010'", 0, "", ""),
    "hexadecimal": ("slot='0x1c'", 0, "", ""),
    "hexadecimal, capital X": ("slot='0X1c'", 0, "", ""),
    "leading blank": ("slot=' 5'", 0, "", ""),
    "plus": ("slot='+5'", 0, "", ""),
    "not octal": ("slot='08'", 1, "addr-parse-radix", "08 is not an octal number"),
    "bare hexadecimal": ("slot='1f'", 1, "addr-parse-radix", "hexadecimal is written 0x1f"),
    "trailing blank": ("slot='5 '", 1, "addr-parse-radix", "slot='5 ' cannot be read"),
    "empty": ("slot=''", 1, "addr-parse-radix", "slot='' cannot be read"),
    "minus": ("slot='-1'", 1, "addr-parse-radix", "slot='-1' cannot be read"),
    "domain of 33 bits": ("domain='0x100000000'", 1, "addr-parse-radix", "cannot be read"),
    "domain of 17 bits": ("domain='0x10000'", 1, "addr-domain-zero", "there is only domain 0"),
    "bus of 9 bits": ("bus='0x100'", 1, "addr-bus-8bit", "the highest is 255"),
    "slot of 6 bits": ("slot='32'", 1, "addr-slot-5bit", "the highest is 31"),
    "function of 4 bits": ("slot='3' function='8'", 1, "addr-function-3bit", "the highest is 7"),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_numbers_as_libvirt_reads_them(name: str, tmp_path: Path) -> None:
    written, code, rule, message = WRITTEN[name]
    file = tmp_path / "guest.xml"
    file.write_text(guest(RNG.format(written), "pc"))
    got, said = run("check", "--format", "concise", str(file))
    assert got == code
    lines = said.splitlines()
    assert len(lines) == (1 if rule else 0), "one finding for one fault"
    if rule:
        assert lines[0].startswith(f"{file}:5:")
        assert f": error[{rule}]: " in lines[0]
        assert message in lines[0]


# a device, exit code, what the only finding says
DEVICES = {
    "highest index": (
        "<controller type='pci' index='2147483647' model='pcie-root-port'/>",
        1,
        "error[index-max-255]: PCI controller 2147483647 (pcie-root-port): the highest index is 255",
    ),
    "index too high to read": (
        "<controller type='pci' index='2147483648' model='pcie-root-port'/>",
        1,
        "error[index-parse]: index='2147483648' cannot be read: expected a decimal number from 0 to 2147483647",
    ),
    "unknown controller model": (
        "<controller type='pci' index='1' model='pcie-rootport'/>",
        1,
        'error[model-required]: no PCI controller model is called "pcie-rootport": did you mean "pcie-root-port"?',
    ),
    "unknown device": (
        "<dsk/>",
        0,
        'warning[known-device]: libvirt knows no device <dsk> and drops it without a word: did you mean "disk"?',
    ),
    "unknown model": (
        "<sound model='ac98'/>",
        1,
        "error[known-word]: model='ac98' is not a value that libvirt accepts: did you mean \"ac97\"?",
    ),
    "65,000 devices": (
        "<rng model='virtio'/>" * 65_000,
        1,
        "error[index-max-255]: 65,000 parts wait for a place: libvirt would add controllers up to index 256, and the "
        "highest is 255",
    ),
}


@pytest.mark.parametrize("name", DEVICES)
def test_devices_that_cannot_be(name: str, tmp_path: Path) -> None:
    devices, code, message = DEVICES[name]
    file = tmp_path / "guest.xml"
    file.write_text(guest(devices))
    got, said = run("check", "--format", "concise", str(file))
    assert got == code
    assert message in said.splitlines()[0]


def test_a_value_of_5_mb_is_not_printed(tmp_path: Path) -> None:
    file = tmp_path / "guest.xml"
    file.write_text(guest(f"<rng model='{'x' * 5_000_000}'/>"))
    code, said = run("check", str(file))
    assert code == 1
    assert len(said) < 1_000


@pytest.mark.slow
def test_eight_thousand_devices_with_two_faults_each(tmp_path: Path) -> None:
    place = "<address type='pci' domain='0x0005' bus='0x100' slot='0x00' function='0x0'/>"
    file = tmp_path / "guest.xml"
    file.write_text(guest(f"<rng model='virtio'>{place}</rng>\n" * 8_000))
    # Trying repairs once took 3 minutes, and grew with the square of the devices; now 5 s. Not by this machine's clock.
    done = measure(tmp_path, "check", "--format", "concise", "--time-limit", "600", file, cpu=90)
    assert done.code == 1
    assert ": error[addr-domain-zero]: " in done.text
