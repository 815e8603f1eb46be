"""The server's side of the process that analyzes: started when first needed, ended when it takes too long."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from typing import Any, Final

from pcisolve.lsp.analysis import Analysis, from_json, not_decided

_GRACE: Final = 1.0  # seconds beyond the time limit, for what a search that has used it up still says
_START: Final = 10.0  # seconds for the process to start, on a busy machine
_LONGEST: Final = 1 << 30  # bytes of an answer


class Helper:
    """One process, which analyzes one text at a time."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.options = options
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()

    async def analyze(self, text: str, name: str) -> Analysis:
        """Analyze a text; beyond the time limit, or where the process ends, that is what is told.

        Cancelled, it ends the process: nobody waits for that answer any more.
        """
        limit = float(self.options.get("time_limit", 1.0))
        async with self._turn:
            fresh = self._process is None
            try:
                async with asyncio.timeout(limit + _GRACE + (_START if fresh else 0)):
                    return await self._asked(text, name)
            except TimeoutError:
                await self.end()
                return Analysis((not_decided(name, f"not analyzed within {limit:g} s"),), readable=False)
            except (OSError, ValueError, asyncio.IncompleteReadError):
                await self.end()
                return Analysis((not_decided(name, "the analysis ended early; see the log"),), readable=False)
            except asyncio.CancelledError:
                await self.end()
                raise

    async def _asked(self, text: str, name: str) -> Analysis:
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "pcisolve.lsp.worker",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                limit=_LONGEST,
            )
        process = self._process
        assert process.stdin is not None and process.stdout is not None
        asked = json.dumps({"text": text, "name": name, "options": self.options}) + "\n"
        process.stdin.write(asked.encode())
        await process.stdin.drain()
        answer = await process.stdout.readuntil(b"\n")
        return from_json(json.loads(answer))

    async def end(self) -> None:
        """End the process, if there is one."""
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
