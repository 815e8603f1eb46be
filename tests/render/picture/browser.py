"""A headless Chromium, asked through its own pipe: https://chromedevtools.github.io/devtools-protocol/."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FOUND = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
_LONGEST = 60  # seconds that an answer may take


class Page:
    """One page of the browser."""

    def __init__(self, browser: _Pipe, session: str) -> None:
        self._browser, self._session = browser, session
        self.errors: list[str] = []
        for domain in ("Page", "Runtime", "Log", "Accessibility"):
            self.ask(f"{domain}.enable")

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Ask for something and wait for the answer; what the page complains of meanwhile is kept."""
        answer = self._browser.ask(method, parameters, self._session)
        for event in self._browser.events:
            if event["method"] == "Runtime.exceptionThrown":
                self.errors.append(json.dumps(event["params"]["exceptionDetails"]))
            elif event["method"] == "Log.entryAdded" and event["params"]["entry"]["level"] == "error":
                self.errors.append(event["params"]["entry"]["text"])
        self._browser.events.clear()
        return answer

    def open(self, path: Path, *, dark: bool = False, script: bool = True) -> float:
        """Open a file; how many seconds it took until the page was loaded and painted."""
        self.ask("Emulation.setScriptExecutionDisabled", value=not script)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.ask("Emulation.setEmulatedMedia", features=[scheme])
        begin = time.monotonic()
        self.ask("Page.navigate", url=path.resolve().as_uri())
        while self.value("document.readyState") != "complete":
            time.sleep(0.01)
        if script:
            self.value("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)))")
        return time.monotonic() - begin

    def value(self, expression: str) -> Any:
        """What an expression of JavaScript comes to, also where the page itself may run none."""
        found = self.ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def press(self, *keys: str) -> None:
        """Press keys one after the other: "ArrowDown", "a"."""
        for key in keys:
            text = {"Enter": "\r"}.get(key, key if len(key) == 1 else "")
            self.ask("Input.dispatchKeyEvent", type="keyDown", key=key, **({"text": text} if text else {}))
            self.ask("Input.dispatchKeyEvent", type="keyUp", key=key)

    def roles(self) -> list[tuple[str, str, dict[str, Any]]]:
        """What a screen reader is told, in order: role, name and states of each thing that has some."""
        found = []
        for node in self.ask("Accessibility.getFullAXTree")["nodes"]:
            states = {one["name"]: one["value"].get("value") for one in node.get("properties", ())}
            if not node.get("ignored"):
                found.append((node["role"]["value"], node.get("name", {}).get("value", ""), states))
        return found

    def picture(self, path: Path) -> bytes:
        """A screenshot as PNG."""
        data = base64.b64decode(self.ask("Page.captureScreenshot")["data"])
        path.write_bytes(data)
        return data


class _Pipe:
    def __init__(self, to: int, from_: int) -> None:
        self._to, self._from = to, from_
        self._count, self._rest = 0, b""
        self.events: list[dict[str, Any]] = []

    def ask(self, method: str, parameters: dict[str, Any], session: str = "") -> dict[str, Any]:
        self._count += 1
        message = {"id": self._count, "method": method, "params": parameters}
        os.write(self._to, json.dumps({**message, **({"sessionId": session} if session else {})}).encode() + b"\0")
        until = time.monotonic() + _LONGEST
        while time.monotonic() < until:
            answer = self._next()
            if answer.get("id") == self._count:
                assert "error" not in answer, answer
                result = answer["result"]
                assert isinstance(result, dict)
                return result
            if "method" in answer:
                self.events.append(answer)
        raise AssertionError(f"{method}: no answer within {_LONGEST} seconds")

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            assert select.select([self._from], [], [], _LONGEST)[0], f"no answer within {_LONGEST} seconds"
            piece = os.read(self._from, 1 << 20)
            assert piece, "the browser has ended"
            self._rest += piece
        message, _, self._rest = self._rest.partition(b"\0")
        found = json.loads(message)
        assert isinstance(found, dict)
        return found


@contextmanager
def page(folder: Path, width: int = 1400, height: int = 860) -> Iterator[Page]:
    """A page of a browser of its own, which ends with it; `folder` is for what the browser keeps."""
    assert FOUND is not None
    their_in, our_out = os.pipe()
    our_in, their_out = os.pipe()
    words = [FOUND, "--headless=new", "--remote-debugging-pipe", f"--user-data-dir={folder}", "--no-sandbox"]
    words += ["--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", f"--window-size={width},{height}"]
    shell = f'exec 3<&{their_in} 4>&{their_out}; exec "$@"'
    process = subprocess.Popen(
        ["bash", "-c", shell, "bash", *words], pass_fds=(their_in, their_out), stderr=subprocess.DEVNULL
    )
    os.close(their_in)
    os.close(their_out)
    try:
        pipe = _Pipe(our_out, our_in)
        target = pipe.ask("Target.createTarget", {"url": "about:blank"})["targetId"]
        session = pipe.ask("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        made = Page(pipe, session)
        made.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        yield made
    finally:
        process.terminate()
        process.wait(timeout=_LONGEST)
        os.close(our_out)
        os.close(our_in)
