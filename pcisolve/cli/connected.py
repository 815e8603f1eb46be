"""Domains of a running libvirt, asked and defined through virsh, which has the credentials and drivers of the user."""

from __future__ import annotations

import re
import shutil
import sys
from typing import Final

import click

from pcisolve.api.guests import Guests, load_all
from pcisolve.cli.common import Command
from pcisolve.core.errors import InputError

_LONGEST: Final = 60  # seconds for one call


def domain_xml(uri: str, domain: str, *, secrets: bool = False) -> bytes:
    """The persistent XML of a domain, as its next start will have it.

    Args:
        secrets: with passwords, without which it must not be defined anew.

    Raises:
        InputError: there is no virsh, no connection, or no such domain; in virsh's words.
    """
    return _virsh(uri, "dumpxml", "--inactive", *(["--security-info"] if secrets else []), "--domain", domain)


def define(uri: str, domain: str, xml: bytes) -> None:
    """Define a domain anew; its next start has what is new.

    Raises:
        InputError: as for domain_xml.
    """
    import tempfile

    with tempfile.NamedTemporaryFile(prefix="pcisolve-", suffix=".xml") as file:  # for its owner's eyes only
        file.write(xml)
        file.flush()
        _virsh(uri, "define", "--file", file.name)
    click.echo(f"{domain}: defined; its next start has the new layout", err=True)


def without_secrets(text: bytes) -> bytes:
    """A text as it may be shown: passwords in it blanked."""
    return re.sub(rb"""(passwd=)("[^"]*"|'[^']*')""", rb"\1'...'", text)


def connect_option(command: Command) -> Command:
    """--connect."""
    return click.option(
        "--connect",
        metavar="URI",
        help="the name is that of a domain of this libvirt, such as qemu:///system, asked through virsh",
    )(command)


def confirm(question: str, *, yes: bool) -> bool:
    """Whether the user wants it; one who cannot be asked has to have said so.

    Raises:
        click.UsageError: nobody can be asked.
    """
    if yes:
        return True
    if sys.stdin is None or not sys.stdin.isatty():
        raise click.UsageError("--define asks before it writes, and standard input is no terminal; say --yes")
    return click.confirm(question, err=True)


def loaded(name: str, connect: str | None, models: str | None, *, secrets: bool = False) -> Guests:
    """The guests of a file, or the domain of this name.

    Raises:
        InputError: as for load_all and domain_xml.
    """
    if connect is None:
        return load_all(name, models=models)
    return load_all(domain_xml(connect, name, secrets=secrets), models=models, name=f"{name} ({connect})")


def _virsh(uri: str, *words: str) -> bytes:
    import subprocess  # 2 ms that files never pay

    program = shutil.which("virsh")
    if program is None:
        raise InputError("--connect needs virsh, which is not installed", expected="the package libvirt-clients")
    try:
        ended = subprocess.run(
            [program, "--quiet", "--connect", uri, *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=_LONGEST,
        )
    except subprocess.TimeoutExpired:
        raise InputError(f"{uri}: virsh did not answer within {_LONGEST} s") from None
    except ValueError:
        raise InputError("a null byte in a name") from None
    if ended.returncode:
        said = " ".join(ended.stderr.decode(errors="replace").replace("error: ", "").split())
        raise InputError(f"{uri}: virsh {words[0]}: {said or f'exit code {ended.returncode}'}")
    return ended.stdout
