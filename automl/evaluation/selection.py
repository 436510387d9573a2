"""Which trial wins, and which are as good for all one can tell."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

from automl.core.leaderboard import summarise
from automl.core.trial import Trial
from automl.errors import NoTrialSucceededError


def best_trial(trials: Sequence[Trial]) -> Trial:
    """The complete trial with the lowest loss, of equal ones the earliest.

    Raises
    ------
    NoTrialSucceededError
        If none is complete.
    """
    complete = _complete(trials)
    if not complete:
        raise NoTrialSucceededError(f"none of {len(trials)} trials succeeded")
    return complete[0]


def tied_trials(trials: Sequence[Trial], metric: str) -> list[Trial]:
    """The complete trials within one standard error of the best, itself included, best first.

    The standard error is that of the mean of the best trial's fold scores, 0 without two folds that define the metric.

    Raises
    ------
    NoTrialSucceededError
        If none is complete.
    """
    best = best_trial(trials)
    bar = _loss(best) + _standard_error(best, metric)
    return [trial for trial in _complete(trials) if _loss(trial) <= bar]


def _complete(trials: Sequence[Trial]) -> list[Trial]:
    return sorted((t for t in trials if t.is_complete), key=lambda t: (_loss(t), t.number))


def _standard_error(trial: Trial, metric: str) -> float:
    folds = summarise(trial, metric)
    if folds is None or folds.n_folds < 2:
        return 0.0
    return folds.sd / sqrt(folds.n_folds - 1)  # sd divides by n: this is the sample's sd over sqrt(n)


def _loss(trial: Trial) -> float:
    assert trial.loss is not None, "a complete trial has a loss"
    return trial.loss
