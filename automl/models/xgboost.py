"""Gradient boosting with XGBoost."""

from __future__ import annotations

from typing import Any

from automl.pipeline.params import with_defaults
from automl.pipeline.registry import FitContext, ModelFamily, Params

_DEFAULTS: Params = {
    "n_estimators": 100,
    "learning_rate": 0.3,
    "max_depth": 6,
    "min_child_weight": 1.0,
    "subsample": 1.0,
    "colsample_bytree": 1.0,
    "reg_lambda": 1.0,
    "reg_alpha": 0.0,
    "gamma": 0.0,
}


def _build(params: Params, context: FitContext) -> Any:
    from xgboost import XGBClassifier

    return XGBClassifier(
        **with_defaults(params, _DEFAULTS),
        tree_method="hist",
        device="cpu",
        n_jobs=context.n_threads,
        random_state=context.seed,
        verbosity=0,
    )


FAMILY = ModelFamily(
    name="xgboost",
    title="XGBoost",
    params=tuple(_DEFAULTS),
    build=_build,
    takes_missing=True,
    needs=("xgboost",),
    extra="cpu",
    trusts=("xgboost.core.Booster", "xgboost.sklearn.XGBClassifier"),
)
