"""How long a trial may run and how much memory it may hold."""

from __future__ import annotations

import statistics
from collections.abc import Hashable
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
    timeout_s : ``None`` for ten times the median complete trial, at least 5 minutes (an hour until 3 are complete);
        networks and other families each by their own
    memory_mb : resident memory of its process and of all it started; ``None`` for no limit
    """

    timeout_s: float | None = None
    memory_mb: float | None = None


NO_LIMITS = Limits()
"""The time that follows the trials, and no limit of memory."""


class TimeLimits:
    """The limits in force, which follow the trials where none was asked for.

    Each kind of trial has its own: a network takes many times as long as what else there is.
    """

    def __init__(self, asked_s: float | None) -> None:
        self._asked_s = asked_s
        self._known: dict[Hashable, list[float]] = {}
        self._seconds: dict[Hashable, float] = {}

    def learn(self, kind: Hashable, result: TrialResult) -> None:
        """Take note of a result; a pruned trial says little of how long a whole one takes."""
        if result.state is TrialState.COMPLETE:
            known = self._known.setdefault(kind, [])
            known.append(result.seconds)
            if len(known) >= _N_KNOWN:
                self._seconds[kind] = max(LEAST_S, _TIMES_THE_MEDIAN * statistics.median(known))

    def seconds(self, kind: Hashable) -> float:
        """How long a trial of this kind may take."""
        return self._seconds.get(kind, _UNKNOWN_S) if self._asked_s is None else self._asked_s
