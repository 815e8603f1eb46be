"""`python -m pcisolve` is the `pcisolve` command."""

from __future__ import annotations

from pcisolve.cli.start import main

if __name__ == "__main__":
    main()
