"""What starts worker processes, and how the pool knows one."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from automl.execution.tree import ProcessTree


class WorkerProcess(Protocol):
    """A worker process, from outside.

    Attributes
    ----------
    channel : the driver's end
    tree : ``None`` until its process id is known
    exit_code : minus the signal if it was killed, ``None`` while it runs
    """

    channel: socket.socket
    tree: ProcessTree | None
    exit_code: int | None

    def kill(self) -> None:
        """End it and everything it started, whatever it does; twice is fine."""
        ...


class Launcher(Protocol):
    """Starts workers of one kind, which all get the same task. Called from one thread."""

    def start(self, log: Path) -> WorkerProcess:
        """A worker, which begins at once and prints to ``log``."""
        ...

    def waitables(self) -> Sequence[int]:
        """What can be waited on: ready when a worker has ended."""
        ...

    def listen(self) -> None:
        """Bring ``tree`` and ``exit_code`` of the workers up to date; never waits."""
        ...

    def close(self) -> None:
        """End every worker and whatever starts them; returns when they are gone."""
        ...
