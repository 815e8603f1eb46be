"""libvirt's command line for QEMU, made startable anywhere: nothing of the host is opened, listened on or locked."""

from __future__ import annotations

import json
import re
import shlex
from typing import Any

# Options that reach out of QEMU, or that are ours to set.
_LEFT_OUT = frozenset(
    {"-sandbox", "-mon", "-accel", "-run-with", "-D", "-pidfile", "-add-fd", "-incoming", "-tpmdev", "-qmp", "-S"}
    | {"-audiodev", "-vnc", "-spice", "-fw_cfg"}
)
_HOST_OBJECTS = ("secret", "pr-manager", "tls-creds", "rng-egd", "tls-cipher")
_NO_DEVICES = re.compile(r"tpm-|ccid-card|vhost-scsi-ccw|vhost-vsock-ccw|vfio-ccw|vfio-ap")
_HOST_DEVICES = re.compile(r"vfio-pci|vhost-|virtio-pmem-pci|virtio-mem-pci|ivshmem-")
_PLACE = ("id", "bus", "addr", "multifunction")


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
        kept = None if option in _LEFT_OUT else _adapted(option, value, drivers, program)
        if kept is not None:
            out += [option, kept] if value is not None else [option]
    if firmware is not None:
        out = _with_firmware(out, firmware)
    return [*out, "-accel", "tcg"]


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
    if option == "-machine":
        return re.sub(r",(pflash[01]=[^,]+|graphics=off)", "", value)
    return value


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
    if name in drivers:
        device = {"driver": drivers[name] or plain, **_place(device)}
    elif _HOST_DEVICES.match(driver) and "addr" in device:
        device = {"driver": plain, **_place(device)}
    for key in ("audiodev", "host_mtu", "bootindex"):
        device.pop(key, None)
    return json.dumps(device)


def _place(device: dict[str, Any]) -> dict[str, Any]:
    return {key: device[key] for key in _PLACE if key in device}


def _object(item: dict[str, Any]) -> str | None:
    kind = str(item["qom-type"])
    if kind.startswith(_HOST_OBJECTS):
        return None
    if kind in ("memory-backend-file", "memory-backend-memfd"):
        item = {"qom-type": "memory-backend-ram", "id": item["id"], "size": item["size"]}
    if str(item["qom-type"]).startswith("memory-backend-ram"):
        item["reserve"] = False  # a guest may be larger than this host
        for key in ("prealloc", "host-nodes", "policy"):
            item.pop(key, None)
    return json.dumps(item)


def _blockdev(node: dict[str, Any]) -> str | None:
    if str(node.get("node-name", "")).startswith("libvirt-pflash"):
        return None
    if node["driver"] in ("raw", "qcow2"):
        return json.dumps(
            {"driver": "raw", "node-name": node["node-name"], "file": node["file"], "read-only": _reads(node)}
        )
    return json.dumps({"driver": "null-co", "node-name": node["node-name"], "size": 1 << 20, "read-only": _reads(node)})


def _reads(node: dict[str, Any]) -> bool:
    return node.get("read-only") in (True, "on")


def _with_firmware(words: list[str], firmware: str) -> list[str]:
    """edk2 for ARM is 64-bit, which libvirt's default processor is not."""
    words = [*words, "-bios", firmware]
    if "-cpu" in words:
        words[words.index("-cpu") + 1] = "cortex-a57"
        return words
    return [*words, "-cpu", "cortex-a57"]
