"""Families that fail or go over a limit again and again: they rest for the rest of a search."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from automl.core.trial import Trial, TrialState

PATIENCE = 5
"""A family may rest when so many of its trials in a row did not succeed,"""

PATIENCE_COSTLY = 3
"""or so many in a row went over a limit or crashed: those cost the most."""

_COSTLY = (TrialState.TIMED_OUT, TrialState.OUT_OF_MEMORY, TrialState.CRASHED)
_N_SHOWN = 150


@dataclass
class _Record:
    """Of one family: its trials so far, those that did not succeed since its last success, and how many trials of all
    families had succeeded when these began."""

    n_succeeded: int = 0
    n_failed: int = 0
    in_a_row: list[Trial] = field(default_factory=list)
    n_succeeded_of_all: int = 0


class Rests:
    """Who rests, given the finished trials in the order they finished.

    A family rests when ``PATIENCE`` of its trials in a row did not succeed (or ``PATIENCE_COSTLY`` in a row went over
    a limit or crashed), and

    - at least half of all its trials did not: a family of which some settings are slow is the sampler's to learn;
    - a trial of another family succeeded meanwhile: what makes every family fail (a full disk) is no fault of one;
    - it is not the last one left.

    It rests for good. Only the trials count, so a study that is continued has the same families at rest.

    Parameters
    ----------
    families : those that are searched; trials of others change nothing
    """

    def __init__(self, families: Iterable[str]) -> None:
        self._records = {family: _Record() for family in families}
        self._n_succeeded = 0
        self._reasons: dict[str, str] = {}

    @property
    def reasons(self) -> Mapping[str, str]:
        """Family -> why it rests, half a sentence; in the order in which they came to rest."""
        return MappingProxyType(self._reasons)

    def tell(self, trial: Trial) -> bool:
        """Take note of a finished trial; whether its family rests because of it."""
        family = trial.family
        if family in self._reasons or family not in self._records:
            return False
        record = self._records[family]
        if trial.is_success:
            self._n_succeeded += 1
            record.n_succeeded += 1
            record.in_a_row.clear()
            return False
        if not record.in_a_row:
            record.n_succeeded_of_all = self._n_succeeded
        record.n_failed += 1
        record.in_a_row.append(trial)
        if not self._is_enough(record):
            return False
        self._reasons[family] = _reason(record.in_a_row)
        return True

    def _is_enough(self, record: _Record) -> bool:
        is_last_left = len(self._records) - len(self._reasons) == 1
        is_fault_of_all = self._n_succeeded == record.n_succeeded_of_all
        if is_last_left or is_fault_of_all or record.n_failed < record.n_succeeded:
            return False
        last = record.in_a_row[-PATIENCE_COSTLY:]
        is_costly = len(last) == PATIENCE_COSTLY and all(trial.state in _COSTLY for trial in last)
        return is_costly or len(record.in_a_row) >= PATIENCE


def rested(families: Iterable[str], trials: Iterable[Trial]) -> Mapping[str, str]:
    """Family -> why it rests, after these trials in the order they finished."""
    rests = Rests(families)
    for trial in trials:
        rests.tell(trial)
    return rests.reasons


def _reason(trials: Sequence[Trial]) -> str:
    """``its last 5 trials did not succeed (4 failed, 1 timed out), the last (trial 31) with ValueError: no``."""
    ends = Counter(trial.state for trial in trials)
    tally = ", ".join(f"{n} {state.replace('_', ' ')}" for state, n in ends.most_common())
    last, error = trials[-1], " ".join((trials[-1].result.error or "").split())
    what = f" with {error if len(error) <= _N_SHOWN else f'{error[: _N_SHOWN - 1]}…'}" if error else ""
    return f"its last {len(trials)} trials did not succeed ({tally}), the last (trial {last.number}){what}"
