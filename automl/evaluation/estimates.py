"""The final number: how well the chosen trial will do on units it has never seen.

The winner's own cross-validated score is the best of many, and rosy for that. BBC-CV (bootstrap bias corrected
cross-validation: Tsamardinos, Greasidou and Borboudakis, Machine Learning 107, 2018) repeats the choice itself: it
draws units with replacement, chooses the best trial on the drawn ones, and scores it on the others, all from the
out-of-fold predictions and without another fit. A unit is a group of rows (a patient), or a row without groups: rows of
one patient are alike, and drawn one by one they would make the interval too narrow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from automl.core.estimate import Estimate
from automl.core.metric import METRICS, Metric, metric_by_name
from automl.evaluation.metrics import NEEDS_NO_CLASS, resampled_scores, row_losses, scores
from automl.evaluation.resampling import MIN_UNITS, Units, draw_resamples
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
    again. A class that one unit alone holds cannot be on both sides, so it is not asked for, and only those metrics are
    estimated that are defined without it (log loss, accuracy, Brier score).

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
    search = _Search(np.asarray(oof), y, positive, Units.of(y, units, len(oof[0][0])))
    n_units, n_holders = search.units.n_units, int(search.units.n_holders.min())
    names = _defined(metric, every_class=n_holders >= 2)
    if n_units < MIN_UNITS:
        return BbcResult((), f"{counted(n_units, unit)} cannot carry an estimate: {MIN_UNITS} are the least")
    if metric not in names:
        return BbcResult((), f"no estimate: a class that one {unit} alone holds cannot be both chosen by and judged on")
    choose = search.chooser(metric_by_name(metric))
    found, n_done = [], 0
    for drawn in draw_resamples(search.units, np.random.default_rng(seed), n_resamples, judged_on_others=True):
        found.append(search.scores_of(choose(drawn), search.units.per_row(drawn == 0), names))
        n_done += len(drawn)
        if on_progress is not None:
            on_progress(n_done, n_resamples)
    if n_done < n_resamples:
        return BbcResult((), f"no estimate: too few {unit}s hold the rare classes to draw them again and again")
    samples = {name: np.concatenate([part[name] for part in found]) for name in names}
    make = partial(Estimate, unit=unit, n_units=n_units, method="bbc-cv")
    means = {name: float(sample.mean()) for name, sample in samples.items()}
    return BbcResult(_estimates(means, samples, no_skill(y, positive), make), _caution(n_units, n_holders, unit))


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
    """Scores on rows that no trial saw, with intervals from resampled units, in every metric that is defined on them.

    Empty for fewer than ``MIN_UNITS`` units: an interval over resamples of so few would be a lie.

    Parameters
    ----------
    proba : (n_rows, n_classes) of the refitted winner
    y, units, positive, unit : as for :func:`bbc_cv`
    looks : how often these rows have been judged on, this time included
    """
    table = Units.of(y, units, proba.shape[1])
    if table.n_units < MIN_UNITS:
        return ()
    names = _defined("log_loss", every_class=bool(table.n_holders.min()))
    blocks = draw_resamples(table, np.random.default_rng(seed), n_resamples, judged_on_others=False)
    found = [resampled_scores(y, proba, positive, counts=table.per_row(drawn), names=names) for drawn in blocks]
    samples = {name: np.concatenate([part[name] for part in found]) for name in names}
    values = {name: value for name, value in scores(y, proba, positive).items() if value is not None}
    make = partial(Estimate, unit=unit, n_units=table.n_units, method="holdout", looks=looks)
    return _estimates(values, samples, no_skill(y, positive), make)


def no_skill(y: NDArray[np.int64], positive: int) -> dict[str, float | None]:
    """Every metric of predicting the class frequencies of ``y`` for each of its rows.

    Parameters
    ----------
    y : (n_rows,) class indices, the highest class among them
    """
    frequencies = np.bincount(y) / len(y)
    return scores(y, np.tile(frequencies, (len(y), 1)), positive)


def bbc_seconds(n_trials: int, n_rows: int, n_classes: int, metric: str, n_resamples: int = 1000) -> float:
    """About how long :func:`bbc_cv` takes, to be said before it begins.

    From nanoseconds per row, resample and trial measured on one core of 2025; ``benchmarks/bbc.py`` measures them. A
    metric that is a mean over rows chooses among all trials for the price of one of the others.
    """
    n_judged = 1 if n_classes == 2 else n_classes
    ns_to_score = _NS_OF_SUMS + n_judged * sum(_NS_OF_AREAS.values())
    ns_to_choose = _NS_OF_AREAS.get(metric, 0) * n_judged or _NS_OF_SUMS
    n_scored = 1 if metric_by_name(metric).per_row else n_trials
    return 1e-9 * n_rows * n_resamples * (n_scored * ns_to_choose + ns_to_score + _NS_TO_DRAW)


_NS_OF_AREAS = {"roc_auc": 9, "pr_auc": 18}
_NS_OF_SUMS = 4
_NS_TO_DRAW = 50


@dataclass(frozen=True)
class _Search:
    """What the trials of a search predicted.

    Parameters
    ----------
    oof : (n_trials, n_rows, n_classes)
    """

    oof: NDArray[np.float64]
    y: NDArray[np.int64]
    positive: int
    units: Units

    def chooser(self, metric: Metric) -> Callable[[NDArray[np.intp]], NDArray[np.intp]]:
        """From how often each unit is drawn, (n_resamples, n_units), to the best trial of each resample."""
        if metric.per_row:
            unit_losses = self._unit_losses(metric)
            return lambda drawn: (drawn @ unit_losses).argmin(axis=1)
        return lambda drawn: self._losses(metric, self.units.per_row(drawn)).argmin(axis=1)

    def scores_of(
        self, chosen: NDArray[np.intp], counts: NDArray[np.float64], names: Sequence[str]
    ) -> dict[str, NDArray[np.float64]]:
        """name -> (n_resamples,): the scores of the trial chosen in each resample on that resample's rows."""
        found = {name: np.empty(len(chosen)) for name in names}
        for trial in np.unique(chosen):
            mine = chosen == trial
            its = resampled_scores(self.y, self.oof[trial], self.positive, counts=counts[mine], names=names)
            for name in names:
                found[name][mine] = its[name]
        return found

    def _unit_losses(self, metric: Metric) -> NDArray[np.float64]:
        """(n_units, n_trials) sums over the rows of each unit: what makes the choice a product of two matrices."""
        by_trial = (row_losses(metric.name, self.y, proba) for proba in self.oof)
        sums = [np.bincount(self.units.of_row, losses, minlength=self.units.n_units) for losses in by_trial]
        return np.stack(sums, axis=1)

    def _losses(self, metric: Metric, counts: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n_resamples, n_trials), for a metric that cannot be summed over rows."""
        by_trial = [
            resampled_scores(self.y, proba, self.positive, counts=counts, names=(metric.name,))[metric.name]
            for proba in self.oof
        ]
        return np.stack([-s if metric.greater_is_better else s for s in by_trial], axis=1)


def _defined(first: str, *, every_class: bool) -> tuple[str, ...]:
    """Names of the metrics that are defined, ``first`` in front if it is."""
    names = [name for name in METRICS if every_class or name in NEEDS_NO_CLASS]
    return tuple(sorted(names, key=lambda name: name != first))


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


def _caution(n_units: int, n_holders: int, unit: str) -> str | None:
    if n_holders < 2:
        return f"one {unit} alone holds all rows of a class: metrics that need every class are not estimated"
    if n_units < FEW_UNITS:
        return f"{counted(n_units, unit)} are few to judge by: take the interval as rough"
    if n_holders < FEW_HOLDERS:
        return f"{counted(n_holders, unit)} of the rarest class are few to judge by: take the interval as rough"
    return None
