"""The sample rate at which recordings of different kinds can be compared."""

from __future__ import annotations

from typing import Any

from automl.pipeline.registry import Params, StageContext


def at_common_rate(params: Params, context: StageContext, default_sr: int) -> dict[str, Any]:
    """The parameters with an ``sr`` no higher than the lowest native rate of the data.

    Above that, how much of the spectrum is empty would tell the files apart. It is capped when the transformer is
    built, so that the fitted one holds the rate it uses.
    """
    settings: dict[str, Any] = dict(params)
    sr = int(settings.pop("sr", default_sr))
    return {"sr": min(sr, context.lowest_sr or sr), **settings}
