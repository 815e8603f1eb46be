"""An editor in a few lines: speaks the Language Server Protocol over the pipes of `pcisolve lsp`, without pygls."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

TOO_LONG = 120.0  # seconds for one answer: it hangs


class Editor:
    """A running server and what it has said."""

    def __init__(self, *words: str, options: dict[str, Any] | None = None, encodings: tuple[str, ...] = ()) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "pcisolve", "lsp", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.heard: queue.Queue[dict[str, Any]] = queue.Queue()
        self.published: list[dict[str, Any]] = []
        self.number = 0
        self.errors = b""
        self.listeners = [threading.Thread(target=one, daemon=True) for one in (self._listen, self._read_errors)]
        for one in self.listeners:
            one.start()
        self.capabilities = self.ask(
            "initialize",
            processId=None,
            rootUri=None,
            initializationOptions=options,
            capabilities={
                "workspace": {"workspaceEdit": {"documentChanges": True}},
                **({"general": {"positionEncodings": [*encodings]}} if encodings else {}),
            },
        )["capabilities"]
        self.tell("initialized")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            assert self.ask("shutdown") is None
            self.tell("exit")
            assert self.process.wait(TOO_LONG) == 0
        else:
            self.process.kill()
        for one in self.listeners:
            one.join(TOO_LONG)
        if kind is None:
            assert b"Traceback" not in self.errors, self.errors.decode()

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        self.errors = self.process.stderr.read()

    def _listen(self) -> None:
        out = self.process.stdout
        assert out is not None
        while head := out.readline():
            length = 0
            while head.strip():
                if head.lower().startswith(b"content-length:"):
                    length = int(head.partition(b":")[2])
                head = out.readline()
            self.heard.put(json.loads(out.read(length)))

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def tell(self, method: str, **words: Any) -> None:
        """A notification."""
        self._send({"method": method, "params": words})

    def ask(self, method: str, **words: Any) -> Any:
        """A request, and its result."""
        self.number += 1
        self._send({"id": self.number, "method": method, **({"params": words} if words else {})})
        while True:
            message = self.heard.get(timeout=TOO_LONG)
            if message.get("id") == self.number and "method" not in message:
                assert "error" not in message, message
                return message["result"]
            self._keep(message)

    def _keep(self, message: dict[str, Any]) -> None:
        if message.get("method") == "textDocument/publishDiagnostics":
            self.published.append(message["params"])

    def open(self, uri: str, text: str, language: str = "xml") -> None:
        """Open a file at version 1."""
        item = {"uri": uri, "languageId": language, "version": 1, "text": text}
        self.tell("textDocument/didOpen", textDocument=item)

    def change(self, uri: str, version: int, *changes: dict[str, Any]) -> None:
        """Change it: each {"text": ...}, with "range" for a part."""
        document = {"uri": uri, "version": version}
        self.tell("textDocument/didChange", textDocument=document, contentChanges=list(changes))

    def diagnostics(self, uri: str, version: int) -> list[dict[str, Any]]:
        """What is published of a version of a file."""
        while True:
            for one in self.published:
                if one["uri"] == uri and one.get("version") == version:
                    found: list[dict[str, Any]] = one["diagnostics"]
                    return found
            self._keep(self.heard.get(timeout=TOO_LONG))

    def at(self, method: str, uri: str, position: dict[str, int], **words: Any) -> Any:
        """A question about a place."""
        return self.ask(f"textDocument/{method}", textDocument={"uri": uri}, position=position, **words)

    def fixes(self, uri: str, where: dict[str, Any]) -> list[dict[str, Any]]:
        """The quick fixes for a range."""
        context: dict[str, Any] = {"diagnostics": []}
        found = self.ask("textDocument/codeAction", textDocument={"uri": uri}, range=where, context=context)
        return found or []


def position(text: str, offset: int) -> dict[str, int]:
    """A place in the words of the protocol, counted the plain way."""
    before = text[:offset].replace("\r\n", "\n")
    line = before.rpartition("\n")[2]
    return {"line": before.count("\n"), "character": len(line.encode("utf-16-le")) // 2}


def offset(text: str, place: dict[str, int]) -> int:
    """The same backwards."""
    lines = text.split("\n")
    line = lines[place["line"]].encode("utf-16-le")[: 2 * place["character"]].decode("utf-16-le")
    return sum(len(one) + 1 for one in lines[: place["line"]]) + len(line)


def edited(text: str, action: dict[str, Any]) -> str:
    """The text after a quick fix."""
    (change,) = action["edit"]["documentChanges"]
    spots = [
        (offset(text, one["range"]["start"]), offset(text, one["range"]["end"]), one["newText"])
        for one in change["edits"]
    ]
    for begin, end, new in reversed(spots):
        text = text[:begin] + new + text[end:]
    return text


def uri_of(path: Path) -> str:
    """A path as editors write it."""
    return path.as_uri()
