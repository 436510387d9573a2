"""What the random forest and the extremely randomised trees share."""

from __future__ import annotations

from typing import Any

from automl.pipeline.params import with_defaults
from automl.pipeline.registry import FitContext, Params

DEFAULTS: Params = {
    "n_estimators": 100,
    "max_features": "sqrt",
    "min_samples_leaf": 1,
    "max_depth": None,
    "criterion": "gini",
}

TRUSTS = ("sklearn.tree._tree.Tree",)


def arguments(params: Params, context: FitContext) -> dict[str, Any]:
    """Arguments of scikit-learn's class."""
    return {**with_defaults(params, DEFAULTS), "n_jobs": context.n_threads, "random_state": context.seed}


def settle(model: Any) -> None:
    """Predict with one thread: several add up the trees in the order they finish, which changes the last bits."""
    model.n_jobs = None
