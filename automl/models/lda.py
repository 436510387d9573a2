"""Linear discriminant analysis with a shrunken covariance."""

from __future__ import annotations

from typing import Any

from automl.pipeline.params import with_defaults
from automl.pipeline.registry import FitContext, ModelFamily, Params

_DEFAULTS: Params = {"shrinkage": 0.1}


def _build(params: Params, context: FitContext) -> Any:
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    # The default solver, svd, does not shrink.
    return LinearDiscriminantAnalysis(**with_defaults(params, _DEFAULTS), solver="lsqr")


FAMILY = ModelFamily(
    name="lda",
    title="linear discriminant analysis",
    params=tuple(_DEFAULTS),
    build=_build,
    takes_weights=False,
)
