"""The loop between sampler and executor."""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

from automl.core.budget import Budget
from automl.core.journal import InFlight, Journal, JournalState
from automl.core.ports import Executor, Sampler
from automl.core.trial import Suggestion, Trial, TrialResult, TrialState
from automl.errors import StudyError

_POLL_S = 0.2  # how soon a request to stop is noticed
_MAX_ATTEMPTS = 2
_N_HOPELESS = 10  # so many trials of a study, and every one with the same error: that many more will not help


class StopReason(StrEnum):
    """Why a session ended."""

    BUDGET = "budget"
    TIMEOUT = "timeout"
    USED_UP = "used_up"
    HOPELESS = "hopeless"
    INTERRUPTED = "interrupted"


@dataclass
class StopRequest:
    """Set ``requested`` from a signal handler: the loop cancels what is running and ends.

    ``is_heeded`` tells the handler whether a loop is looking or will be at once; where none is, the handler has to
    interrupt itself.
    """

    requested: bool = False
    is_heeded: bool = False


class Study:
    """One session: asks, submits, records, tells, until there is a reason to stop.

    Every suggestion is in the journal before it is submitted, and every result before anyone else hears of it, in the
    order journal, sampler, ``on_finished``. The loop never waits for the slowest trial. It ends early when every trial
    of the study so far failed with the same error and there are ten of them; each further session tries ten more.

    Parameters
    ----------
    state : what stands in the journal: its trials are told to the sampler, those in flight are evaluated again first
    on_finished : called with each trial of this session
    clock : monotonic seconds
    """

    def __init__(
        self,
        journal: Journal,
        state: JournalState,
        sampler: Sampler,
        executor: Executor,
        *,
        on_finished: Callable[[Trial], None] = lambda trial: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._journal = journal
        self._sampler = sampler
        self._executor = executor
        self._on_finished = on_finished
        self._clock = clock
        self._next_number = state.next_number
        self._n_finished = len(state.trials)
        self._n_patient = _N_HOPELESS * (len(state.trials) // _N_HOPELESS + 1)  # the same for a session cut in two
        self._errors = {_error(trial) for trial in state.trials}
        self._again = deque(state.in_flight)
        self._running: dict[int, Suggestion] = {}
        for trial in state.trials:
            sampler.tell(trial)

    def run(self, budget: Budget, stop: StopRequest | None = None) -> StopReason:
        """Evaluate trials until the budget is in the journal or there is another reason to stop.

        Raises
        ------
        StudyError
            If the journal cannot be written.
        KeyboardInterrupt, Exception
            Passed on, after what was running has been cancelled and released: a trial never raises ``Exception``, so
            it was none of them.
        """
        stop = stop or StopRequest()
        self._journal.session(budget.n_trials)
        deadline = None if budget.timeout_s is None else self._clock() + budget.timeout_s
        stop.is_heeded = True
        try:
            while True:
                reason = self._fill(budget, deadline)
                if stop.requested:
                    self._cancel_running()
                    return StopReason.INTERRUPTED
                if not self._running and reason is not None:
                    return reason
                if (result := self._executor.next_finished(_POLL_S)) is not None:
                    self._take(result)
        except (KeyboardInterrupt, Exception):
            with suppress(StudyError):  # of a journal that cannot be written; then this attempt counts
                self._cancel_running()
            raise
        finally:
            stop.is_heeded = False

    def _fill(self, budget: Budget, deadline: float | None) -> StopReason | None:
        """Submit until every slot is taken (``None``) or there is a reason not to ask."""
        while len(self._running) < self._executor.capacity:
            if deadline is not None and self._clock() >= deadline:
                return StopReason.TIMEOUT
            if self._n_finished + len(self._running) >= budget.n_trials:
                return StopReason.BUDGET
            if self._n_finished >= self._n_patient and len(self._errors) == 1 and None not in self._errors:
                return StopReason.HOPELESS
            if self._again:
                self._retry(self._again.popleft())
                continue
            suggestion = self._sampler.ask(self._next_number, tuple(self._running.values()))
            if suggestion is None:
                return StopReason.USED_UP
            self._next_number += 1
            self._submit(suggestion, attempt=1)
        return None

    def _retry(self, held: InFlight) -> None:
        """Evaluate again what an earlier session left, unless it ended the session twice."""
        if held.attempts < _MAX_ATTEMPTS:
            self._submit(held.suggestion, attempt=held.attempts + 1)
            return
        error = f"the search was killed {held.attempts} times while this trial ran"
        trial = Trial(held.suggestion, TrialResult(held.suggestion.number, TrialState.CRASHED, error=error))
        self._journal.finished(trial)
        self._pass_on(trial)

    def _submit(self, suggestion: Suggestion, *, attempt: int) -> None:
        self._journal.asked(suggestion, attempt)
        self._running[suggestion.number] = suggestion
        self._executor.submit(suggestion)

    def _take(self, result: TrialResult) -> None:
        """Keep a result and pass it on; what cannot be kept is released, as if the trial were still running."""
        trial = Trial(self._running.pop(result.number), result)
        try:
            self._journal.finished(trial)
        except StudyError:
            self._running[trial.number] = trial.suggestion
            raise
        self._pass_on(trial)

    def _pass_on(self, trial: Trial) -> None:
        self._n_finished += 1
        self._errors.add(_error(trial))
        self._sampler.tell(trial)
        self._on_finished(trial)

    def _cancel_running(self) -> None:
        for number in self._running:
            self._executor.cancel(number)
        for number in list(self._running):
            self._journal.released(number)
            del self._running[number]


def _error(trial: Trial) -> frozenset[str] | None:
    """The words of what a trial failed with, ``None`` for one that did not.

    Without their order, because scikit-learn names sets, which every process prints in another one; without numbers,
    because those of one cause may differ from trial to trial.
    """
    if trial.is_success:
        return None
    return frozenset(re.findall(r"[^\W\d]+", trial.result.error or trial.state.value))
