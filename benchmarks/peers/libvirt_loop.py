"""libvirt's own assigner on many guests: define, dump, undefine through an embedded connection.

Run by an interpreter that has libvirt's bindings; imports nothing of pcisolve but the worker of `verify`, which imports
nothing itself. Arguments: the folder of that worker, a root folder, a file of JSON strings, one domain XML each. For
every line on stdin one round over all of them; its counts and seconds as JSON on stdout.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from importlib import import_module
from pathlib import Path
from typing import Any

NO_BINDINGS = 7
_INACTIVE = 2  # VIR_DOMAIN_XML_INACTIVE
_NVRAM = 4  # VIR_DOMAIN_UNDEFINE_NVRAM


def main() -> None:
    """Rounds until stdin ends."""
    folder, root, guests = sys.argv[1:4]
    os.environ["LIBVIRT_LOG_OUTPUTS"] = "4:file:/dev/null"  # read when the bindings load
    try:
        libvirt: Any = import_module("libvirt")
    except ImportError:
        sys.exit(NO_BINDINGS)
    sys.path.insert(0, folder)
    worker: Any = import_module("worker")
    libvirt.registerErrorHandler(lambda *_: None, None)
    libvirt.virEventRegisterDefaultImpl()
    threading.Thread(target=worker.run_events, args=(libvirt,), daemon=True).start()
    worker.prepare(root)
    worker.collect_orphans()
    connection = libvirt.open(f"qemu:///embed?root={root}")
    texts = [json.loads(line) for line in Path(guests).read_text().splitlines()]
    _round(libvirt, connection, texts)  # QEMU is probed once
    version = connection.getLibVersion()
    print(json.dumps({"version": f"{version // 1_000_000}.{version // 1000 % 1000}.{version % 1000}"}), flush=True)
    for _ in sys.stdin:
        print(json.dumps(_round(libvirt, connection, texts)), flush=True)
    os._exit(0)  # the event thread never ends


def _round(libvirt: Any, connection: Any, texts: list[str]) -> dict[str, list[float]]:
    spent: dict[str, list[float]] = {"accepted": [0, 0.0], "refused": [0, 0.0]}
    for text in texts:
        start, word = time.perf_counter(), "accepted"
        try:
            domain = connection.defineXMLFlags(text, 0)
            domain.XMLDesc(_INACTIVE)
            domain.undefineFlags(_NVRAM)
        except libvirt.libvirtError:
            word = "refused"
        spent[word][0] += 1
        spent[word][1] += time.perf_counter() - start
    return spent


if __name__ == "__main__":
    main()
