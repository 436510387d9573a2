"""Ctrl-C and SIGTERM: the first stops a search and keeps everything, the second is immediate."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from automl.cli.console import Console
    from automl.core.study import StopRequest

_EXIT = {signal.SIGINT: 130, signal.SIGTERM: 143}


@contextmanager
def stop_on_signals(console: Console) -> Iterator[StopRequest]:
    """A request that the signals set while a search heeds it; elsewhere they interrupt at once.

    Exits with 130 or 143, after the console has said how to go on.
    """
    from automl.core.study import StopRequest
    from automl.errors import SearchInterrupted

    stop = StopRequest()
    received = [signal.SIGINT]

    def handle(number: int, frame: FrameType | None) -> None:
        received.append(signal.Signals(number))
        if stop.requested or not stop.is_heeded:
            raise KeyboardInterrupt
        stop.requested = True

    before = {number: signal.signal(number, handle) for number in _EXIT}
    try:
        yield stop
    except (SearchInterrupted, KeyboardInterrupt):
        console.say_stopped()
        sys.exit(_EXIT[received[-1]])
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def sigterm_as_ctrl_c() -> Iterator[None]:
    """Let SIGTERM raise KeyboardInterrupt, so that contexts are left and what they hold is ended."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
