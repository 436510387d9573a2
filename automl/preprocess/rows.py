"""Change the training rows, or what they weigh."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from automl.pipeline.params import with_defaults
from automl.pipeline.registry import Params, Rows, StageContext, StageKind, StageOption


def _none(params: Params, context: StageContext) -> None:
    with_defaults(params, {})


def _class_weights(params: Params, context: StageContext) -> Callable[[Rows], Rows]:
    with_defaults(params, {})
    return _balanced


def _balanced(rows: Rows) -> Rows:
    """Every class as heavy as the others, and one row weighing 1 on average; weights there were are multiplied in."""
    n_rows = np.bincount(rows.y)
    weight = (len(rows.y) / (len(n_rows) * n_rows))[rows.y]
    return replace(rows, sample_weight=weight if rows.sample_weight is None else weight * rows.sample_weight)


STAGE = StageKind(
    name="rows",
    title="training rows",
    role="rows",
    options={
        "none": StageOption(build=_none),
        "class_weights": StageOption(build=_class_weights, weighs=True),
    },
)
