"""A tracker that is never waited for while trials run."""

from __future__ import annotations

import atexit
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from threading import Event, Thread
from typing import TypeAlias

from automl.core.ports import StudyEnd, StudyInfo, Tracker
from automl.core.trial import Trial
from automl.tracking.problems import one_line

_Call: TypeAlias = Callable[[Tracker], None]

_MOMENT_S = 1.0
_MAX_PROBLEMS = 20


class BackgroundTracker:
    """Passes each call on to another tracker, in order, on a thread of its own; a ``Tracker``.

    A slow or dead server costs a search nothing, and making the tracker (MLflow's import takes two seconds) overlaps
    with the first trials. No method raises for what the tracker does: see ``problems``. What fails is tried again
    with each later call, and by the next session of the study after that.

    Parameters
    ----------
    make : makes the tracker, on the thread; called again with each call until it succeeds
    flush_s : how long ``study_finished`` waits for what is under way
    on_wait : called with ``flush_s`` when that takes more than a moment
    """

    def __init__(
        self,
        make: Callable[[], Tracker],
        *,
        flush_s: float = 60.0,
        on_wait: Callable[[float], None] | None = None,
    ) -> None:
        self._make = make
        self._flush_s = flush_s
        self._on_wait = on_wait or (lambda seconds: None)
        self._problems: dict[str, None] = {}
        self._queue: SimpleQueue[_Call | Event | None] = SimpleQueue()
        self._is_closed = False
        self._thread: Thread | None = None

    @property
    def problems(self) -> tuple[str, ...]:
        """What went wrong so far: distinct, one line each, without credentials."""
        return tuple(self._problems)

    def study_started(self, info: StudyInfo, finished: Sequence[Trial]) -> None:
        """See ``Tracker``; returns at once."""
        trials = tuple(finished)
        self._submit(lambda tracker: tracker.study_started(info, trials))

    def trial_finished(self, trial: Trial) -> None:
        """See ``Tracker``; returns at once."""
        self._submit(lambda tracker: tracker.trial_finished(trial))

    def study_finished(self, end: StudyEnd | None) -> None:
        """See ``Tracker``; waits until everything was tried, or for ``flush_s``."""
        if self._is_closed:
            return
        self._submit(lambda tracker: tracker.study_finished(end))
        done = Event()
        self._queue.put(done)
        if done.wait(min(_MOMENT_S, self._flush_s)):
            return
        self._on_wait(self._flush_s)
        if not done.wait(self._flush_s - _MOMENT_S):
            self._note(f"not everything was sent within {self._flush_s:g} s; the next session of the study sends it")

    def close(self, grace_s: float = 2.0) -> None:
        """End the thread after the call that is under way, or leave it behind after ``grace_s``; calls are ignored from
        now on. Safe to call at any time, twice too; without it the end of the process does the same."""
        self._is_closed = True
        atexit.unregister(self.close)
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join(grace_s)

    def _submit(self, call: _Call) -> None:
        if self._is_closed:
            return
        if self._thread is None:
            self._thread = Thread(target=self._work, name="automl-tracker", daemon=True)
            self._thread.start()
            atexit.register(self.close)
        self._queue.put(call)

    def _work(self) -> None:
        tracker: Tracker | None = None
        waiting: list[_Call] = []
        while (item := self._queue.get()) is not None:
            if isinstance(item, Event):
                item.set()
                continue
            waiting.append(item)
            try:
                tracker = tracker or self._make()
            except Exception as err:  # noqa: BLE001 - tracker boundary: a search goes on without its mirror
                self._note(one_line(err))
                continue
            self._pass_on(waiting, tracker)

    def _pass_on(self, calls: list[_Call], tracker: Tracker) -> None:
        while calls and not self._is_closed:
            try:
                calls.pop(0)(tracker)
            except Exception as err:  # noqa: BLE001 - tracker boundary
                self._note(one_line(err))

    def _note(self, problem: str) -> None:
        if len(self._problems) < _MAX_PROBLEMS:
            self._problems[problem] = None
