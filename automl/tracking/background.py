"""A tracker that is never waited for while trials run."""

from __future__ import annotations

import atexit
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice, takewhile
from threading import Condition, Thread
from typing import Protocol, TypeAlias

from automl.core.ports import StudyEnd, StudyInfo
from automl.core.trial import Trial
from automl.tracking.problems import one_line

_MOMENT_S = 1.0
_MAX_PROBLEMS = 20
_BATCH = 16  # trials per call: how much is under way when the thread is left behind
_LAST_TRIES = 2  # the second for a connection that an idle server had closed


class BatchTracker(Protocol):
    """A ``Tracker`` that takes several trials at once, which after an outage is faster than one by one."""

    def study_started(self, info: StudyInfo, finished: Sequence[Trial]) -> None:
        """See ``Tracker``."""
        ...

    def trials_finished(self, trials: Sequence[Trial]) -> None:
        """Trials ended."""
        ...

    def study_finished(self, end: StudyEnd | None) -> None:
        """See ``Tracker``."""
        ...


@dataclass(frozen=True)
class _End:
    end: StudyEnd | None


_Message: TypeAlias = StudyInfo | Trial | _End


class BackgroundTracker:
    """Passes on what it is told to another tracker, in order, on a thread of its own; a ``Tracker``.

    A slow or dead server costs a search nothing, and making the tracker (MLflow's import takes two seconds) overlaps
    with the first trials. No method raises for what the tracker does: see ``problems``. What fails is tried again
    after a pause, whether or not anything new has happened, and by the next session of the study after that.

    Parameters
    ----------
    make : makes the tracker, on the thread; called again until it succeeds
    flush_s : how long ``study_finished`` waits for what is left, while a server takes it
    pauses_s : after the first failure in a row, the second, and so on; the last for every further one
    on_wait : called with the limit in seconds when ``study_finished`` takes more than a moment
    """

    def __init__(
        self,
        make: Callable[[], BatchTracker],
        *,
        flush_s: float = 60.0,
        pauses_s: Sequence[float] = (1.0, 2.0, 4.0, 8.0),
        on_wait: Callable[[float], None] | None = None,
    ) -> None:
        self._make = make
        self._flush_s = flush_s
        self._pauses_s = pauses_s
        self._on_wait = on_wait or (lambda seconds: None)
        self._problems: dict[str, None] = {}
        self._changed = Condition()  # guards what follows
        self._waiting: deque[_Message] = deque()
        self._n_failures = 0  # in a row
        self._try_at = 0.0
        self._is_ending = False
        self._is_closed = False
        self._thread: Thread | None = None

    @property
    def problems(self) -> tuple[str, ...]:
        """What went wrong so far: distinct, one line each, without credentials."""
        return tuple(self._problems)

    @property
    def n_unsent(self) -> int:
        """Number of trials not yet passed on."""
        return sum(isinstance(message, Trial) for message in tuple(self._waiting))

    @property
    def has_sent_everything(self) -> bool:
        """Whether nothing is left to pass on."""
        return not self._waiting

    def study_started(self, info: StudyInfo, finished: Sequence[Trial]) -> None:
        """See ``Tracker``; returns at once."""
        self._add(info, *finished)

    def trial_finished(self, trial: Trial) -> None:
        """See ``Tracker``; returns at once."""
        self._add(trial)

    def study_finished(self, end: StudyEnd | None, *, flush_s: float | None = None) -> None:
        """See ``Tracker``; the last call.

        Waits until everything is passed on, but no longer than ``flush_s`` and not for a tracker that fails twice in
        a row.
        """
        limit_s = self._flush_s if flush_s is None else flush_s
        with self._changed:
            self._is_ending = True
            self._try_at = 0.0
        self._add(_End(end))
        if not self._wait_until_settled(min(_MOMENT_S, limit_s)):
            self._on_wait(limit_s)
            self._wait_until_settled(limit_s - _MOMENT_S)

    def close(self, grace_s: float = 2.0) -> None:
        """End the thread after the call that is under way, or leave it behind after ``grace_s``; calls are ignored from
        now on. Safe to call at any time, twice too; without it the end of the process does the same."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        atexit.unregister(self.close)
        if self._thread is not None:
            self._thread.join(grace_s)

    def _add(self, *messages: _Message) -> None:
        with self._changed:
            if self._is_closed:
                return
            self._waiting.extend(messages)
            self._changed.notify_all()
        if self._thread is None:
            self._thread = Thread(target=self._work, name="automl-tracker", daemon=True)
            self._thread.start()
            atexit.register(self.close)

    def _wait_until_settled(self, seconds: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting or self._is_closed, max(0.0, seconds))

    def _work(self) -> None:
        tracker: BatchTracker | None = None
        while batch := self._next_batch():
            is_last_chance = self._is_ending
            try:
                tracker = tracker or self._make()
                _pass_on(batch, tracker)
            except Exception as err:  # noqa: BLE001 - tracker boundary: a search goes on without its mirror
                self._failed(one_line(err), is_last_chance=is_last_chance)
            else:
                self._sent(len(batch))

    def _next_batch(self) -> tuple[_Message, ...]:
        """What to pass on next, once it is time; nothing when closed."""
        with self._changed:
            while not self._is_closed:
                pause_s = self._try_at - time.monotonic()
                if self._waiting and pause_s <= 0:
                    trials = takewhile(lambda message: isinstance(message, Trial), self._waiting)
                    return tuple(islice(trials, _BATCH)) or (self._waiting[0],)
                self._changed.wait(pause_s if self._waiting else None)
            return ()

    def _sent(self, n_messages: int) -> None:
        with self._changed:
            self._n_failures = 0
            for _ in range(n_messages):
                self._waiting.popleft()
            self._changed.notify_all()

    def _failed(self, problem: str, *, is_last_chance: bool) -> None:
        """Pause, so that a dead server is not asked for every trial; at the end give up instead."""
        with self._changed:
            if len(self._problems) < _MAX_PROBLEMS:
                self._problems[problem] = None
            self._n_failures += 1
            pause_s = self._pauses_s[min(self._n_failures, len(self._pauses_s)) - 1]
            if is_last_chance and self._n_failures >= _LAST_TRIES:
                self._is_closed = True
            elif is_last_chance or not self._is_ending:
                self._try_at = time.monotonic() + pause_s
            self._changed.notify_all()


def _pass_on(batch: tuple[_Message, ...], tracker: BatchTracker) -> None:
    match batch:
        case (StudyInfo() as info,):
            tracker.study_started(info, ())
        case (_End(end),):
            tracker.study_finished(end)
        case _:
            tracker.trials_finished([message for message in batch if isinstance(message, Trial)])
