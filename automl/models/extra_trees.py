"""Extremely randomised trees (Geurts, Ernst and Wehenkel 2006)."""

from __future__ import annotations

from typing import Any

from automl.models._forests import DEFAULTS, TRUSTS, arguments, settle
from automl.pipeline.registry import FitContext, ModelFamily, Params


def _build(params: Params, context: FitContext) -> Any:
    from sklearn.ensemble import ExtraTreesClassifier

    return ExtraTreesClassifier(**arguments(params, context))


FAMILY = ModelFamily(
    name="extra_trees",
    title="extremely randomised trees",
    params=tuple(DEFAULTS),
    build=_build,
    settle=settle,
    trusts=TRUSTS,
)
