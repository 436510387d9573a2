"""Every metric of ``core.metric``, from probabilities, for many weightings of the same rows at once.

Two classes: F1, precision, sensitivity, specificity and the area under the precision-recall curve are of the positive
class. More classes: every metric of one class against the others is averaged over the classes (macro). What is called
is the most probable class. A quotient of nothing by nothing (the precision of a class that is never called) is 0.

All but log loss, accuracy and the Brier score ask how each class fares, and are not defined where a class is absent.

The Brier score of two classes is the mean squared error of the positive class's probability; that of more classes is
summed over the classes and runs up to 2 (scikit-learn's ``scale_by_half="auto"``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.core.metric import METRICS
from automl.evaluation.curves import average_precision, roc_auc

NEEDS_NO_CLASS = frozenset({"log_loss", "accuracy", "brier"})
"""Metrics that are defined whatever classes the rows hold."""


def scores(y: NDArray[np.int64], proba: NDArray[np.float64], positive: int) -> dict[str, float | None]:
    """Every metric by name; ``None`` where it is not defined.

    Parameters
    ----------
    y : (n_rows,) class indices
    proba : (n_rows, n_classes)
    positive : index of the class to find; of no meaning for more than two classes
    """
    found = resampled_scores(y, proba, positive, counts=np.ones((1, len(y))))
    return {name: None if np.isnan(value[0]) else float(value[0]) for name, value in found.items()}


def resampled_scores(
    y: NDArray[np.int64],
    proba: NDArray[np.float64],
    positive: int,
    *,
    counts: NDArray[Any],
    names: Sequence[str] = tuple(METRICS),
) -> dict[str, NDArray[np.float64]]:
    """Metrics of many resamples of the same rows.

    Parameters
    ----------
    y, proba, positive : as for :func:`scores`
    counts : (n_resamples, n_rows) how often each resample holds each row
    names : of the metrics wanted

    Returns
    -------
    name -> (n_resamples,), NaN where the metric is not defined
    """
    areas = {name: _mean_area(_OF_CURVES[name], y, proba, positive, counts) for name in names if name in _OF_CURVES}
    others = [name for name in names if name not in _OF_CURVES]
    tallied = _tallied(others, _count(y, proba, positive, counts)) if others else {}
    return {name: (areas | tallied)[name] for name in names}


def row_losses(metric: str, y: NDArray[np.int64], proba: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n_rows,) losses whose mean is the score, for a metric that is a mean over rows: log loss or Brier.

    Probabilities are clipped for the logarithm as scikit-learn's ``log_loss`` clips them.
    """
    return _ROW_LOSSES[metric](y, proba)


def _log_losses(y: NDArray[np.int64], proba: NDArray[np.float64]) -> NDArray[np.float64]:
    eps = np.finfo(np.float64).eps
    losses: NDArray[np.float64] = -np.log(np.clip(proba[np.arange(len(y)), y], eps, 1 - eps))
    return losses


def _brier_losses(y: NDArray[np.int64], proba: NDArray[np.float64]) -> NDArray[np.float64]:
    n_classes = proba.shape[1]
    losses: NDArray[np.float64] = np.square(proba - np.eye(n_classes)[y]).sum(axis=1)
    return losses / 2 if n_classes == 2 else losses


_ROW_LOSSES = {"log_loss": _log_losses, "brier": _brier_losses}


@dataclass(frozen=True)
class _Tally:
    """Sums over the rows of each resample, of which all metrics but the areas are functions.

    Parameters
    ----------
    true, called, hits : (n_resamples, n_classes) rows of each class, rows called so, and rows rightly called so
    log_loss, brier : (n_resamples,)
    positive : index of the class to find, ``None`` for more than two classes
    """

    true: NDArray[np.float64]
    called: NDArray[np.float64]
    hits: NDArray[np.float64]
    log_loss: NDArray[np.float64]
    brier: NDArray[np.float64]
    positive: int | None

    @property
    def n_rows(self) -> NDArray[np.float64]:
        total: NDArray[np.float64] = self.true.sum(axis=1)
        return total

    @property
    def lacks_a_class(self) -> NDArray[np.bool_]:
        lacks: NDArray[np.bool_] = (self.true == 0).any(axis=1)
        return lacks

    def judged(self, by_class: NDArray[np.float64]) -> NDArray[np.float64]:
        """Of the positive class, or the mean over the classes."""
        chosen: NDArray[np.float64] = by_class.mean(axis=1) if self.positive is None else by_class[:, self.positive]
        return chosen


def _count(y: NDArray[np.int64], proba: NDArray[np.float64], positive: int, counts: NDArray[Any]) -> _Tally:
    n_classes = proba.shape[1]
    true, called = np.eye(n_classes)[y], np.eye(n_classes)[proba.argmax(axis=1)]
    losses = np.column_stack([_log_losses(y, proba), _brier_losses(y, proba)])
    sums = counts.astype(np.float64, copy=False) @ np.hstack([true, called, true * called, losses])
    return _Tally(
        true=sums[:, :n_classes],
        called=sums[:, n_classes : 2 * n_classes],
        hits=sums[:, 2 * n_classes : 3 * n_classes],
        log_loss=sums[:, -2],
        brier=sums[:, -1],
        positive=positive if n_classes == 2 else None,
    )


def _recall(tally: _Tally) -> NDArray[np.float64]:
    return _ratio(tally.hits, tally.true)


def _specificity(tally: _Tally) -> NDArray[np.float64]:
    others = tally.n_rows[:, None] - tally.true
    return _ratio(others - tally.called + tally.hits, others)


def _mcc(tally: _Tally) -> NDArray[np.float64]:
    """Matthews correlation; of more than two classes: Gorodkin (2004)."""
    n = tally.n_rows
    covariance = tally.hits.sum(axis=1) * n - (tally.true * tally.called).sum(axis=1)
    variances = [n**2 - np.square(sums).sum(axis=1) for sums in (tally.true, tally.called)]
    return _ratio(covariance, np.sqrt(np.maximum(variances[0] * variances[1], 0)))


_OF_TALLIES: dict[str, Callable[[_Tally], NDArray[np.float64]]] = {
    "log_loss": lambda t: _ratio(t.log_loss, t.n_rows),
    "brier": lambda t: _ratio(t.brier, t.n_rows),
    "accuracy": lambda t: _ratio(t.hits.sum(axis=1), t.n_rows),
    "balanced_accuracy": lambda t: _recall(t).mean(axis=1),
    "f1": lambda t: t.judged(_ratio(2 * t.hits, t.true + t.called)),
    "precision": lambda t: t.judged(_ratio(t.hits, t.called)),
    "sensitivity": lambda t: t.judged(_recall(t)),
    "specificity": lambda t: t.judged(_specificity(t)),
    "mcc": _mcc,
}


def _tallied(names: Sequence[str], tally: _Tally) -> dict[str, NDArray[np.float64]]:
    undefined = {name: tally.n_rows == 0 if name in NEEDS_NO_CLASS else tally.lacks_a_class for name in names}
    return {name: np.where(undefined[name], np.nan, _OF_TALLIES[name](tally)) for name in names}


_OF_CURVES = {"roc_auc": roc_auc, "pr_auc": average_precision}


def _mean_area(
    area: Callable[..., NDArray[np.float64]],
    y: NDArray[np.int64],
    proba: NDArray[np.float64],
    positive: int,
    counts: NDArray[Any],
) -> NDArray[np.float64]:
    n_classes = proba.shape[1]
    classes = (positive,) if n_classes == 2 else range(n_classes)
    mean: NDArray[np.float64] = np.mean([area(y == k, proba[:, k], counts) for k in classes], axis=0)
    return mean


def _ratio(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """0 where there is nothing to divide by."""
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
