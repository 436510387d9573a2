"""A server that misbehaves on command: a real proxy between a client and a real server."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import suppress
from enum import StrEnum
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any, Self

_NOT_PASSED_ON = ("connection", "content-length", "transfer-encoding", "server", "date")


class Mode(StrEnum):
    """What becomes of a request."""

    PASS = "pass"
    SLOW = "slow"  # answered after ``delay_s``
    SILENT = "silent"  # taken, and never answered
    LOST = "lost"  # passed on, and the answer lost
    ERROR = "error"  # answered with 500
    REFUSE = "refuse"  # nobody listens


class UnreliableProxy:
    """Passes HTTP on to a port of this computer, or not; a context.

    Parameters
    ----------
    to_port : where the real server listens

    Attributes
    ----------
    lose_every : every so manieth answer is lost, whatever the mode; 0 for none
    only : requests whose path does not hold this are passed on, whatever the mode
    n_asked, n_answered, n_lost : requests so far, those of them that were answered well, those whose answer was lost
    n_held : requests that are kept waiting
    paths : how often each was asked for, without what follows a question mark
    """

    def __init__(self, to_port: int, *, delay_s: float = 0.5) -> None:
        self.to_port = to_port
        self.delay_s = delay_s
        self.mode = Mode.PASS
        self.lose_every = 0
        self.only = ""
        self.n_asked = 0
        self.n_answered = 0
        self.n_lost = 0
        self.n_held = 0
        self.paths: Counter[str] = Counter()
        self._changed = Event()
        self._server = self._listen(0)
        self.port: int = self._server.server_port

    @property
    def url(self) -> str:
        """What clients are told."""
        return f"http://127.0.0.1:{self.port}"

    def become(self, mode: Mode) -> None:
        """Treat requests like this from now on; those that were never to be answered are broken off."""
        was, self.mode = self.mode, mode
        self._changed.set()
        self._changed = Event()
        if Mode.REFUSE in (was, mode) and was is not mode:
            if mode is Mode.REFUSE:
                self._end()
            else:
                self._server = self._listen(self.port)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.become(Mode.REFUSE)

    def wait_for_change(self) -> None:
        """Until ``become`` is called."""
        self._changed.wait()

    def _listen(self, port: int) -> ThreadingHTTPServer:
        server = _Server(("127.0.0.1", port), _handler(self))
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        return server

    def _end(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has gone is nothing to print."""


def _handler(proxy: UnreliableProxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            proxy.n_asked += 1
            proxy.paths[self.path.partition("?")[0]] += 1
            match proxy.mode if proxy.only in self.path else Mode.PASS:
                case Mode.REFUSE:
                    self.close_connection = True
                    return
                case Mode.SILENT:
                    proxy.n_held += 1
                    proxy.wait_for_change()
                    proxy.n_held -= 1
                    self.close_connection = True
                    return
                case Mode.ERROR:
                    self.answer(500, {}, b"broken")
                    return
                case Mode.SLOW:
                    time.sleep(proxy.delay_s)
            is_lost = proxy.mode is Mode.LOST or (proxy.lose_every and proxy.n_asked % proxy.lose_every == 0)
            status, headers, text = self.ask(body)
            if is_lost:
                proxy.n_lost += 1
                self.close_connection = True
                return
            self.answer(status, headers, text)
            proxy.n_answered += 1

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = pass_on

        def ask(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
            connection = HTTPConnection("127.0.0.1", proxy.to_port, timeout=60)
            try:
                connection.request(self.command, self.path, body, dict(self.headers))
                answer = connection.getresponse()
                return answer.status, dict(answer.getheaders()), answer.read()
            finally:
                connection.close()

        def answer(self, status: int, headers: dict[str, str], text: bytes) -> None:
            with suppress(OSError):  # the client has gone
                self.send_response(status)
                for name, value in headers.items():
                    if name.lower() not in _NOT_PASSED_ON:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: what is asked is the client's business."""

    return Handler
