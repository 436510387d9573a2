"""Ctrl-C, SIGTERM and a closed terminal: the first stops a search and keeps everything, the second is immediate."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from automl.cli.console import Console
    from automl.core.study import StopRequest

_HANG_UP = None if sys.platform == "win32" else signal.SIGHUP
_EXIT = {signal.SIGINT: 130, signal.SIGTERM: 143} | ({} if _HANG_UP is None else {_HANG_UP: 129})
_UNWIND_S = 0.5  # for leaving in good order after a second signal


@contextmanager
def stop_on_signals(console: Console) -> Iterator[StopRequest]:
    """A request that the signals set while a search heeds it; elsewhere they interrupt at once.

    Exits with 130, 143 or 129 (closed terminal), after the console has said how to go on.
    """
    from automl.core.study import StopRequest
    from automl.errors import SearchInterrupted

    stop = StopRequest()
    received: list[int] = []
    terminals = [fd for fd in (1, 2) if os.isatty(fd)]

    def handle(number: int, frame: FrameType | None) -> None:
        received.append(number)
        if number == _HANG_UP:
            _let_go(terminals)
            if len(received) > 1:  # the shell and the system both send it
                return
        if stop.requested or not stop.is_heeded:
            raise KeyboardInterrupt
        stop.requested = True

    try:
        with _handled_by(handle), _insisting():
            yield stop
    except (SearchInterrupted, KeyboardInterrupt):
        console.say_stopped()
        sys.exit(_EXIT[signal.Signals(received[-1])] if received else 130)


@contextmanager
def _handled_by(handle: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Our signals go to ``handle``; a hang-up that is ignored, as below ``nohup``, stays so."""
    ours = [number for number in _EXIT if number != _HANG_UP or signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, handle) for number in ours}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _insisting() -> Iterator[None]:
    """The second Ctrl-C or SIGTERM ends the process soon, also while native code keeps its handler from running."""
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    has_left = Event()
    before = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
    Thread(target=_insist, args=(ours, has_left), name="automl-signals", daemon=True).start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        has_left.set()
        theirs.close()


def _insist(ours: socket.socket, has_left: Event) -> None:
    n_asked = 0
    with ours:
        while numbers := ours.recv(16):  # one byte per signal, written before any handler runs
            for number in numbers:
                n_asked += number in _EXIT and number != _HANG_UP
                if n_asked > 1 and not has_left.wait(_UNWIND_S):
                    os._exit(_EXIT[signal.Signals(number)])


def _let_go(terminals: list[int]) -> None:
    """Write to nowhere instead of a terminal that is gone, which would be an error."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for fd in terminals:
        os.dup2(nowhere, fd)
    os.close(nowhere)


@contextmanager
def sigterm_as_ctrl_c() -> Iterator[None]:
    """Let SIGTERM raise KeyboardInterrupt, so that contexts are left and what they hold is ended."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
