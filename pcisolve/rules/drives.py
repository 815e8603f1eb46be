"""Addresses of drives on their own buses: not PCI, but what a controller is added for."""

from __future__ import annotations

from pcisolve.problem.drives import Drive, drive_of
from pcisolve.problem.layout import Layout
from pcisolve.problem.parts import Part
from pcisolve.rules.rule import Question, Rule, Telling, name_of, point


class DriveOnce(Rule[tuple[Part, ...]]):
    """No two drives of one kind of bus share controller, bus, target and unit.

    A disk without an address has the one that its target name stands for: sdb is unit 1 of controller 0.
    """

    placeless = True

    id = "drive-duplicate"
    common = True
    source = "libvirt src/conf/domain_validate.c virDomainDefDuplicateDriveAddressesValidate, tried with 9.0.0"
    allows = (
        "pc: <disk type='file'><target dev='sda' bus='scsi'/></disk>"
        "<disk type='file'><target dev='sdb' bus='scsi'/></disk>",
    )
    forbids = (
        "pc: <disk type='file'><target dev='sda' bus='scsi'/></disk><disk type='file'><target dev='sdb' bus='scsi'/>"
        "<address type='drive' controller='0' bus='0' target='0' unit='0'/></disk>",
    )

    def cases(self, question: Question) -> list[tuple[Part, ...]]:
        holders: dict[Drive, list[Part]] = {}
        for kind in ("disk", "hostdev"):
            for part in question.problem.by_kind(kind):
                drive = drive_of(part.view)
                if drive is not None:
                    holders.setdefault(drive, []).append(part)
        return [tuple(parts) for parts in holders.values() if len(parts) > 1]

    def check(self, layout: Layout, case: tuple[Part, ...]) -> bool:
        return len({drive_of(part.view) for part in case}) == len(case)

    def tell(self, question: Question, case: tuple[Part, ...]) -> Telling:
        drive = drive_of(case[0].view)
        names = " and ".join(name_of(part) for part in case[:2])
        message = (
            f"{names} are both unit {drive.unit if drive else 0} of {drive.bus_type if drive else 'one'} controller "
        )
        message += f"{drive.controller if drive else 0}"
        points = [point(case[-1], "unit"), *(point(part, "unit", "is there already") for part in case[:-1])]
        return Telling(message, tuple(points))


RULES: tuple[Rule[tuple[Part, ...]], ...] = (DriveOnce(),)
