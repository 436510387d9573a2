"""Start workers where a process cannot fork: each imports everything itself."""

from __future__ import annotations

import multiprocessing
import os
import socket
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import ModuleType

from automl.execution.environment import worker_environment
from automl.execution.tree import ProcessTree
from automl.execution.worker import Task, work


class SpawnedProcess:
    """A ``WorkerProcess`` of ``multiprocessing``."""

    def __init__(self, process: BaseProcess, channel: socket.socket, lifeline: Connection) -> None:
        self.process = process
        self.channel = channel
        self.exit_code: int | None = None
        assert process.pid is not None, "it was started"
        self.tree: ProcessTree | None = ProcessTree(process.pid)
        self._lifeline = lifeline

    def kill(self) -> None:
        """See ``WorkerProcess``."""
        self.channel.close()
        self._lifeline.close()
        if self.tree is not None:
            self.tree.kill()


class Spawner:
    """A ``Launcher`` for every platform. A new worker costs seconds and a memory of its own.

    Parameters
    ----------
    task : pickled for each worker
    n_threads : of each worker
    """

    def __init__(self, task: Task, *, n_threads: int) -> None:
        self._task = task
        self._n_threads = n_threads
        self._workers: list[SpawnedProcess] = []

    def start(self, log: Path) -> SpawnedProcess:
        """See ``Launcher``."""
        channel, theirs = socket.socketpair()
        lifeline, ours = multiprocessing.Pipe(duplex=False)
        process = multiprocessing.get_context("spawn").Process(
            target=_serve, args=(theirs, lifeline, self._task, str(log)), daemon=True
        )
        with _hidden_main(), _environment(self._n_threads):
            process.start()
        theirs.close()
        lifeline.close()
        worker = SpawnedProcess(process, channel, ours)
        self._workers.append(worker)
        return worker

    def waitables(self) -> Sequence[int]:
        """See ``Launcher``."""
        return [w.process.sentinel for w in self._workers if w.exit_code is None]

    def listen(self) -> None:
        """See ``Launcher``."""
        for worker in self._workers:
            worker.exit_code = worker.process.exitcode
        self._workers = [w for w in self._workers if w.exit_code is None]

    def close(self) -> None:
        """See ``Launcher``."""
        for worker in self._workers:
            worker.kill()
        for worker in self._workers:
            worker.process.join()
        self.listen()


def _serve(channel: socket.socket, lifeline: Connection, task: Task, log: str) -> None:
    if hasattr(os, "setsid"):
        os.setsid()
    threading.Thread(target=_end_with, args=(lifeline,), daemon=True).start()
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    work(channel, lambda: task, out)


def _end_with(lifeline: Connection) -> None:
    """End this process when the other end of ``lifeline`` is gone; native code that holds the lock delays that."""
    try:
        lifeline.recv_bytes()
    except (EOFError, OSError):
        os._exit(1)


@contextmanager
def _hidden_main() -> Iterator[None]:
    """Hide ``__main__``, which a worker would import: a script without a ``__main__`` guard would begin again."""
    main = sys.modules["__main__"]
    blank = ModuleType("__main__")
    blank.__spec__ = None
    sys.modules["__main__"] = blank
    try:
        yield
    finally:
        sys.modules["__main__"] = main


@contextmanager
def _environment(n_threads: int) -> Iterator[None]:
    """The environment of workers, which a process inherits when it starts."""
    before = dict(os.environ)
    os.environ.update(worker_environment(n_threads))
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
