"""Gaussian naive Bayes."""

from __future__ import annotations

from typing import Any

from automl.pipeline.params import with_defaults
from automl.pipeline.registry import FitContext, ModelFamily, Params

_DEFAULTS: Params = {"var_smoothing": 1e-9}


def _build(params: Params, context: FitContext) -> Any:
    from sklearn.naive_bayes import GaussianNB

    return GaussianNB(**with_defaults(params, _DEFAULTS))


FAMILY = ModelFamily(name="naive_bayes", title="naive Bayes", params=tuple(_DEFAULTS), build=_build)
