"""The trials of a study, best first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from automl.core.metric import Metric
from automl.core.trial import Trial


@dataclass(frozen=True)
class FoldSummary:
    """Mean and standard deviation of a metric over the folds where it is defined."""

    mean: float
    sd: float
    n_folds: int


@dataclass(frozen=True)
class Standing:
    """One line of a leaderboard.

    Parameters
    ----------
    rank : from 1; ``None`` for a trial that is not complete
    score : in the search's metric, ``None`` for a trial that is not complete
    sd : of the score over folds, ``None`` where it is not defined
    """

    rank: int | None
    trial: Trial
    score: float | None
    sd: float | None


def summarise(trial: Trial, metric: str) -> FoldSummary | None:
    """The trial's folds in one metric; ``None`` when no fold defines it."""
    scores = [s for s in trial.result.fold_scores.get(metric, ()) if s is not None]
    return FoldSummary(float(np.mean(scores)), float(np.std(scores)), len(scores)) if scores else None


def is_better(trial: Trial, than: Trial | None) -> bool:
    """Whether a trial is complete and its loss is lower."""
    if not trial.is_complete or trial.loss is None:
        return False
    return than is None or than.loss is None or trial.loss < than.loss


def standings(trials: Sequence[Trial], metric: Metric) -> list[Standing]:
    """Complete trials from best to worst (ties: the earlier number first), then the others by number."""
    complete = sorted((t for t in trials if t.is_complete), key=lambda t: (_loss(t), t.number))
    others = sorted((t for t in trials if not t.is_complete), key=lambda t: t.number)
    ranked = [replace(standing_of(trial, metric), rank=rank) for rank, trial in enumerate(complete, 1)]
    return ranked + [standing_of(trial, metric) for trial in others]


def standing_of(trial: Trial, metric: Metric) -> Standing:
    """The line of a trial alone, without a rank. A pruned trial has no score: its loss is of some of the folds."""
    if not trial.is_complete:
        return Standing(None, trial, None, None)
    folds = summarise(trial, metric.name)
    return Standing(None, trial, metric.score(_loss(trial)), folds.sd if folds else None)


def best_of_each_family(ranked: Sequence[Standing]) -> list[Standing]:
    """The first line of each family, in order."""
    seen: dict[str, Standing] = {}
    for standing in ranked:
        if standing.rank is not None:
            seen.setdefault(standing.trial.family, standing)
    return list(seen.values())


def improvements(trials: Sequence[Trial], metric: Metric) -> tuple[tuple[int, float], ...]:
    """(trial number, score) at each new best, in the order of numbers."""
    best: Trial | None = None
    curve = []
    for trial in sorted(trials, key=lambda t: t.number):
        if is_better(trial, best):
            best = trial
            curve.append((trial.number, metric.score(_loss(trial))))
    return tuple(curve)


def _loss(trial: Trial) -> float:
    assert trial.loss is not None, "a complete trial has a loss"
    return trial.loss
