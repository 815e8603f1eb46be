"""libvirt's own assigner on many guests: define, dump, undefine through an embedded connection.

Run by an interpreter that has libvirt's bindings; imports nothing of pcisolve but the worker of `verify`, which imports
nothing itself. Arguments: the folder of that worker, a root folder, a file of JSON strings, one domain XML each. For
every line on stdin, which is a list of places in that file, one round over these guests; as JSON on stdout whether each
was accepted, and its seconds: of this process's CPU, and of the clock.
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
    version = connection.getLibVersion()
    print(json.dumps({"version": f"{version // 1_000_000}.{version // 1000 % 1000}.{version % 1000}"}), flush=True)
    for line in sys.stdin:
        print(json.dumps([_one(libvirt, connection, texts[at]) for at in json.loads(line)]), flush=True)
    os._exit(0)  # the event thread never ends


def _one(libvirt: Any, connection: Any, text: str) -> tuple[str, float, float]:
    cpu, wall, word = time.process_time(), time.perf_counter(), "accepted"
    try:
        domain = connection.defineXMLFlags(text, 0)
        domain.XMLDesc(_INACTIVE)
        domain.undefineFlags(_NVRAM)
    except libvirt.libvirtError:
        word = "refused"
    return word, time.process_time() - cpu, time.perf_counter() - wall


if __name__ == "__main__":
    main()
