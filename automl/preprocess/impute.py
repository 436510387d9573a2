"""Fill what is missing."""

from __future__ import annotations

from typing import Any

from automl.pipeline.params import with_defaults
from automl.pipeline.registry import Params, StageContext, StageKind, StageOption

_DEFAULTS: Params = {"indicator": False}


def _option(strategy: str) -> StageOption:
    def build(params: Params, context: StageContext) -> Any:
        from sklearn.impute import SimpleImputer

        # A column without any value in the training rows keeps its place: the width must not depend on the fold.
        return SimpleImputer(
            strategy=strategy,
            add_indicator=with_defaults(params, _DEFAULTS)["indicator"],
            keep_empty_features=True,
        )

    return StageOption(build=build, params=tuple(_DEFAULTS))


STAGE = StageKind(
    name="impute",
    title="fill missing values",
    role="impute",
    options={strategy: _option(strategy) for strategy in ("mean", "median", "most_frequent")},
    trusts=("numpy.dtype",),
)
