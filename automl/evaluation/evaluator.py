"""Evaluate a config on every fold; whatever happens is a result."""

from __future__ import annotations

import sys
import time
import traceback
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from automl.core.dataset import Dataset
from automl.core.metric import METRICS, metric_by_name
from automl.core.plan import Plan
from automl.core.ports import Fit
from automl.core.trial import Suggestion, TrialResult, TrialState
from automl.evaluation.metrics import row_losses, scores

MAX_WARNINGS = 20
MAX_LINE = 500
SUM_TOLERANCE = 1e-3
"""How far from one the probabilities of a row may sum: in single precision they do not sum to one exactly."""

CONSTANT_NOTE = "predicts the same probabilities for every row"


@dataclass(frozen=True)
class Evaluator:
    """Fits a config on the training rows of every fold and scores it on the valid rows.

    It holds no state, so that one serves any number of trials, in any process it is sent to.

    Parameters
    ----------
    metric : name of the metric that is searched for
    fit : fits a config on given rows and on nothing else; a module's function, where the evaluator is to be pickled
    """

    dataset: Dataset
    plan: Plan
    metric: str
    fit: Fit

    def __call__(self, suggestion: Suggestion) -> TrialResult:
        """The result: COMPLETE, or FAILED for an exception or for predictions that are no probabilities.

        The loss is the mean over the out-of-fold rows for a metric that is a mean over rows, and for another the mean
        over the folds where it is defined. ``suggestion.bar`` is not used. Never raises ``Exception``.
        """
        began = time.monotonic()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            result = self._evaluate(suggestion)
        return replace(
            result,
            seconds=time.monotonic() - began,
            peak_memory_mb=_peak_memory_mb(),
            warnings=_distinct([*result.warnings, *(_line(w.category, w.message) for w in caught)]),
        )

    def _evaluate(self, suggestion: Suggestion) -> TrialResult:
        try:
            oof = self._predict_out_of_fold(suggestion)
            fold_scores = self._score_folds(oof)
            loss = self._loss(oof, fold_scores[self.metric])
        except Exception as err:  # noqa: BLE001 - the border of a trial: one failure must not end a search
            return TrialResult(
                number=suggestion.number,
                state=TrialState.FAILED,
                error=_line(type(err), err),
                traceback=_writable(traceback.format_exc()),
            )
        return TrialResult(
            number=suggestion.number,
            state=TrialState.COMPLETE,
            loss=loss,
            fold_scores=fold_scores,
            oof=oof,
            warnings=(CONSTANT_NOTE,) if self._is_constant(oof) else (),
        )

    def _predict_out_of_fold(self, suggestion: Suggestion) -> NDArray[np.float64]:
        oof = np.empty((len(self.plan.dev), self.dataset.n_classes))
        for fold, places in zip(self.plan.folds, self._valid_places(), strict=True):
            predictor = self.fit(suggestion.config, self.dataset, fold.train, suggestion.seed)
            proba = predictor.predict_proba(self.dataset.X.iloc[fold.valid])
            oof[places] = _checked(proba, (len(fold.valid), self.dataset.n_classes))
        return oof

    def _score_folds(self, oof: NDArray[np.float64]) -> Mapping[str, tuple[float | None, ...]]:
        y = self.dataset.y[self.plan.dev]
        folds = [scores(y[places], oof[places], self.dataset.positive) for places in self._valid_places()]
        return {name: tuple(fold[name] for fold in folds) for name in METRICS}

    def _loss(self, oof: NDArray[np.float64], fold_scores: Sequence[float | None]) -> float:
        metric = metric_by_name(self.metric)
        if metric.per_row:
            return float(row_losses(metric.name, self.dataset.y[self.plan.dev], oof).mean())
        defined = [score for score in fold_scores if score is not None]
        if not defined:
            raise ValueError(f"{metric.title} is not defined on any fold: every one lacks a class")
        return metric.loss(float(np.mean(defined)))

    def _is_constant(self, oof: NDArray[np.float64]) -> bool:
        """Whether it tells no two rows of any fold apart; the models of the folds may differ from each other."""
        folds = [oof[places] for places in self._valid_places() if len(places) > 1]
        return bool(folds) and all(np.allclose(fold, fold[0], rtol=0, atol=1e-12) for fold in folds)

    def _valid_places(self) -> list[NDArray[np.intp]]:
        """Where the valid rows of each fold are in ``plan.dev``."""
        return [np.searchsorted(self.plan.dev, fold.valid) for fold in self.plan.folds]


def _checked(proba: ArrayLike, shape: tuple[int, int]) -> NDArray[np.float64]:
    proba = np.asarray(proba, dtype=np.float64)
    if proba.shape != shape:
        raise ValueError(f"predicted probabilities of shape {proba.shape}, expected {shape}")
    if not np.isfinite(proba).all():
        n_bad = int((~np.isfinite(proba)).any(axis=1).sum())
        raise ValueError(f"predicted NaN or infinity for {n_bad} of {len(proba)} rows")
    if proba.min() < 0:
        raise ValueError(f"predicted a negative probability: {proba.min():g}")
    off = np.abs(proba.sum(axis=1) - 1)
    if off.max() > SUM_TOLERANCE:
        raise ValueError(f"predicted probabilities of one row that sum to {proba[off.argmax()].sum():g}, expected 1")
    return proba


def _line(category: type[BaseException], message: object) -> str:
    """``Type: message`` in one line."""
    try:
        text = str(message)
    except Exception:  # noqa: BLE001 - an exception's own words may fail like anything else of a trial
        text = "its message cannot be read"
    line = _writable(" ".join(f"{category.__name__}: {text}".split()))
    return line if len(line) <= MAX_LINE else f"{line[: MAX_LINE - 1]}…"


def _writable(text: str) -> str:
    """The text with escapes for what no file takes: half characters, as a name of bytes that are no UTF-8 has them."""
    return text.encode(errors="backslashreplace").decode()


def _distinct(lines: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(lines))[:MAX_WARNINGS]


def _peak_memory_mb() -> float:
    """Of this process, since it began."""
    if sys.platform == "win32":
        import psutil

        return float(psutil.Process().memory_info().peak_wset) / 2**20
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)
