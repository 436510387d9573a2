"""Turn categories into numbers. Levels unseen in the training rows and missing values are fine in every option."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from automl.core.dataset import ColumnKind
from automl.core.plan import Fold
from automl.evaluation.splits import stratified_folds
from automl.pipeline.params import with_defaults
from automl.pipeline.registry import Params, StageContext, StageKind, StageOption

_ONEHOT: Params = {"min_share": 0.01}
_TARGET: Params = {"smooth": 10.0}
_UNKNOWN = -1
_N_FOLDS = 5


def _onehot(params: Params, context: StageContext) -> Any:
    """One column per level, one for all levels rarer than ``min_share``; what is missing is a level of its own.

    An unseen level counts as a rare one; where there are none its columns are all 0.
    """
    from sklearn.preprocessing import OneHotEncoder

    min_share: float = with_defaults(params, _ONEHOT)["min_share"]
    return OneHotEncoder(
        min_frequency=min_share or None,
        handle_unknown="infrequent_if_exist",
        sparse_output=False,
    )


def _ordinal(params: Params, context: StageContext) -> Any:
    """The level's place in alphabetical order; -1 where it is missing. An unseen level is read as a missing one."""
    from sklearn.preprocessing import OrdinalEncoder

    return OrdinalEncoder(
        **with_defaults(params, {}),
        handle_unknown="use_encoded_value",
        unknown_value=_UNKNOWN,
        encoded_missing_value=_UNKNOWN,
    )


def _target(params: Params, context: StageContext) -> Any:
    """The level's share of each class, shrunken to that of all rows (Micci-Barreca 2001); unseen levels get the latter.

    Training rows are encoded by what rows of other groups say of their level.
    """
    from sklearn.preprocessing import TargetEncoder

    folds = [(fold.train, fold.valid) for fold in _cross_fit_folds(context)]
    return TargetEncoder(**with_defaults(params, _TARGET), cv=folds)


def _cross_fit_folds(context: StageContext) -> tuple[Fold, ...]:
    n_groups = len(np.unique(context.groups))
    if n_groups < 2:
        warnings.warn("all training rows are of one group: categories are encoded by row", stacklevel=2)
        return stratified_folds(context.y, None, min(_N_FOLDS, context.n_rows), context.seed)
    return stratified_folds(context.y, context.groups, min(_N_FOLDS, n_groups), context.seed)


def _settle_target(encoder: Any) -> None:
    """Replace the list of splits by its number: a clone could not be fitted on other rows."""
    encoder.cv = len(encoder.cv)


STAGE = StageKind(
    name="encode",
    title="encode categories",
    role="featurize",
    column_kind=ColumnKind.CATEGORICAL,
    options={
        "onehot": StageOption(build=_onehot, params=tuple(_ONEHOT)),
        "ordinal": StageOption(build=_ordinal),
        "target": StageOption(build=_target, params=tuple(_TARGET), settle=_settle_target),
    },
)
