"""Support vector machine, its margins turned into probabilities on inner folds that keep groups apart."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.core.plan import Fold
from automl.evaluation.splits import stratified_folds
from automl.pipeline.params import with_defaults
from automl.pipeline.registry import FitContext, ModelFamily, Params

_DEFAULTS: Params = {"C": 1.0, "kernel": "rbf", "gamma": "scale", "degree": 3}
_N_FOLDS = 5
# libsvm has no limit of its own, and a large C on unscaled columns may need days. With a limit ten times as large one
# such trial took half a minute.
_MAX_ITER = 100_000
_CACHE_MB = 500


@dataclass(frozen=True)
class _InnerFolds:
    """A scikit-learn splitter that remembers what the calibration needs; it does not outlive the fitting.

    Parameters
    ----------
    folds : their ``valid`` rows partition the training rows, and every class is in every ``train``
    shares : weighted share of each class
    """

    folds: tuple[Fold, ...]
    shares: tuple[float, ...]

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """(train, valid) of each fold."""
        return ((fold.train, fold.valid) for fold in self.folds)

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Number of folds."""
        return len(self.folds)


def _build(params: Params, context: FitContext) -> Any:
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.svm import SVC

    margins = SVC(
        **with_defaults(params, _DEFAULTS), max_iter=_MAX_ITER, cache_size=_CACHE_MB, random_state=context.seed
    )
    weights = np.bincount(context.y, weights=context.sample_weight, minlength=context.n_classes)
    inner = _InnerFolds(_inner_folds(context), tuple((weights / weights.sum()).tolist()))
    return CalibratedClassifierCV(margins, method="sigmoid", ensemble=False, cv=inner)


def _inner_folds(context: FitContext) -> tuple[Fold, ...]:
    """Folds by group; where a class would be missing from a training part, by row; else all rows on both sides."""
    if folds := _folds_with_every_class(context.y, context.groups, context.seed):
        return folds
    if folds := _folds_with_every_class(context.y, None, context.seed):
        warnings.warn("a class is held by one group only: probabilities are calibrated by row", stacklevel=2)
        return folds
    warnings.warn("a class has one row only: probabilities are calibrated on the rows fitted", stacklevel=2)
    rows = np.arange(len(context.y))
    return (Fold(train=rows, valid=rows),)


def _folds_with_every_class(
    y: NDArray[np.int64], groups: NDArray[np.int64] | None, seed: int
) -> tuple[Fold, ...] | None:
    n_units = len(y if groups is None else np.unique(groups))
    if n_units < 2:
        return None
    folds = stratified_folds(y, groups, min(_N_FOLDS, n_units), seed)
    n_classes = len(np.unique(y))
    return folds if all(len(np.unique(y[fold.train])) == n_classes for fold in folds) else None


def _settle(model: Any) -> None:
    """Let no probability fall with a rising margin, and replace the folds by their number.

    On few rows the sigmoid's slope can come out reversed, which turns the ranking round (an AUC of 0.33 was seen). The
    best sigmoid that does not fall is then the constant one: the share of the class.
    """
    inner: _InnerFolds = model.cv
    calibrators = model.calibrated_classifiers_[0].calibrators
    # Two classes have one calibrator, that of the second. It predicts 1 / (1 + exp(a_ * margin + b_)).
    shares = inner.shares[-len(calibrators) :]
    falling = [(c, share) for c, share in zip(calibrators, shares, strict=True) if c.a_ > 0]
    for calibrator, share in falling:
        calibrator.a_, calibrator.b_ = 0.0, math.log((1 - share) / share)
    if falling:
        warnings.warn("margins rank left-out rows the wrong way round: class shares are used instead", stacklevel=2)
    model.cv = max(2, len(inner.folds))


FAMILY = ModelFamily(
    name="svm",
    title="support vector machine",
    params=tuple(_DEFAULTS),
    build=_build,
    settle=_settle,
    trusts=("sklearn.calibration._CalibratedClassifier", "sklearn.calibration._SigmoidCalibration"),
)
