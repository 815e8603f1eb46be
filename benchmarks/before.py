"""What was measured on 2026-11-25, before what CHANGELOG.md calls speed: ratios that the page shows beside today's.

CPU time, 2 cores of a virtual machine, libvirt 9.0.0, the same guests.
"""

from __future__ import annotations

# libvirt's CPU time to pcisolve's, by guests, side of libvirt, group; more than 1: pcisolve is faster.
LIBVIRT = {
    ("random guests", "pcisolve", "libvirt, state on disk", "all"): 1.66,
    ("random guests", "pcisolve", "libvirt, state on disk", "accepted by both"): 2.20,
    ("random guests", "pcisolve", "libvirt, state on disk", "refused by both"): 0.73,
    ("random guests", "pcisolve --stage libvirt", "libvirt, state on disk", "all"): 1.81,
    ("random guests", "pcisolve --stage libvirt", "libvirt, state on disk", "accepted by both"): 2.26,
    ("random guests", "pcisolve --stage libvirt", "libvirt, state on disk", "refused by both"): 0.88,
    ("random guests", "pcisolve", "libvirt", "all"): 1.52,
    ("random guests", "pcisolve", "libvirt without its host checks", "all"): 0.62,
    ("random guests", "pcisolve", "libvirt without its host checks", "accepted by both"): 0.70,
    ("random guests", "pcisolve", "libvirt without its host checks", "refused by both"): 0.50,
    ("200 devices", "pcisolve", "libvirt, state on disk", "all"): 2.92,
    ("200 devices", "pcisolve", "libvirt", "all"): 2.88,
    ("200 devices", "pcisolve", "libvirt without its host checks", "all"): 1.17,
}

# A command's CPU time to that of another one.
COMMANDS = {
    ("pcisolve check", "python with lxml"): 2.7,
    ("pcisolve --version", "python, nothing else"): 2.5,
    ("pcisolve solve --policy minimal", "python, nothing else"): 24,
    ("pcisolve solve, a plan", "python, nothing else"): 29,
}

# CPU time of a guest to another way to the same answers.
FLEETS = {
    ("batch, one worker", "solving alone, in process"): 1.9,
    ("JSON Lines, shapes miss", "JSON Lines, --no-shapes"): 1.22,
}

# CPU time of a counting model, written by hand for CP-SAT, to pcisolve's, by devices and domains.
COUNTS = {(40, 4): 0.17, (200, 8): 0.18, (900, 30): 0.11}

# Seconds of CPU from a plan to its checked XML; None: not proved.
PLANS: dict[tuple[int, int], float | None] = {
    (200, 4): 0.053,
    (2_000, 16): 0.25,
    (20_000, 16): 1.19,
    (100_000, 64): None,
}
