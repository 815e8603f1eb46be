"""libvirt's command line for QEMU, made startable anywhere: nothing of the host is opened, listened on or locked."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from typing import Any, Final

# What makes the guest, and opens nothing once it is adapted; every other option is left out, whoever wrote it.
_KEPT = frozenset(
    {"-name", "-machine", "-M", "-cpu", "-m", "-smp", "-numa", "-uuid", "-object", "-overcommit", "-global", "-rtc"}
    | {"-display", "-no-user-config", "-nodefaults", "-nographic", "-no-shutdown", "-no-reboot", "-no-acpi", "-no-hpet"}
    | {"-boot", "-chardev", "-blockdev", "-netdev", "-fsdev", "-audiodev", "-device", "-vga", "-usb", "-msg", "-compat"}
    | {"-serial", "-parallel", "-monitor", "-action", "-watchdog-action", "-sandbox"}
)
_OBJECTS = (
    "iothread",
    "memory-backend-",
    "rng-",
    "throttle-group",
    "cryptodev-backend-builtin",
    "acpi-generic-",
    "can-bus",
)
_HOST_MEMORY = ("memory-backend-file", "memory-backend-memfd", "memory-backend-shm", "memory-backend-epc")
_FILES_OF_MACHINE = re.compile(
    r",(pflash[01]|graphics|kernel|initrd|append|dtb|dumpdtb|firmware|confidential-guest-support|memory-encryption)=[^,]*"
)
_NO_DEVICES = re.compile(
    r"tpm-|ccid-card|vhost-scsi-ccw|vhost-vsock-ccw|vfio-ccw|vfio-ap|loader$|guest-loader|usb-host|usb-mtp|u2f-|sev-|pvrdma"
)
_FILES_OF_DEVICE = ("romfile", "host_mtu", "bootindex", "hostdevice", "rootdir", "filename", "file")
_HOST_DEVICES = re.compile(r"vfio-pci|vhost-|virtio-pmem-pci|virtio-mem-pci|virtio-input-host-pci|ivshmem-")
_SANDBOX = "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"  # as libvirt has it
_PLACE = ("id", "bus", "addr", "multifunction", "acpi-index")


def startable_words(command: str, drivers: dict[str, str], firmware: str | None) -> list[str]:
    """The words of the command line, program first, without monitor and machine state.

    Args:
        command: as libvirt gives it, with environment variables in front.
        drivers: stand-ins by id, and the QEMU device each is to be instead; "" for one that needs nothing.
        firmware: a file for -bios, or None for the machine's own.
    """
    words = shlex.split(command.replace("\\\n", " "))
    while words and re.match(r"[A-Z_][A-Z0-9_]*=", words[0]):
        del words[0]
    program, options = words[0], _options(words[1:])
    out = [program]
    for option, value in options:
        kept = _adapted(option, value, drivers, program) if option in _KEPT else None
        if kept is not None:
            out += [option, kept] if value is not None else [option]
    if firmware is not None:
        out = _with_firmware(out, firmware)
    return [*out, "-accel", "tcg"]


MEMBAR: Final = "membar="  # in place of a driver: a stand-in with so many bytes of memory


def _options(words: list[str]) -> list[tuple[str, str | None]]:
    """Pairs of option and value; None for one without."""
    found: list[tuple[str, str | None]] = []
    for word in words:
        if found and found[-1][1] is None and not re.match(r"-[a-zA-Z]", word):
            found[-1] = (found[-1][0], word)
        else:
            found.append((word, None))
    return found


def _adapted(option: str, value: str | None, drivers: dict[str, str], program: str) -> str | None:
    """The value to give instead; None leaves the option out."""
    if value is None:
        return ""
    if option == "-device":
        return _device(parameters(value, "driver"), drivers, program)
    if option == "-object":
        return _object(parameters(value, "qom-type"))
    if option == "-blockdev":
        return _blockdev(parameters(value, "driver"))
    if option == "-netdev":
        name = parameters(value, "type")["id"]
        return json.dumps({"type": "hubport", "hubid": 1, "id": name})
    if option == "-chardev":
        name = parameters(value, "backend")["id"]
        return None if name == "charmonitor" else f"null,id={name}"
    adapt = _ADAPT.get(option)
    return value if adapt is None else adapt(value)


def parameters(value: str, first: str) -> dict[str, Any]:
    """An option's value, JSON or key=value; `first` is the key of the word that stands alone in front."""
    if value.startswith("{"):
        read: dict[str, Any] = json.loads(value)
        return read
    head, *rest = re.split(r"(?<!,),(?!,)", value)
    pairs = (one.partition("=") for one in rest)
    return {first: head, **{key: text for key, _, text in pairs}}


def _device(device: dict[str, Any], drivers: dict[str, str], program: str) -> str | None:
    driver = str(device["driver"])
    if _NO_DEVICES.match(driver):
        return None
    if "addr" in device and "id" not in device:  # companions of a USB controller have none
        device["id"] = re.sub(r"[^0-9A-Za-z.]", "-", f"at-{device.get('bus')}-{device['addr']}")
    name = device.get("id")
    plain = "virtio-rng-pci" if program.endswith("s390x") else "pci-testdev"  # s390 wants MSI-X
    if name in drivers and drivers[name].startswith(MEMBAR):
        size = int(drivers[name].removeprefix(MEMBAR))
        device = {"driver": "pci-testdev", "membar": size, **_place(device)}
    elif name in drivers:
        device = {"driver": drivers[name] or plain, **_place(device)}
    elif _HOST_DEVICES.match(driver) and "addr" in device:
        device = {"driver": plain, **_place(device)}
    return json.dumps(
        {key: value for key, value in device.items() if key not in _FILES_OF_DEVICE and not _is_path(value)}
    )


def _is_path(value: Any) -> bool:
    """Whether QEMU might take it for a file: whatever the property is called."""
    return isinstance(value, str) and "/" in value


def _place(device: dict[str, Any]) -> dict[str, Any]:
    return {key: device[key] for key in _PLACE if key in device}


def _object(item: dict[str, Any]) -> str | None:
    kind = str(item["qom-type"])
    if not kind.startswith(_OBJECTS):
        return None
    if kind.startswith("rng-"):
        return json.dumps({"qom-type": "rng-builtin", "id": item["id"]})
    if kind in _HOST_MEMORY:
        item = {"qom-type": "memory-backend-ram", "id": item["id"], "size": item["size"]}
    if str(item["qom-type"]).startswith("memory-backend-ram"):
        item["reserve"] = False  # a guest may be larger than this host
        for key in ("prealloc", "host-nodes", "policy"):
            item.pop(key, None)
    return json.dumps({key: value for key, value in item.items() if not _is_path(value)})


def _blockdev(node: dict[str, Any]) -> str | None:
    if str(node.get("node-name", "")).startswith("libvirt-pflash"):
        return None
    if node["driver"] in ("raw", "qcow2") and isinstance(node.get("file"), str):
        return json.dumps(
            {"driver": "raw", "node-name": node["node-name"], "file": node["file"], "read-only": _reads(node)}
        )
    return json.dumps({"driver": "null-co", "node-name": node["node-name"], "size": 1 << 20, "read-only": _reads(node)})


def _machine(value: str) -> str:
    return _FILES_OF_MACHINE.sub("", value)


def _fsdev(value: str) -> str:
    return f"synth,id={parameters(value, 'backend')['id']}"


def _audiodev(value: str) -> str:
    return json.dumps({"driver": "none", "id": parameters(value, "driver")["id"]})


def _boot(value: str) -> str:
    return ",".join(one for one in value.split(",") if not one.startswith("splash"))


_ADAPT: dict[str, Callable[[str], str]] = {
    "-machine": _machine,
    "-M": _machine,
    "-fsdev": _fsdev,
    "-audiodev": _audiodev,
    "-boot": _boot,
    "-display": lambda _: "none",
    "-serial": lambda _: "null",
    "-parallel": lambda _: "null",
    "-monitor": lambda _: "none",
    "-sandbox": lambda _: _SANDBOX,
}


def _reads(node: dict[str, Any]) -> bool:
    return node.get("read-only") in (True, "on")


def _with_firmware(words: list[str], firmware: str) -> list[str]:
    """edk2 for ARM is 64-bit, which libvirt's default processor is not."""
    words = [*words, "-bios", firmware]
    if "-cpu" in words:
        words[words.index("-cpu") + 1] = "cortex-a57"
        return words
    return [*words, "-cpu", "cortex-a57"]
