"""Bring the columns to one scale."""

from __future__ import annotations

from typing import Any

from automl.pipeline.params import with_defaults
from automl.pipeline.registry import Params, StageContext, StageKind, StageOption

_MAX_QUANTILES = 1000
_NORMALIZE: Params = {"norm": "l2"}


def _none(params: Params, context: StageContext) -> None:
    with_defaults(params, {})


def _standard(params: Params, context: StageContext) -> Any:
    from sklearn.preprocessing import StandardScaler

    return StandardScaler(**with_defaults(params, {}))


def _minmax(params: Params, context: StageContext) -> Any:
    from sklearn.preprocessing import MinMaxScaler

    return MinMaxScaler(**with_defaults(params, {}))


def _robust(params: Params, context: StageContext) -> Any:
    from sklearn.preprocessing import RobustScaler

    return RobustScaler(**with_defaults(params, {}))


def _quantile(params: Params, context: StageContext) -> Any:
    from sklearn.preprocessing import QuantileTransformer

    return QuantileTransformer(
        **with_defaults(params, {}),
        n_quantiles=min(_MAX_QUANTILES, context.n_rows),
        output_distribution="normal",
        random_state=context.seed,
    )


def _power(params: Params, context: StageContext) -> Any:
    from sklearn.preprocessing import PowerTransformer

    return PowerTransformer(**with_defaults(params, {}), method="yeo-johnson")


def _normalize(params: Params, context: StageContext) -> Any:
    from sklearn.preprocessing import Normalizer

    return Normalizer(**with_defaults(params, _NORMALIZE))


STAGE = StageKind(
    name="scale",
    title="scale",
    role="scale",
    options={
        "none": StageOption(build=_none),
        "standard": StageOption(build=_standard),
        "minmax": StageOption(build=_minmax),
        "robust": StageOption(build=_robust),
        "quantile": StageOption(build=_quantile),
        "power": StageOption(build=_power),
        "normalize": StageOption(build=_normalize, params=tuple(_NORMALIZE)),
    },
)
