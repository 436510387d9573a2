"""Random forest (Breiman 2001)."""

from __future__ import annotations

from typing import Any

from automl.models._forests import DEFAULTS, TRUSTS, arguments, settle
from automl.pipeline.registry import FitContext, ModelFamily, Params


def _build(params: Params, context: FitContext) -> Any:
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(**arguments(params, context))


FAMILY = ModelFamily(
    name="forest",
    title="random forest",
    params=tuple(DEFAULTS),
    build=_build,
    settle=settle,
    trusts=TRUSTS,
)
