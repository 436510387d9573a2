"""Logistic regression (multinomial for more than two classes) with a ridge, lasso or elastic-net penalty."""

from __future__ import annotations

from typing import Any

from automl.pipeline.params import with_defaults
from automl.pipeline.registry import FitContext, ModelFamily, Params

_DEFAULTS: Params = {"C": 1.0, "penalty": "l2", "l1_ratio": 0.5}
_L1_RATIO = {"l2": 0.0, "l1": 1.0}
_MAX_ITER = 2000


def _build(params: Params, context: FitContext) -> Any:
    from sklearn.linear_model import LogisticRegression

    chosen = with_defaults(params, _DEFAULTS)
    # scikit-learn 1.8 deprecated penalty=: the mixing parameter alone says which penalty it is.
    l1_ratio = _L1_RATIO.get(chosen["penalty"], chosen["l1_ratio"])
    return LogisticRegression(
        C=chosen["C"],
        l1_ratio=l1_ratio,
        solver="lbfgs" if l1_ratio == 0 else "saga",  # lbfgs is the faster by far but cannot do l1
        max_iter=_MAX_ITER,
        random_state=context.seed,
    )


FAMILY = ModelFamily(name="logistic", title="logistic regression", params=tuple(_DEFAULTS), build=_build)
