"""Whole messages over a stream: each is preceded by its length."""

from __future__ import annotations

import socket

_LENGTH_BYTES = 8
_CHUNK = 1 << 20
MAX_BYTES = 1 << 30
"""A longer message is refused: no result is, so its sender has gone mad."""


def frame(message: bytes) -> bytes:
    """The message with its length before it."""
    return len(message).to_bytes(_LENGTH_BYTES) + message


def send(channel: socket.socket, message: bytes) -> None:
    """Send a message; waits until it is on its way."""
    channel.sendall(frame(message))


def receive(channel: socket.socket) -> bytes:
    """The next message; waits for it.

    Raises
    ------
    EOFError
        If the other end is closed.
    """
    return _exactly(channel, int.from_bytes(_exactly(channel, _LENGTH_BYTES)))


def _exactly(channel: socket.socket, n_bytes: int) -> bytes:
    held = bytearray()
    while len(held) < n_bytes:
        chunk = channel.recv(min(n_bytes - len(held), _CHUNK))
        if not chunk:
            raise EOFError
        held += chunk
    return bytes(held)


class Inbox:
    """Messages from a channel that is never waited for: a sender that stops half-way holds nobody up."""

    def __init__(self, channel: socket.socket) -> None:
        channel.setblocking(False)
        self._channel = channel
        self._held = bytearray()
        self._is_closed = False

    def receive(self) -> bytes | None:
        """The next whole message, ``None`` when there is none yet.

        Raises
        ------
        EOFError
            If the other end is closed, once every whole message has been read.
        ValueError
            If a message is longer than ``MAX_BYTES``.
        """
        self._read()
        if (message := self._next()) is None and self._is_closed:
            raise EOFError
        return message

    def _read(self) -> None:
        while not self._is_closed:
            try:
                chunk = self._channel.recv(_CHUNK)
            except BlockingIOError:
                return
            except OSError:  # reset by a sender that died
                chunk = b""
            self._is_closed = not chunk
            self._held += chunk
            self._n_bytes()

    def _n_bytes(self) -> int | None:
        """Length of the message that begins here, if so much is known."""
        if len(self._held) < _LENGTH_BYTES:
            return None
        n_bytes = int.from_bytes(self._held[:_LENGTH_BYTES])
        if n_bytes > MAX_BYTES:
            raise ValueError(f"a message of {n_bytes} bytes")
        return n_bytes

    def _next(self) -> bytes | None:
        n_bytes = self._n_bytes()
        if n_bytes is None or len(self._held) < _LENGTH_BYTES + n_bytes:
            return None
        message = bytes(self._held[_LENGTH_BYTES : _LENGTH_BYTES + n_bytes])
        del self._held[: _LENGTH_BYTES + n_bytes]
        return message
