"""A process with everything it started: what it holds, and its end."""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import suppress
from typing import Any

_LOOK_AGAIN_S = 0.5  # listing the children reads the whole process table


class ProcessTree:
    """A process and its descendants, as far as they have been seen."""

    def __init__(self, pid: int) -> None:
        self._root = _process(pid)
        self._descendants: list[Any] = []
        self._looked = -_LOOK_AGAIN_S

    def resident_mb(self) -> float:
        """Resident memory of all of them; what they share with others counts in full."""
        if self._root is None:
            return 0.0
        now = time.monotonic()
        if now - self._looked >= _LOOK_AGAIN_S:
            self._looked = now
            self._look()
        return sum(_resident_mb(process) for process in (self._root, *self._descendants))

    def kill(self) -> None:
        """Kill every one of them, and all that is in the root's process group."""
        if self._root is None:
            return
        self._look()
        _kill_group(self._root.pid)
        for process in (self._root, *self._descendants):
            with suppress(_psutil().Error):
                process.kill()

    def _look(self) -> None:
        """Descendants known before stay known: one whose parent died is nobody's child."""
        with suppress(_psutil().Error):
            found = self._root.children(recursive=True)
            self._descendants = list({p.pid: p for p in (*self._descendants, *found) if p.is_running()}.values())


def _kill_group(pid: int) -> None:
    if sys.platform != "win32":
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)


def _process(pid: int) -> Any:
    """``None`` for a process that is gone."""
    try:
        return _psutil().Process(pid)
    except _psutil().NoSuchProcess:
        return None


def _resident_mb(process: Any) -> float:
    try:
        return float(process.memory_info().rss) / 2**20
    except _psutil().Error:
        return 0.0


def _psutil() -> Any:
    import psutil

    return psutil
