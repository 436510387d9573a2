"""The final number: how well the chosen trial will do on units it has never seen.

The winner's own cross-validated score is the best of many, and rosy for that. BBC-CV (bootstrap bias corrected
cross-validation: Tsamardinos, Greasidou and Borboudakis, Machine Learning 107, 2018) repeats the choice itself: it
draws units with replacement, chooses the best trial on the drawn ones, and scores it on the others, all from the
out-of-fold predictions and without another fit. A unit is a group of rows (a patient), or a row without groups: rows of
one patient are alike, and drawn one by one they would make the interval too narrow.

Pruned trials lack predictions, so the choice that is repeated is among the complete ones, and what would have been
chosen on some resamples is left out. That makes the number rosier: hardly for most metrics, visibly for log loss, where
a trial that is wildly wrong on a few rows wins the resamples without them (``benchmarks/pruning.py estimates``). The
method's authors stop inferior configurations early, too (BBCD-CV).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from automl.core.estimate import Estimate
from automl.core.metric import METRICS, metric_by_name
from automl.evaluation.choice import Predictions
from automl.evaluation.metrics import NEEDS_NO_CLASS, resampled_scores, scores
from automl.evaluation.resampling import MIN_UNITS, Resampling, Units
from automl.evaluation.wording import counted

FEW_UNITS, FEW_HOLDERS = 20, 6
"""With fewer units in all, or fewer that hold the rarest class, an estimate comes with a word of caution."""


@dataclass(frozen=True)
class BbcResult:
    """What BBC-CV found.

    Parameters
    ----------
    estimates : the metric searched for first, then the others; empty when the data are too few
    note : why there are none, or fewer, or why to be careful with them; ``None`` for nothing to say
    """

    estimates: tuple[Estimate, ...]
    note: str | None = None


def bbc_cv(
    oof: Sequence[NDArray[np.float64]] | NDArray[np.float64],
    y: NDArray[np.int64],
    units: NDArray[np.int64],
    *,
    metric: str,
    positive: int,
    unit: str,
    seed: int,
    n_resamples: int = 1000,
    on_progress: Callable[[int, int], None] | None = None,
) -> BbcResult:
    """Scores of choosing the best trial by ``metric``, corrected for the choice.

    Units are drawn, rows are scored. Resamples that lack a class among the drawn or among the other units are drawn
    again. Where too few units hold a class for that (a single one cannot be on both sides), no class is asked for, and
    only the metrics are estimated that are defined without: log loss, accuracy and Brier score.

    Parameters
    ----------
    oof : (n_trials, n_rows, n_classes) out-of-fold probabilities of the complete trials; of equal ones the first wins
    y : (n_rows,) class indices
    units : (n_rows,) unit codes
    metric : name of the metric searched for
    positive : index of the class to find
    unit : what a unit is called
    on_progress : called with the number of resamples done and of all
    """
    stacked = np.asarray(oof)
    n_classes = stacked.shape[2]
    table = Units.of(y, units, n_classes)
    if table.n_units < MIN_UNITS:
        return BbcResult((), f"no estimate: {counted(table.n_units, unit)} cannot carry one, {MIN_UNITS} are the least")
    predictions = Predictions(stacked, y, positive, table)
    choose = predictions.chooser(metric_by_name(metric))
    samples = _samples(
        Resampling(table, seed, n_resamples, judged_on_others=True),
        lambda drawn, names: predictions.scores_of(choose(drawn), table.per_row(drawn == 0), names),
        first=metric,
        on_progress=on_progress,
    )
    means = {name: float(sample.mean()) for name, sample in samples.items()}
    make = partial(Estimate, unit=unit, n_units=table.n_units, method="bbc-cv")
    estimates = _estimates(means, samples, no_skill(y, positive, n_classes=n_classes), make)
    return BbcResult(estimates, _note(len(estimates), metric, table, unit))


def holdout_estimates(
    proba: NDArray[np.float64],
    y: NDArray[np.int64],
    units: NDArray[np.int64],
    *,
    positive: int,
    unit: str,
    seed: int,
    looks: int,
    n_resamples: int = 2000,
) -> tuple[Estimate, ...]:
    """Scores on rows that no trial saw, with intervals from resampled units.

    Empty for fewer than ``MIN_UNITS`` units: an interval over resamples of so few would be a lie. Where hardly any
    resample holds every class, only the metrics are estimated that are defined without.

    Parameters
    ----------
    proba : (n_rows, n_classes) of the refitted winner
    y, units, positive, unit : as for :func:`bbc_cv`
    looks : how often these rows have been judged on, this time included
    """
    n_classes = proba.shape[1]
    table = Units.of(y, units, n_classes)
    if table.n_units < MIN_UNITS:
        return ()
    samples = _samples(
        Resampling(table, seed, n_resamples, judged_on_others=False),
        lambda drawn, names: resampled_scores(y, proba, positive, counts=table.per_row(drawn), names=names),
    )
    values = {name: value for name, value in scores(y, proba, positive).items() if value is not None}
    make = partial(Estimate, unit=unit, n_units=table.n_units, method="holdout", looks=looks)
    return _estimates(values, samples, no_skill(y, positive, n_classes=n_classes), make)


def no_skill(y: NDArray[np.int64], positive: int, *, n_classes: int | None = None) -> dict[str, float | None]:
    """Every metric of predicting the class frequencies of ``y`` for each of its rows.

    Parameters
    ----------
    y : (n_rows,) class indices
    n_classes : ``None`` when the last class is among ``y``
    """
    frequencies = np.bincount(y, minlength=n_classes or 0) / len(y)
    return scores(y, np.tile(frequencies, (len(y), 1)), positive)


def bbc_seconds(n_trials: int, n_rows: int, n_classes: int, metric: str, n_resamples: int = 1000) -> float:
    """About how long :func:`bbc_cv` takes, to be said before it begins.

    A metric that is a mean over rows chooses among all trials for the price of choosing among one by another metric.
    """
    n_judged = 1 if n_classes == 2 else n_classes
    ns_to_score = _NS_OF_SUMS + n_judged * sum(_NS_OF_AREAS.values())
    ns_to_choose = _NS_OF_AREAS.get(metric, 0) * n_judged or _NS_OF_SUMS
    n_scored = 1 if metric_by_name(metric).per_row else n_trials
    return 1e-9 * n_rows * n_resamples * (n_scored * ns_to_choose + ns_to_score + _NS_TO_DRAW)


# Nanoseconds per row and resample on one core of a cloud machine of 2025; ``benchmarks/bbc.py`` measures them again.
_NS_OF_AREAS = {"roc_auc": 12, "pr_auc": 24}
_NS_OF_SUMS = 5
_NS_TO_DRAW = 100


def _samples(
    resampling: Resampling,
    score: Callable[[NDArray[np.intp], Sequence[str]], Mapping[str, NDArray[np.float64]]],
    *,
    first: str | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> dict[str, NDArray[np.float64]]:
    """name -> (n_resamples,): every metric, or those that need no class where too few resamples have every class.

    Parameters
    ----------
    score : from how often each unit is drawn, and names of metrics, to one value per resample
    first : the metric searched for: in front, and without it there are none; ``None`` for none
    """
    for every_class in (True, False):
        names = [name for name in METRICS if every_class or name in NEEDS_NO_CLASS]
        if first not in (*names, None):
            break
        names.sort(key=lambda name: name != first)
        blocks, n_done = [], 0
        for drawn in resampling.draw(every_class=every_class):
            blocks.append(score(drawn, names))
            n_done += len(drawn)
            if on_progress is not None:
                on_progress(n_done, resampling.n_resamples)
        if n_done == resampling.n_resamples:
            return {name: np.concatenate([block[name] for block in blocks]) for name in names}
    return {}


def _estimates(
    values: Mapping[str, float],
    samples: Mapping[str, NDArray[np.float64]],
    base: Mapping[str, float | None],
    make: Callable[..., Estimate],
) -> tuple[Estimate, ...]:
    found = []
    for name, sample in samples.items():
        low, high = np.percentile(sample, (2.5, 97.5))
        found.append(make(metric=name, value=values[name], low=float(low), high=float(high), no_skill=base[name]))
    return tuple(found)


def _note(n_estimates: int, metric: str, table: Units, unit: str) -> str | None:
    rarity = f"{counted(table.n_holders, unit)} of the rarest class"
    if n_estimates == 0:
        return (
            f"no estimate: {metric_by_name(metric).title} needs every class on both sides, and {rarity} cannot give it"
        )
    if n_estimates < len(METRICS):
        return f"{rarity} cannot be on both sides often enough: metrics that need every class are not estimated"
    if table.n_units < FEW_UNITS:
        return f"{counted(table.n_units, unit)} are few to judge by: take the interval as rough"
    if table.n_holders < FEW_HOLDERS:
        return f"{rarity} are few to judge by: take the interval as rough"
    return None
