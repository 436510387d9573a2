"""Trials in long-lived worker processes, each owning one trial at a time and watched while it does."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from itertools import count
from multiprocessing.connection import wait
from pathlib import Path
from typing import Literal, TypeAlias

from automl.core.ports import Evaluate
from automl.core.trial import Suggestion, Trial, TrialResult, TrialState
from automl.errors import AutoMLError
from automl.execution.forked import Template
from automl.execution.handle import WorkerHandle
from automl.execution.limits import NO_LIMITS, Limits, TimeLimits
from automl.execution.parcel import Parcel
from automl.execution.ports import Launcher
from automl.execution.spawned import Spawner
from automl.execution.worker import Task

Modules: TypeAlias = tuple[str, ...]

_TICK_S = 0.05
"""How often time and memory are looked at."""

_MAX_FAILED_STARTS = 3
_MAX_START_S = 300.0
_GRACE_S = 1.0  # between the end of a worker's channel and its exit code


def _no_modules(suggestion: Suggestion) -> Modules:
    return ()


class ProcessExecutor:
    """An ``Executor`` of ``capacity`` worker processes.

    A worker that dies, hangs or holds too much memory is killed with everything it started, becomes the CRASHED,
    TIMED_OUT or OUT_OF_MEMORY result of its trial, and is replaced; the others do not notice.

    Parameters
    ----------
    make : picklable; called once in each worker, gives what evaluates a suggestion
    capacity : number of trials at once
    log_dir : existing folder; ``N.log`` takes what worker N prints
    n_threads : of each worker
    limits : of each trial
    finished : the trials of earlier sessions, which say how long a trial takes
    modules_for : what a worker should have imported for a trial; each answer gets a template of its own
    start_method : ``None`` for the better one of this platform
    """

    def __init__(
        self,
        make: Callable[[], Evaluate],
        capacity: int,
        *,
        log_dir: Path,
        n_threads: int = 1,
        limits: Limits = NO_LIMITS,
        finished: Sequence[Trial] = (),
        modules_for: Callable[[Suggestion], Modules] = _no_modules,
        start_method: Literal["fork", "spawn"] | None = None,
    ) -> None:
        self._capacity = capacity
        self._task: Task = (make, n_threads, limits.memory_mb)
        self._log_dir = log_dir
        self._n_threads = n_threads
        self._limits = limits
        self._modules_for = modules_for
        self._time_limits = TimeLimits(limits.timeout_s)
        for trial in finished:
            self._time_limits.learn(modules_for(trial.suggestion), trial.result)
        self._parcel = Parcel(self._task, log_dir) if (start_method or _best_method()) == "fork" else None
        self._launchers: dict[Modules, Launcher] = {}
        self._workers: list[WorkerHandle] = []
        self._failed_starts = 0
        self._last_look = 0.0

    @property
    def capacity(self) -> int:
        """Number of trials at once."""
        return self._capacity

    def submit(self, suggestion: Suggestion) -> None:
        """Give the trial to an idle worker, a new one if there is none."""
        kind = self._modules_for(suggestion)
        self._listen()
        idle = [w for w in self._workers if w.trial is None and w.kind == kind]
        worker = next((w for w in idle if w.process.exit_code is None), None) or self._start(kind)
        worker.assign(suggestion)

    def next_finished(self, timeout_s: float | None) -> TrialResult | None:
        """The next result; a worker's end is one too.

        Raises
        ------
        AutoMLError
            If workers die again and again before they are ready.
        """
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        while any(w.trial is not None for w in self._workers):
            if (result := self._hear() or self._enforce()) is not None:
                return result
            left = _TICK_S if deadline is None else deadline - time.monotonic()
            if left <= 0:
                return None
            wait(self._waitables(), min(left, _TICK_S))
        return None

    def cancel(self, number: int) -> None:
        """Kill the worker of a trial."""
        for worker in [w for w in self._workers if w.trial is not None and w.trial.number == number]:
            self._remove(worker)

    def close(self) -> None:
        """End every worker."""
        for launcher in self._launchers.values():
            launcher.close()
        self._launchers.clear()
        self._workers.clear()
        if self._parcel is not None:
            self._parcel.close()

    def _start(self, kind: Modules) -> WorkerHandle:
        if kind not in self._launchers:
            self._launchers[kind] = self._launcher(kind)
        log = self._free_log()
        worker = WorkerHandle(self._launchers[kind].start(log), kind=kind, log=log)
        self._workers.append(worker)
        return worker

    def _launcher(self, kind: Modules) -> Launcher:
        if self._parcel is None:
            return Spawner(self._task, n_threads=self._n_threads)
        log = self._log_dir / f"template-{len(self._launchers)}.log"
        return Template(self._parcel, preload=kind, n_threads=self._n_threads, log=log)

    def _free_log(self) -> Path:
        """The first log that no worker writes to."""
        logs = (self._log_dir / f"{number}.log" for number in count())
        taken = {worker.log for worker in self._workers}
        return next(log for log in logs if log not in taken)

    def _waitables(self) -> list[int]:
        channels = [w.process.channel.fileno() for w in self._workers if w.trial is not None]
        return [*self._ends(), *channels]

    def _ends(self) -> list[int]:
        return [end for launcher in self._launchers.values() for end in launcher.waitables()]

    def _listen(self) -> None:
        for launcher in self._launchers.values():
            launcher.listen()

    def _hear(self) -> TrialResult | None:
        """A result that has come, or that of a worker that has died."""
        self._listen()
        for worker in [w for w in self._workers if w.trial is not None]:
            try:
                result = worker.hear()
            except EOFError:
                result = self._bury(worker)
            except ValueError as err:
                result = self._end(worker, TrialState.CRASHED, f"the worker process sent what is no result: {err}")
            else:
                if worker.has_trial:
                    self._failed_starts = 0
                if result is not None:
                    self._time_limits.learn(worker.kind, result)
                    self._retire_if_grown(worker)
                elif worker.process.exit_code is not None:
                    result = self._bury(worker)
            if result is not None:
                return result
        return None

    def _enforce(self) -> TrialResult | None:
        """The result of a worker that is over a limit, and ended for it."""
        now = time.monotonic()
        if now - self._last_look < _TICK_S / 2:
            return None
        self._last_look = now
        for worker in [w for w in self._workers if w.trial is not None]:
            resident_mb, most_mb = worker.measure(), self._limits.memory_mb
            if not worker.has_trial:
                if worker.elapsed_s > _MAX_START_S:
                    return self._bury(worker)
            elif most_mb is not None and resident_mb > most_mb:
                return self._end(worker, TrialState.OUT_OF_MEMORY, f"over the memory limit of {most_mb:.0f} MB")
            elif worker.elapsed_s > (most_s := self._time_limits.seconds(worker.kind)):
                limit = f"over the time limit of {most_s:.4g} s"
                return self._end(worker, TrialState.TIMED_OUT, limit)
        return None

    def _retire_if_grown(self, worker: WorkerHandle) -> None:
        """Replace a worker that holds half of what its next trial may."""
        if self._limits.memory_mb is not None and worker.measure() > self._limits.memory_mb / 2:
            self._remove(worker)

    def _end(self, worker: WorkerHandle, state: TrialState, error: str) -> TrialResult:
        result = worker.lost(state, error)
        self._remove(worker)
        return result

    def _bury(self, worker: WorkerHandle) -> TrialResult | None:
        """Remove a worker that died; its trial crashed, or goes to another worker if it never reached this one."""
        self._await_exit_code(worker)
        trial = worker.trial
        assert trial is not None, "only a busy worker is listened to"
        if worker.has_trial:
            return self._end(worker, TrialState.CRASHED, f"the worker process died: {worker.cause()}")
        self._remove(worker)
        self._count_failed_start(worker)
        self.submit(trial)
        return None

    def _await_exit_code(self, worker: WorkerHandle) -> None:
        deadline = time.monotonic() + _GRACE_S
        while worker.process.exit_code is None and time.monotonic() < deadline:
            wait(self._ends(), _GRACE_S)
            self._listen()

    def _count_failed_start(self, worker: WorkerHandle) -> None:
        self._failed_starts += 1
        if self._failed_starts >= _MAX_FAILED_STARTS:
            raise AutoMLError(
                f"{self._failed_starts} workers died before they were ready ({worker.cause()}); "
                f"the end of {worker.log}:\n{worker.last_words()}"
            )

    def _remove(self, worker: WorkerHandle) -> None:
        self._workers.remove(worker)
        worker.process.kill()


def _best_method() -> Literal["fork", "spawn"]:
    return "fork" if hasattr(os, "fork") else "spawn"
