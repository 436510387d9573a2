"""Gradient boosting on histograms, as scikit-learn does it."""

from __future__ import annotations

from typing import Any

from automl.pipeline.params import with_defaults
from automl.pipeline.registry import FitContext, ModelFamily, Params

_DEFAULTS: Params = {
    "learning_rate": 0.1,
    "max_iter": 100,
    "max_leaf_nodes": 31,
    "min_samples_leaf": 20,
    "l2_regularization": 0.0,
    "max_features": 1.0,
}


def _build(params: Params, context: FitContext) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    # early_stopping="auto" would set rows aside without regard to groups.
    return HistGradientBoostingClassifier(
        **with_defaults(params, _DEFAULTS), early_stopping=False, random_state=context.seed
    )


FAMILY = ModelFamily(
    name="boosting",
    title="histogram gradient boosting",
    params=tuple(_DEFAULTS),
    build=_build,
    takes_missing=True,
    trusts=("sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",),
)
