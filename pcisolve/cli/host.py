"""pcisolve host."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from pcisolve.cli.common import emit
from pcisolve.host.host import Host


@click.command("host")
@click.argument("source", required=False)
@click.option("--output", "-o", metavar="FILE", help="output file, replaced atomically")
@click.option("--connect", metavar="URI", help="ask the libvirt there, by virsh, for its node devices")
@click.option("--script", is_flag=True, help="print the Python script that takes a snapshot without pcisolve")
@click.option("--schema", is_flag=True, help="print the JSON Schema of snapshots")
def command(source: str | None, output: str | None, connect: str | None, script: bool, schema: bool) -> None:
    """A snapshot of a host: its PCI functions, as JSON.

    SOURCE is the root of a file system with sysfs [/], a tar archive of one (a sosreport, hwloc-gather-topology),
    hwloc XML (lstopo --of xml), libvirt node devices (virsh nodedev-dumpxml, one after the other), what
    lspci -D -nn -vv says, or a snapshot; "-" is standard input. Nothing of it needs root.

    \b
    Examples:
      pcisolve host -o host.json
      pcisolve host sosreport.tar.xz -o host.json
      pcisolve host --connect qemu+ssh://server/system -o server.json
      pcisolve host --script | ssh server python3 - > server.json
      pcisolve show host.json
    """
    if sum((source is not None, connect is not None, script, schema)) > 1:
        raise click.UsageError("SOURCE, --connect, --script and --schema exclude each other")
    if script:
        emit(_script(), output)
    elif schema:
        from pcisolve.host.schema import schema as made

        emit((json.dumps(made(), indent=2) + "\n").encode(), output)
    else:
        from pcisolve.host.snapshot import write

        host = _host(source, connect)
        say_notes(host)
        emit(write(host), output)


def read_host(source: str) -> Host:
    """The host that a folder, a file or, for "-", standard input describes.

    Raises:
        InputError: see pcisolve.host.read.
    """
    from pcisolve.host.read import read, read_stream

    return read_stream(sys.stdin.buffer, "<stdin>") if source == "-" else read(source)


def say_notes(host: Host) -> None:
    """What was left out, on stderr."""
    for note in host.notes:
        click.echo(f"pcisolve: {note}", err=True)


def _host(source: str | None, connect: str | None) -> Host:
    if connect is not None:
        from pcisolve.host.virsh import read_connection

        return read_connection(connect)
    return read_host("/" if source is None else source)


def _script() -> bytes:
    from pcisolve.host import collect

    return Path(collect.__file__).read_bytes()
