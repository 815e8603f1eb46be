"""The catalog: model files, each read when it is first asked for, as one version of libvirt knows them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from typing import Final

from pcisolve.catalog.apertures import Aperture, read_apertures
from pcisolve.catalog.bars import KnownBars
from pcisolve.catalog.behaviors import Behavior, read_behaviors
from pcisolve.catalog.controllers import ControllerModel, read_controller
from pcisolve.catalog.devices import DeviceClass, Variant, read_device
from pcisolve.catalog.folders import check_user_folder, model_files, shipped_folder
from pcisolve.catalog.heading import Heading, read_heading
from pcisolve.catalog.known import Known
from pcisolve.catalog.machines import Machine
from pcisolve.catalog.platforms import Platform, read_platform
from pcisolve.catalog.qemu import QemuDevices
from pcisolve.catalog.table import ModelFile, Table, dotted, parse, read_text
from pcisolve.catalog.versioned import Asked
from pcisolve.catalog.weights import Weights, read_weights
from pcisolve.core.errors import InputError
from pcisolve.core.words import did_you_mean, nearest

NEWEST: Final = (12, 8, 0)
OLDEST: Final = (9, 0, 0)
_DEFAULT_ARCH: Final = "x86_64"
_CONTROLLERS: Final = "controllers"
_MACHINES: Final = "machines"
_DEVICES: Final = "devices"
_PLATFORMS: Final = "platforms"
_LIBVIRT: Final = "libvirt.toml"  # of the shipped folder only


def load_catalog(models_dir: str | os.PathLike[str] | None = None, libvirt: tuple[int, int, int] = NEWEST) -> Catalog:
    """The catalog of a libvirt version; files of `models_dir` add to the shipped ones or override them by name.

    The files of `models_dir` are read at once, so that a wrong one is said whatever is asked.

    Raises:
        InputError: `models_dir` is not a folder of model files. A wrong file is refused when it is first needed.
    """
    if models_dir is None:
        return _shipped(libvirt)
    folder = os.fspath(models_dir)
    check_user_folder(folder)
    catalog = Catalog((shipped_folder(), folder), libvirt)
    catalog.read_own()
    return catalog


@cache
def _shipped(libvirt: tuple[int, int, int]) -> Catalog:
    return Catalog((shipped_folder(),), libvirt)


class Catalog:
    """What is known. Every method that reads a file raises InputError, with the place, when it is wrong."""

    def __init__(self, folders: tuple[str, ...], libvirt: tuple[int, int, int]) -> None:
        self.folders = folders
        self.libvirt = libvirt
        self._controllers: dict[str, ControllerModel | None] = {}
        self._devices: dict[str, DeviceClass | None] = {}
        self._machines: dict[tuple[str | None, str | None], Machine] = {}
        self._platforms: dict[str, Platform | None] = {}
        self._found: dict[str, dict[str, str]] = {}
        self._headings: dict[str, Heading] = {}
        self._texts: dict[str, ModelFile] = {}
        self._parsed: dict[str, Table] = {}
        self._qemu: QemuDevices | None = None
        self._bars: KnownBars | None = None
        self._apertures: tuple[Aperture, ...] | None = None
        self._target_options: frozenset[str] | None = None
        self._behaviors: dict[str, Behavior] | None = None
        self._own_elements: tuple[str, ...] | None = None

    def controller(self, model: str) -> ControllerModel | None:
        """The PCI controller model of this name; None when unknown or newer than this libvirt."""
        if model not in self._controllers:
            self._controllers[model] = self._read_controller(model)
        return self._controllers[model]

    def device(self, element: str) -> DeviceClass | None:
        """The device element of this name; None when unknown or newer than this libvirt."""
        if element not in self._devices:
            self._devices[element] = self._read_device(element)
        return self._devices[element]

    def machine(self, arch: str | None, name: str | None) -> Machine:
        """The family of a machine; no name is the architecture's default, no architecture the first that has the name.

        Raises:
            InputError: unknown architecture or machine, with the nearest known one.
        """
        key = (arch or None, name or None)
        if key not in self._machines:
            self._machines[key] = self._find_machine(*key)
        return self._machines[key]

    def family(self, stem: str) -> Machine:
        """The machine family of this name, as its first architecture has it.

        Raises:
            KeyError: there is no such family.
        """
        return self._read_machine(stem, self._heading(stem).arches[0], "")

    def meant_machine(self, arch: str | None, name: str | None) -> str | None:
        """The plain name of the family that an unknown machine's name is most like; None when nothing is close."""
        wanted = arch or _DEFAULT_ARCH
        families = [one for stem in self._files(_MACHINES) if wanted in (one := self._heading(stem)).arches]
        plain = {
            pattern.rstrip("*").rstrip("-"): next((one for one in family.names if "*" not in one), None)
            for family in families
            if family.since <= self.libvirt
            for pattern in family.names
        }
        best = nearest(name or "", sorted(plain))
        return plain[best] if best else None

    def kind(self, name: str) -> tuple[DeviceClass, Variant] | None:
        """The device variant of this name, such as "virtio-disk", as plan files use them; None when unknown."""
        for element, path in self._files(_DEVICES).items():
            if f'"{name}"' not in self._text(path).text:
                continue
            device = self.device(element)
            variant = device.named(name) if device else None
            if device and variant:
                return device, variant
        return None

    def platform(self, name: str) -> Platform | None:
        """The platform of this name; None when unknown."""
        if name not in self._platforms:
            path = self._files(_PLATFORMS).get(name)
            self._platforms[name] = read_platform(self._table(path)) if path else None
        return self._platforms[name]

    def controllers(self) -> tuple[ControllerModel, ...]:
        """Every PCI controller model, by name."""
        return tuple(model for name in self._known.controllers if (model := self.controller(name)))

    @property
    def target_options(self) -> frozenset[str]:
        """The <target> options that some controller has; libvirt does not read any other."""
        if self._target_options is None:
            self._target_options = frozenset(option for one in self.controllers() for option in one.targets)
        return self._target_options

    def read_own(self) -> None:
        """Read every file of the user's folder.

        Raises:
            InputError: one of them is wrong.
        """
        own = {sort: model_files(self.folders[1:], sort) for sort in (_CONTROLLERS, _DEVICES, _MACHINES, _PLATFORMS)}
        for name in own[_CONTROLLERS]:
            self.controller(name)
        for name in own[_DEVICES]:
            self.device(name)
        for name in own[_PLATFORMS]:
            self.platform(name)
        for stem in own[_MACHINES]:
            for arch in self._heading(stem).arches[:1]:
                self._read_machine(stem, arch, "")

    @property
    def own_elements(self) -> tuple[str, ...]:
        """The device elements that only the user's folder knows, by name; none without such a folder."""
        if self._own_elements is None:
            own, shipped = (model_files(one, _DEVICES) for one in (self.folders[1:], self.folders[:1]))
            self._own_elements = tuple(name for name in own if name not in shipped) if own else ()
        return self._own_elements

    def elements(self) -> frozenset[str]:
        """The names of all device elements, those of newer libvirt included."""
        return frozenset(self._files(_DEVICES))

    def devices(self) -> tuple[DeviceClass, ...]:
        """Every device element, by name."""
        return tuple(device for name in self._known.devices if (device := self.device(name)))

    def machines(self) -> tuple[Machine, ...]:
        """Every machine family, by name, as its first architecture has it."""
        stems = [
            stem
            for stem in self._files(_MACHINES)
            if self._heading(stem).since <= self.libvirt and self._heading(stem).arches
        ]
        return tuple(self._read_machine(stem, self._heading(stem).arches[0], "") for stem in stems)

    def platforms(self) -> tuple[Platform, ...]:
        """Every platform, by name."""
        return tuple(read_platform(self._table(path)) for path in self._files(_PLATFORMS).values())

    def weights(self) -> Weights:
        """What each sort of change costs the user."""
        return read_weights(self._table(self._files("repair")["weights"]))

    def behaves(self, name: str) -> bool:
        """Whether this libvirt has a behavior of models/libvirt.toml.

        Raises:
            KeyError: there is no behavior of this name.
        """
        return self.behaviors()[name].since <= self.libvirt

    def behaviors(self) -> dict[str, Behavior]:
        """Every behavior by name, those of newer versions included."""
        if self._behaviors is None:
            path = os.path.join(self.folders[0], _LIBVIRT)
            self._behaviors = {one.name: one for one in read_behaviors(self._table(path))}
        return self._behaviors

    def qemu(self) -> QemuDevices:
        """The devices of QEMU's command line."""
        if self._qemu is None:
            self._qemu = QemuDevices(self._table(self._files("qemu")["devices"]))
        return self._qemu

    def bars(self) -> KnownBars:
        """What is known of the BARs of devices."""
        if self._bars is None:
            self._bars = KnownBars(self._table(self._files("qemu")["bars"]))
        return self._bars

    def apertures(self, family: str, firmware: str) -> list[Aperture]:
        """Where a machine family's devices may have memory, for each version of a firmware; none where not known."""
        if self._apertures is None:
            self._apertures = read_apertures(self._table(self._files("qemu")["apertures"]))
        return [one for one in self._apertures if (one.family, one.firmware) == (family, firmware)]

    def _files(self, kind: str) -> dict[str, str]:
        """The model files of a kind, which is a folder's name, by model."""
        if kind not in self._found:
            self._found[kind] = model_files(self.folders, kind)
        return self._found[kind]

    @property
    def _known(self) -> Known:
        return Known(*(tuple(self._files(kind)) for kind in (_CONTROLLERS, _MACHINES, _DEVICES)))

    def _text(self, path: str) -> ModelFile:
        if path not in self._texts:
            self._texts[path] = read_text(path)
        return self._texts[path]

    def _table(self, path: str) -> Table:
        """A fresh table of the file, which is parsed once."""
        file = self._text(path)
        if path not in self._parsed:
            self._parsed[path] = parse(file)
        return Table(file, self._parsed[path].raw, ())

    def _read_controller(self, name: str) -> ControllerModel | None:
        path = self._files(_CONTROLLERS).get(name)
        model = read_controller(self._table(path), self._known, self.libvirt) if path else None
        return model if model and model.since <= self.libvirt else None

    def _read_device(self, name: str) -> DeviceClass | None:
        path = self._files(_DEVICES).get(name)
        device = read_device(self._table(path), self.libvirt) if path else None
        return device if device and device.since <= self.libvirt else None

    def _read_machine(self, stem: str, arch: str, name: str) -> Machine:
        return Machine(self._table(self._files(_MACHINES)[stem]), self._known, Asked(self.libvirt, arch, name))

    def _heading(self, stem: str) -> Heading:
        if stem not in self._headings:
            self._headings[stem] = read_heading(self._table(self._files(_MACHINES)[stem]), self.libvirt)
        return self._headings[stem]

    def _find_machine(self, arch: str | None, name: str | None) -> Machine:
        wanted = arch or (None if name else _DEFAULT_ARCH)
        for stem in self._likeliest_first(wanted, name):
            heading = self._heading(stem)
            if heading.since <= self.libvirt and heading.covers(wanted, name):
                return self._read_machine(stem, wanted or heading.arches[0], name or "")
        raise self._machine_refusal(wanted, name)

    def _likeliest_first(self, arch: str | None, name: str | None) -> Iterator[str]:
        """Every family, those whose file mentions the machine first, so that few files are parsed.

        The order depends on nothing but the names and the files, and shipped families do not overlap.
        """
        hints = [f'"{arch}"'] if arch else []
        if name:
            hints += [f'"{name}"', f'"{name.split("-")[0]}-', f'"{name.rpartition("-")[0]}-']
        texts = {stem: self._text(path).text for stem, path in self._files(_MACHINES).items()}
        return iter(sorted(texts, key=lambda stem: (-sum(hint in texts[stem] for hint in hints), stem)))

    def _machine_refusal(self, arch: str | None, name: str | None) -> InputError:
        headings = [self._heading(stem) for stem in self._files(_MACHINES)]
        newer = [one.since for one in headings if one.covers(arch, name) and one.since > self.libvirt]
        if newer:
            since = dotted(min(newer))
            what = f'machine "{name}" of architecture {arch}' if name else f"architecture {arch}"
            return InputError(f"{what} is known since libvirt {since} only")
        known = [one for one in headings if one.since <= self.libvirt]
        if arch is not None and not any(arch in one.arches for one in known):
            arches = {arch for one in known for arch in one.arches}
            return InputError(f'unknown architecture "{arch}"; {did_you_mean(arch, arches)}')
        names = {pattern for one in known if arch is None or arch in one.arches for pattern in one.names}
        if not name:
            return InputError(f"architecture {arch} has no default machine", expected=", ".join(sorted(names)))
        of_arch = f" of architecture {arch}" if arch else ""
        return InputError(f'unknown machine "{name}"{of_arch}; {did_you_mean(name, names)}')
