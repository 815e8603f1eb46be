"""Where the command `pcisolve` begins and ends: its version is told before anything is imported."""

from __future__ import annotations

import gc
import sys


def main() -> None:
    """Entry point; everything but --version alone is for pcisolve.cli.main."""
    if sys.argv[1:] == ["--version"] and _says_version():
        return
    from pcisolve.cli.main import main as run

    try:
        run()
    finally:
        gc.freeze()  # what is left ends with the process, and need not be searched for cycles before: 15 ms


def _says_version() -> bool:
    from pcisolve.core.version import VERSION

    try:
        print(f"pcisolve, version {VERSION}", flush=True)
    except OSError:  # nobody reads it, or the disk is full: click knows how to say so
        return False
    return True
