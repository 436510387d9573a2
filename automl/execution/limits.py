"""How long a trial may run and how much memory it may hold."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from automl.core.trial import TrialResult, TrialState

LEAST_S = 300.0
"""Nothing shorter is worth ending: five minutes."""

_TIMES_THE_MEDIAN = 10
_N_KNOWN = 3
_UNKNOWN_S = 3600.0  # before so many are complete: the first sound trials compute the features of all


@dataclass(frozen=True)
class Limits:
    """Of one trial.

    Parameters
    ----------
    timeout_s : ``None`` for ten times the median complete trial, at least 5 minutes (an hour until 3 are complete)
    memory_mb : resident memory of its process and of all it started; ``None`` for no limit
    """

    timeout_s: float | None = None
    memory_mb: float | None = None


NO_LIMITS = Limits()
"""The time that follows the trials, and no limit of memory."""


class TimeLimit:
    """The limit in force, which follows the trials where none was asked for.

    Parameters
    ----------
    finished_s : how long the complete trials of earlier sessions took
    """

    def __init__(self, asked_s: float | None, finished_s: Sequence[float] = ()) -> None:
        self._asked_s = asked_s
        self._finished_s = list(finished_s)
        self.seconds = self._now()

    def learn(self, result: TrialResult) -> None:
        """Take note of a result."""
        if result.state is TrialState.COMPLETE:  # a pruned trial says little of how long a whole one takes
            self._finished_s.append(result.seconds)
            self.seconds = self._now()

    def _now(self) -> float:
        if self._asked_s is not None:
            return self._asked_s
        if len(self._finished_s) < _N_KNOWN:
            return _UNKNOWN_S
        return max(LEAST_S, _TIMES_THE_MEDIAN * statistics.median(self._finished_s))
