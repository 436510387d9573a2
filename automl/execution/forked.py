"""Start workers by forking a template that has imported what they need."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.spawn import get_executable
from pathlib import Path

from automl.execution.environment import worker_environment
from automl.execution.parcel import Parcel
from automl.execution.template import ENDED, NEWS, REQUEST
from automl.execution.tree import ProcessTree

_TEMPLATE = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[3]); "
    "from automl.execution.template import serve; serve(int(sys.argv[1]), int(sys.argv[2]), sys.argv[4:])"
)
_PATIENCE_S = 10.0
_POLL_S = 0.005


class ForkedProcess:
    """A ``WorkerProcess`` forked from a template; its lifeline is a pipe that the driver alone holds open."""

    def __init__(self, channel: socket.socket, lifeline: int) -> None:
        self.channel = channel
        self.exit_code: int | None = None
        self.tree: ProcessTree | None = None
        self._lifeline = lifeline

    def kill(self) -> None:
        """See ``WorkerProcess``. The end of the lifeline reaches a worker that has not told its process id yet."""
        if self._lifeline < 0:
            return
        os.close(self._lifeline)
        self._lifeline = -1
        self.channel.close()
        if self.tree is not None:
            self.tree.kill()


class Template:
    """A ``Launcher``. A new worker costs 0.05 s, and shares the memory of the libraries with the others.

    Parameters
    ----------
    preload : modules to import once; the first worker waits for that
    n_threads : of each worker
    log : file for what the template prints
    """

    def __init__(self, parcel: Parcel, *, preload: Sequence[str], n_threads: int, log: Path) -> None:
        self._parcel = parcel
        self._preload = tuple(preload)
        self._n_threads = n_threads
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._workers: dict[int, ForkedProcess] = {}
        self._n_started = 0
        self._begin()

    def start(self, log: Path) -> ForkedProcess:
        """See ``Launcher``."""
        if self._process is None:
            self._begin()
        channel, theirs = socket.socketpair()
        lifeline, ours = os.pipe()
        out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        worker = ForkedProcess(channel, ours)
        self._n_started += 1
        self._workers[self._n_started] = worker
        try:
            fds = [theirs.fileno(), lifeline, self._parcel.fileno(), out]
            socket.send_fds(self._control, [REQUEST.pack(self._n_started)], fds)
        except OSError:  # the template is gone, and its workers with it: ``listen`` says so
            pass
        finally:
            theirs.close()
            os.close(lifeline)
            os.close(out)
        return worker

    def waitables(self) -> tuple[int, ...]:
        """See ``Launcher``."""
        return () if self._process is None else (self._control.fileno(),)

    def listen(self) -> None:
        """See ``Launcher``. A template that died takes its workers with it; ``start`` makes another."""
        if self._process is None:
            return
        with suppress(BlockingIOError):
            while chunk := self._receive():
                self._news += chunk
                self._read_news()
            self._bury()

    def close(self) -> None:
        """See ``Launcher``. A template that is still importing is not waited for: it has not forked anything yet."""
        for worker in self._workers.values():
            worker.kill()
        self.listen()
        deadline = time.monotonic() + _PATIENCE_S
        while any(worker.tree is not None for worker in self._workers.values()) and time.monotonic() < deadline:
            time.sleep(_POLL_S)
            self.listen()
        if self._process is not None:
            self._bury()
        if self._log.exists() and self._log.stat().st_size == 0:
            self._log.unlink()

    def _begin(self) -> None:
        self._control, theirs = socket.socketpair()
        lifeline, self._lifeline = os.pipe()
        self._news = b""
        fds, path = (theirs.fileno(), lifeline), json.dumps([str(entry) for entry in sys.path])
        with self._log.open("ab") as out:
            self._process = subprocess.Popen(
                [get_executable(), "-P", "-c", _TEMPLATE, *map(str, fds), path, *self._preload],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env=worker_environment(self._n_threads),
                pass_fds=fds,
                start_new_session=True,
            )
        theirs.close()
        os.close(lifeline)
        self._control.setblocking(False)

    def _receive(self) -> bytes:
        try:
            return self._control.recv(4096)
        except ConnectionResetError:
            return b""

    def _read_news(self) -> None:
        while len(self._news) >= NEWS.size:
            worker_id, pid, kind, code = NEWS.unpack(self._news[: NEWS.size])
            self._news = self._news[NEWS.size :]
            worker = self._workers[worker_id]
            if kind == ENDED:
                worker.exit_code = code
                del self._workers[worker_id]
            else:
                worker.tree = ProcessTree(pid)

    def _bury(self) -> None:
        """The template has ended, or has to."""
        assert self._process is not None, "called once for each process"
        self._control.close()
        os.close(self._lifeline)
        code = self._process.wait()
        self._process = None
        for worker in self._workers.values():
            worker.kill()
            worker.exit_code = code
        self._workers.clear()
