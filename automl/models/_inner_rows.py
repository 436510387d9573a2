"""Rows of a training part that tell when to stop."""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from automl.evaluation.splits import stratified_folds
from automl.pipeline.registry import FitContext

_N_FOLDS = 5
_MIN_ROWS = 8


class InnerSplit(NamedTuple):
    """Rows to look at during a training, and rows to leave alone: changed copies of the former."""

    valid: NDArray[np.intp]
    idle: NDArray[np.intp]


def inner_split(context: FitContext) -> InnerSplit:
    """The rows that `inner_valid_rows` finds among the original ones, and their copies."""
    own = np.arange(len(context.y))
    parents = own if context.parents is None else context.parents
    originals = np.flatnonzero(parents == own)
    valid = originals[inner_valid_rows(context.y[originals], context.groups[originals], context.seed)]
    return InnerSplit(valid, np.setdiff1d(np.flatnonzero(np.isin(parents, valid)), valid))


def inner_valid_rows(y: NDArray[np.int64], groups: NDArray[np.int64] | None, seed: int) -> NDArray[np.intp]:
    """About a fifth of the rows, stratified and by group; none where that would be fewer than 8.

    Every class stays among the others. Where no split by group allows that, it goes by row, and a warning says so.

    Parameters
    ----------
    y : (n,) class indices
    groups : (n,) codes, ``None`` when every row stands for itself
    """
    if len(y) < _MIN_ROWS * _N_FOLDS:
        return np.empty(0, dtype=np.intp)
    valid = _split(y, groups, seed)
    if valid is None and groups is not None:
        warnings.warn(
            "a class is held by one group only, or groups are too large to be parted: "
            "when to stop is judged on rows of groups that were trained on",
            stacklevel=2,
        )
        valid = _split(y, None, seed)
    return np.empty(0, dtype=np.intp) if valid is None else valid


def _split(y: NDArray[np.int64], groups: NDArray[np.int64] | None, seed: int) -> NDArray[np.intp] | None:
    """The left-out part of a fold: with most classes, then nearest to a fifth; ``None`` where there is no fit one."""
    n_units = len(y) if groups is None else len(np.unique(groups))
    if n_units < 2:
        return None
    n_classes = len(np.unique(y))
    folds = stratified_folds(y, groups, min(_N_FOLDS, n_units), seed)
    fit = [
        fold.valid
        for fold in folds
        if _MIN_ROWS <= len(fold.valid) <= len(y) / 2 and len(np.unique(y[fold.train])) == n_classes
    ]
    return min(fit, key=lambda rows: (-len(np.unique(y[rows])), abs(len(rows) - len(y) / _N_FOLDS)), default=None)
