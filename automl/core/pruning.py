"""When to stop a trial after some of its folds, from how the finished trials stood after the same folds.

The *reference* has on each fold the median loss of the best quarter of the complete trials. A complete trial's *swing*
is how much worse or better, against the reference, it looked after k folds than it was in the end. A trial is stopped
after k folds if its mean loss over them is above a bar: that of the reference over the same folds, and three times the
root mean square of the swings of the better half of each family (while few are known more, as Student's t demands).

So a hard fold counts against nobody; each family has folds that suit it, and each is among those whose swings count;
bad trials swing far more than good ones, so only the better half does. The margin is never below the root mean square
of all, in case the better halves are all the same.

The first look is after two folds and a third of them, the last before the last fold: of five folds three can be saved,
of three one, of two none.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from automl.core.metric import Metric
from automl.core.trial import Trial

N_COMPLETE = 10
"""No trial is stopped before so many are complete,"""

N_OF_FAMILY = 2
"""and so many of its own family: the defaults show how a family does on each fold, so they are never stopped."""

_LEAST_FOLDS = 2
_WIDTH = 3.0
_FEW = 4.0  # widens it while few are known, much as Student's t does: 5.0 for 6 comparable trials, 3.6 for 20


def running_loss(scores: Sequence[float | None], metric: Metric) -> float | None:
    """Mean loss over folds; ``None`` where no fold defines the metric.

    The folds count alike, also for a metric whose value over all folds is a mean over rows.
    """
    losses = [metric.loss(score) for score in scores if score is not None]
    return float(np.mean(losses)) if losses else None


def bars(trials: Sequence[Trial], family: str, metric: Metric) -> tuple[float | None, ...]:
    """After the first, second ... last but one fold: the running loss above which a trial of the family is stopped.

    ``None`` where it goes on whatever its loss. Empty when there are too few complete trials to tell. Only complete
    trials count, and their order does not.
    """
    complete = sorted((t for t in trials if t.is_complete and metric.name in t.result.fold_scores), key=_number)
    families = [trial.family for trial in complete]
    if len(complete) < N_COMPLETE or families.count(family) < N_OF_FAMILY:
        return ()
    losses = np.array([_losses(trial, metric) for trial in complete])
    is_defined = ~np.isnan(losses[0])  # a fold lacks a class for all of them
    if not is_defined.any():
        return ()
    on_defined = _bars(losses[:, is_defined], _better_halves(losses[:, is_defined].mean(axis=1), families))
    n_done = is_defined.cumsum()[:-1]
    return tuple(on_defined[n - 1] if n else None for n in n_done.tolist())


def _bars(losses: NDArray[np.float64], comparable: NDArray[np.intp]) -> list[float | None]:
    """After each fold that defines the metric, the last included."""
    n_trials, n_folds = losses.shape
    best = losses.mean(axis=1).argsort(kind="stable")[: -(-n_trials // 4)]
    reference = np.median(losses[best], axis=0)
    worse = losses - reference
    width = _WIDTH * (1 + _FEW / len(comparable))
    found: list[float | None] = [None] * n_folds
    for k in range(max(_LEAST_FOLDS, -(-n_folds // 3)), n_folds):
        squares = np.square(worse[:, :k].mean(axis=1) - worse.mean(axis=1))
        margin = max(width * squares[comparable].mean() ** 0.5, squares.mean() ** 0.5)
        found[k - 1] = float(reference[:k].mean() + margin)
    return found


def _better_halves(losses: NDArray[np.float64], families: Sequence[str]) -> NDArray[np.intp]:
    """Of each family the better half of its trials, at least one."""
    of_family = np.array(families)
    halves = []
    for family in dict.fromkeys(families):
        its = np.flatnonzero(of_family == family)
        halves.append(its[losses[its].argsort(kind="stable")][: -(-len(its) // 2)])
    return np.concatenate(halves)


def _losses(trial: Trial, metric: Metric) -> list[float]:
    scores = trial.result.fold_scores[metric.name]
    return [np.nan if score is None else metric.loss(score) for score in scores]


def _number(trial: Trial) -> int:
    return trial.number
