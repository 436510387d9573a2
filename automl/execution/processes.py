"""Trials in long-lived worker processes, each owning one trial at a time."""

from __future__ import annotations

import pickle
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from automl.core.ports import Evaluate
from automl.core.trial import Suggestion, TrialResult, TrialState
from automl.errors import AutoMLError
from automl.execution.launch import launch, start_template
from automl.execution.messages import READY, pack_suggestion, unpack_result

_MAX_FAILED_STARTS = 3
_LAST_WORDS = 500
_GRACE_S = 1.0  # between the end of a worker's pipe and its exit code


@dataclass
class _Worker:
    """A process and what it is doing: ``number`` is ``None`` while it starts or waits.

    What ``log`` held when the trial was given to it, ``n_old_bytes``, is of other trials, workers or sessions.
    """

    process: BaseProcess
    connection: Connection
    log: Path
    n_old_bytes: int
    is_ready: bool = False
    number: int | None = None
    waiting: Suggestion | None = None
    begun: float = field(default_factory=time.monotonic)


class ProcessExecutor:
    """An ``Executor`` of ``capacity`` worker processes.

    A worker that dies becomes the CRASHED result of its trial and is replaced; the others do not notice.

    Parameters
    ----------
    make : picklable; called once in each worker, gives what evaluates a suggestion
    capacity : number of processes
    log_dir : existing folder; ``N.log`` takes what worker N prints
    n_threads : of each worker
    preload : modules that the template of the workers imports once
    """

    def __init__(
        self,
        make: Callable[[], Evaluate],
        capacity: int,
        *,
        log_dir: Path,
        n_threads: int = 1,
        preload: Sequence[str] = (),
    ) -> None:
        self._capacity = capacity
        self._task = pickle.dumps((make, n_threads))
        self._log_dir = log_dir
        self._n_threads = n_threads
        self._workers: list[_Worker] = []
        self._failed_starts = 0
        self._lifeline, self._lifeline_held = Pipe(duplex=False)
        start_template(n_threads=n_threads, preload=preload)

    @property
    def capacity(self) -> int:
        """Number of processes."""
        return self._capacity

    def submit(self, suggestion: Suggestion) -> None:
        """Give the trial to an idle worker, a new one if there is none."""
        idle = next((w for w in self._workers if w.number is None), None) or self._start()
        idle.number = suggestion.number
        idle.begun = time.monotonic()
        idle.waiting = suggestion
        if idle.is_ready:
            idle.n_old_bytes = _size(idle.log)
            self._send(idle)

    def next_finished(self, timeout_s: float | None) -> TrialResult | None:
        """The next result; a worker's death is one too.

        Raises
        ------
        AutoMLError
            If workers die again and again before they are ready.
        """
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        while busy := [w for w in self._workers if w.number is not None]:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            heard = wait([w.connection for w in busy] + [w.process.sentinel for w in busy], left)
            if not heard:
                return None
            for worker in busy:
                has_news = worker.connection in heard or worker.process.sentinel in heard
                if has_news and (result := self._listen(worker)) is not None:
                    return result
        return None

    def cancel(self, number: int) -> None:
        """Kill the worker of a trial."""
        for worker in [w for w in self._workers if w.number == number]:
            self._remove(worker)

    def close(self) -> None:
        """End every worker."""
        for worker in list(self._workers):
            self._remove(worker)
        self._lifeline.close()
        self._lifeline_held.close()

    def _start(self) -> _Worker:
        ours, theirs = Pipe()
        log = self._free_log()
        n_old_bytes = _size(log)
        process = launch(theirs, self._lifeline, log=str(log), n_threads=self._n_threads)
        theirs.close()
        worker = _Worker(process, ours, log, n_old_bytes)
        self._workers.append(worker)
        with suppress(OSError):  # it died at once: its connection reads as ended, and _bury counts it
            ours.send_bytes(self._task)
        return worker

    def _free_log(self) -> Path:
        """The first log that no living worker writes to."""
        logs = (self._log_dir / f"{number}.log" for number in count())
        taken = {worker.log for worker in self._workers}
        return next(log for log in logs if log not in taken)

    def _listen(self, worker: _Worker) -> TrialResult | None:
        """What a worker that has something to say, or has died, says; ``None`` for "ready"."""
        try:
            if not worker.connection.poll():
                return self._bury(worker)
            message = worker.connection.recv_bytes()
            if message == READY:
                worker.is_ready = True
                self._failed_starts = 0
                self._send(worker)
                return None
            result = unpack_result(message)
        except (EOFError, OSError):
            return self._bury(worker)
        worker.number = worker.waiting = None
        return result

    def _send(self, worker: _Worker) -> None:
        assert worker.waiting is not None, "a worker is sent the trial it waits with"
        try:
            worker.connection.send_bytes(pack_suggestion(worker.waiting))
        except OSError:
            # it died idle: its connection reads as ended, and the trial is taken over in _bury
            return
        worker.waiting = None

    def _bury(self, worker: _Worker) -> TrialResult | None:
        """Remove a dead worker; its trial crashed, or goes to another worker if it never reached this one."""
        worker.process.join(_GRACE_S)
        self._remove(worker)
        if worker.waiting is None:
            return _crashed(worker)
        if not worker.is_ready:
            self._count_failed_start(worker)
        self.submit(worker.waiting)
        return None

    def _count_failed_start(self, worker: _Worker) -> None:
        self._failed_starts += 1
        if self._failed_starts >= _MAX_FAILED_STARTS:
            raise AutoMLError(
                f"{self._failed_starts} workers died before they were ready ({_cause(worker.process)}); "
                f"the end of {worker.log}:\n{_last_words(worker)}"
            )

    def _remove(self, worker: _Worker) -> None:
        self._workers.remove(worker)
        worker.connection.close()
        worker.process.kill()
        worker.process.join()


def _crashed(worker: _Worker) -> TrialResult:
    assert worker.number is not None, "only a busy worker is listened to"
    return TrialResult(
        number=worker.number,
        state=TrialState.CRASHED,
        seconds=time.monotonic() - worker.begun,
        error=f"the worker process died: {_cause(worker.process)}",
        traceback=_last_words(worker) or None,
    )


def _cause(process: BaseProcess) -> str:
    """Name of the signal, or the exit code."""
    code = process.exitcode
    if code is not None and code < 0:
        return signal.Signals(-code).name
    return f"exit code {code}"


def _last_words(worker: _Worker) -> str:
    """The end of what it printed since the trial was given to it."""
    if not worker.log.exists():
        return ""
    return worker.log.read_bytes()[worker.n_old_bytes :].decode(errors="replace")[-_LAST_WORDS:]


def _size(log: Path) -> int:
    return log.stat().st_size if log.exists() else 0
