"""The server itself: documents as they change, one analysis after the other, and what editors ask for.

An analysis begins when nobody has typed for a moment, in a process of its own that is ended when it takes too long or
when what it looks at is no longer what is on the screen.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any, Final

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from pcisolve.core.version import VERSION
from pcisolve.lsp.analysis import Analysis
from pcisolve.lsp.complete import completions
from pcisolve.lsp.define import definition
from pcisolve.lsp.helper import Helper
from pcisolve.lsp.hover import hover
from pcisolve.lsp.lines import UTF16, Lines
from pcisolve.lsp.relevant import is_ours
from pcisolve.lsp.settings import Wanted, taken_over
from pcisolve.lsp.show import actions, diagnostics
from pcisolve.lsp.state import Analyzed, View

_PATIENCE: Final = 1.0  # seconds that a completion waits for an analysis; then the one before it has to do


class OpenFile:
    """A file that the editor shows.

    Attributes:
        name: what messages call it: its path, or its URI.
        latest: the analysis of the text as it is now, None until there is one.
        surveyed: the last one of a text that could be read.
        pending: the task that analyzes the text as it is now.
    """

    def __init__(self, uri: str, text: str, version: int, encoding: str) -> None:
        self.uri, self.name = uri, to_fs_path(uri) or uri
        self.version = version
        self.lines = Lines(text, encoding)
        self.latest: Analysis | None = None
        self.surveyed: Analyzed | None = None
        self.pending: asyncio.Task[None] | None = None

    def change(self, one: types.TextDocumentContentChangeEvent) -> None:
        """Make a change to the text; one without a range is the whole text."""
        text = one.text
        if isinstance(one, types.TextDocumentContentChangePartial):
            old = self.lines.text
            begin, end = self.lines.offset(one.range.start), self.lines.offset(one.range.end)
            text = old[:begin] + text + old[max(begin, end) :]
        self.lines = Lines(text, self.lines.encoding)

    @property
    def view(self) -> View:
        """The text with what is known of it."""
        return View(self.lines, self.surveyed)


class Server(LanguageServer):
    """pcisolve as a language server."""

    def __init__(self, settings: Wanted) -> None:
        super().__init__("pcisolve", VERSION)
        self.settings = settings
        self.helper = Helper(settings.words)
        self.files: dict[str, OpenFile] = {}
        self.encoding = UTF16
        self.versioned = False  # whether the client takes edits of a certain version

    def start_analysis(self, file: OpenFile) -> None:
        """Analyze a file anew, soon; what was begun of it is given up."""
        if file.pending is not None:
            file.pending.cancel()
        file.latest = None
        file.pending = asyncio.get_running_loop().create_task(self._analyzed(file, file.version))

    async def _analyzed(self, file: OpenFile, version: int) -> None:
        text = file.lines.text
        await asyncio.sleep(self.settings.debounce)
        ours = is_ours(text)
        analysis = await self.helper.analyze(text, file.name) if ours else Analysis()
        file.latest = analysis
        if analysis.readable:
            file.surveyed = Analyzed(text, analysis)
        found = diagnostics(file.lines, analysis, file.name, file.uri)
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(file.uri, found, version))

    async def settled(self, uri: str, seconds: float | None = None) -> OpenFile | None:
        """The file once the text as it is now has been analyzed; after so many seconds as it is then."""
        file = self.files.get(uri)
        while file is not None and file.latest is None and (pending := file.pending) is not None:
            done, _ = await asyncio.wait([pending], timeout=seconds)
            if not done:
                break
            if pending is file.pending:
                break
        return file

    async def close(self, file: OpenFile) -> None:
        """Forget a file, and what is said of it."""
        if file.pending is not None:
            file.pending.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await file.pending


def serve(settings: Wanted) -> None:
    """Serve one editor over standard input and output until it ends."""
    server = Server(settings)
    _hear_begin_and_end(server)
    _hear_documents(server)
    _hear_questions(server)
    server.start_io()


def _hear_begin_and_end(server: Server) -> None:
    """What an editor wants, and that it ends."""

    @server.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        edit = params.capabilities.workspace and params.capabilities.workspace.workspace_edit
        agreed = server.workspace.position_encoding  # what pygls has told the editor: the first that it offers
        server.encoding = UTF16 if agreed is None else str(getattr(agreed, "value", agreed))
        server.versioned = bool(edit and edit.document_changes)
        server.settings = taken_over(server.settings, params.initialization_options)
        server.helper.options = server.settings.words

    @server.feature(types.SHUTDOWN)
    async def ended(_: Any) -> None:
        for file in server.files.values():
            await server.close(file)
        await server.helper.end()


def _hear_documents(server: Server) -> None:
    """What an editor tells: files that are opened, changed, saved and closed."""

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: types.DidOpenTextDocumentParams) -> None:
        document = params.text_document
        file = server.files[document.uri] = OpenFile(document.uri, document.text, document.version, server.encoding)
        server.start_analysis(file)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(params: types.DidChangeTextDocumentParams) -> None:
        file = server.files.get(params.text_document.uri)
        if file is not None:
            for one in params.content_changes:
                file.change(one)
            file.version = params.text_document.version
            server.start_analysis(file)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def saved(params: types.DidSaveTextDocumentParams) -> None:
        for file in server.files.values():  # a plan reads its base from the disk
            if file.uri != params.text_document.uri and not file.lines.text.lstrip().startswith("<"):
                server.start_analysis(file)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    async def closed(params: types.DidCloseTextDocumentParams) -> None:
        file = server.files.pop(params.text_document.uri, None)
        if file is not None:
            await server.close(file)
            server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(file.uri, []))


def _hear_questions(server: Server) -> None:
    """What an editor asks."""

    @server.feature(
        types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix])
    )
    async def code_action(params: types.CodeActionParams) -> list[types.CodeAction]:
        only = params.context.only
        file = await server.settled(params.text_document.uri)
        if file is None or file.latest is None or (only and types.CodeActionKind.QuickFix not in only):
            return []
        version = file.version if server.versioned else None
        target = types.OptionalVersionedTextDocumentIdentifier(file.uri, version)
        return actions(file.lines, file.latest, file.name, target, params.range)

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def hovered(params: types.HoverParams) -> types.Hover | None:
        file = await server.settled(params.text_document.uri)
        if file is None:
            return None
        return hover(file.view, file.latest or Analysis(), file.name, file.lines.offset(params.position))

    @server.feature(types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=["'", '"', "<", " "]))
    async def complete(params: types.CompletionParams) -> list[types.CompletionItem]:
        file = await server.settled(params.text_document.uri, _PATIENCE)
        return [] if file is None else completions(file.view, file.lines.offset(params.position))

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    async def define(params: types.DefinitionParams) -> types.Location | None:
        file = await server.settled(params.text_document.uri)
        return None if file is None else definition(file.view, file.uri, file.lines.offset(params.position))
