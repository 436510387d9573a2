"""Evaluate a config on every fold; whatever happens is a result."""

from __future__ import annotations

import sys
import time
import traceback
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from automl.core.dataset import Dataset
from automl.core.metric import METRICS, metric_by_name
from automl.core.plan import Plan
from automl.core.ports import Fit, Predictor
from automl.core.pruning import running_loss
from automl.core.training import Training, over_folds
from automl.core.trial import Suggestion, TrialResult, TrialState
from automl.evaluation.metrics import row_losses, scores

MAX_WARNINGS = 20
MAX_LINE = 500
SUM_TOLERANCE = 1e-3
"""How far from one the probabilities of a row may sum: in single precision they do not sum to one exactly."""

CONSTANT_NOTE = "predicts the same probabilities for every row"

_Scores: TypeAlias = Mapping[str, float | None]
"""Of one fold, by metric."""


@dataclass(frozen=True)
class Evaluator:
    """Fits a config on the training rows of every fold and scores it on the valid rows.

    It holds no state, so that one serves any number of trials, in any process it is sent to.

    Parameters
    ----------
    metric : name of the metric that is searched for
    fit : fits a config on given rows and on nothing else; a module's function, where the evaluator is to be pickled
    on_trained : told how the model of a fold was trained: (number of the trial, of the fold from 1, training); not for
        models that do not say it. It must not raise
    """

    dataset: Dataset
    plan: Plan
    metric: str
    fit: Fit
    on_trained: Callable[[int, int, Training], None] | None = None

    def __call__(self, suggestion: Suggestion) -> TrialResult:
        """The result: COMPLETE; PRUNED with the folds done, when one of ``suggestion.bars`` says so; or FAILED for an
        exception or for predictions that are no probabilities.

        The loss is the mean over the out-of-fold rows for a metric that is a mean over rows, and for another the mean
        over the folds where it is defined; of a pruned trial over the folds done. Never raises ``Exception``.
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
        trainings: list[Training] = []
        try:
            oof, folds = self._predict_out_of_fold(suggestion, trainings)
            loss = self._loss(oof, [fold[self.metric] for fold in folds])
        except Exception as err:  # noqa: BLE001 - the border of a trial: one failure must not end a search
            return TrialResult(
                number=suggestion.number,
                state=TrialState.FAILED,
                error=_line(type(err), err),
                traceback=_writable(traceback.format_exc()),
            )
        return TrialResult(
            number=suggestion.number,
            state=TrialState.COMPLETE if len(folds) == self.plan.n_folds else TrialState.PRUNED,
            loss=loss,
            fold_scores=self._by_metric(folds),
            oof=oof if len(folds) == self.plan.n_folds else None,
            warnings=(CONSTANT_NOTE,) if self._is_constant(oof, len(folds)) else (),
            training=over_folds(trainings),
        )

    def _predict_out_of_fold(
        self, suggestion: Suggestion, trainings: list[Training]
    ) -> tuple[NDArray[np.float64], list[_Scores]]:
        """(n_dev, n_classes), and the scores of each fold, up to the first whose bar the trial is above."""
        y, folds = self.dataset.y[self.plan.dev], list[_Scores]()
        oof = np.empty((len(self.plan.dev), self.dataset.n_classes))
        for number, (fold, places) in enumerate(zip(self.plan.folds, self._valid_places(), strict=True), 1):
            predictor = self.fit(suggestion.config, self.dataset, fold.train, suggestion.seed)
            trainings += self._training_of(predictor, suggestion, number)
            proba = predictor.predict_proba(self.dataset.X.iloc[fold.valid])
            oof[places] = _checked(proba, (len(fold.valid), self.dataset.n_classes))
            folds.append(scores(y[places], oof[places], self.dataset.positive))
            if self._is_beyond(suggestion.bars, folds):
                break
        return oof, folds

    def _is_beyond(self, bars: Sequence[float | None], folds: Sequence[_Scores]) -> bool:
        """Whether the loss over the folds done is above their bar; after the last there is none."""
        bar = bars[len(folds) - 1] if len(folds) <= len(bars) else None
        loss = running_loss([fold[self.metric] for fold in folds], metric_by_name(self.metric))
        return bar is not None and loss is not None and loss > bar

    def _training_of(self, predictor: Predictor, suggestion: Suggestion, fold: int) -> tuple[Training, ...]:
        """How the model of a fold was trained, if it says so; passed on."""
        training: Training | None = getattr(predictor, "training", None)
        if training is None:
            return ()
        if self.on_trained is not None:
            self.on_trained(suggestion.number, fold, training)
        return (training,)

    def _by_metric(self, folds: Sequence[_Scores]) -> Mapping[str, tuple[float | None, ...]]:
        """One value for every fold of the plan, ``None`` for those that were not done."""
        not_done = (None,) * (self.plan.n_folds - len(folds))
        return {name: tuple(fold[name] for fold in folds) + not_done for name in METRICS}

    def _loss(self, oof: NDArray[np.float64], fold_scores: Sequence[float | None]) -> float:
        metric = metric_by_name(self.metric)
        if metric.per_row:
            done = np.sort(np.concatenate(self._valid_places()[: len(fold_scores)]))
            return float(row_losses(metric.name, self.dataset.y[self.plan.dev[done]], oof[done]).mean())
        defined = [score for score in fold_scores if score is not None]
        if not defined:
            raise ValueError(f"{metric.title} is not defined on any fold: every one lacks a class")
        return metric.loss(float(np.mean(defined)))

    def _is_constant(self, oof: NDArray[np.float64], n_done: int) -> bool:
        """Whether it tells no two rows of any fold apart; the models of the folds may differ from each other."""
        folds = [oof[places] for places in self._valid_places()[:n_done] if len(places) > 1]
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
