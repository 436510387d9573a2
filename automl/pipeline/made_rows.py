"""Small rows with an obvious pattern, made for the checks of families and stages."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from automl.errors import AutoMLError
from automl.pipeline.inputs import Block, layout
from automl.pipeline.registry import FitContext, InputKind, InputSpec, Rows

_SHAPES: dict[InputKind, tuple[int, ...]] = {
    InputKind.VECTOR: (6,),
    InputKind.IMAGE: (8, 8),
    InputKind.SEQUENCE: (10, 3),
}
_DISTANCE = 3.0
N_ROWS = 60


@dataclass(frozen=True)
class MadeRows:
    """Rows and how they are read."""

    rows: Rows
    inputs: tuple[InputSpec, ...]

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return len(np.unique(self.rows.y))

    def context(self, n_threads: int = 1) -> FitContext:
        """What a family is told of them; the seed is fixed."""
        rows = self.rows
        return FitContext(
            seed=0,
            n_threads=n_threads,
            inputs=self.inputs,
            n_classes=self.n_classes,
            y=rows.y,
            groups=rows.groups,
            sample_weight=rows.sample_weight,
        )


def made_rows(
    takes: Iterable[InputKind], *, n_classes: int = 2, n_per_group: int = 1, vector_width: int | None = None
) -> MadeRows:
    """``N_ROWS`` rows with a part for every kind of input a family takes; each column tells one class from the rest.

    Parameters
    ----------
    n_per_group : rows of one group follow each other; a group holds several classes
    vector_width : columns of the vector, ``None`` for 6

    Raises
    ------
    AutoMLError
        If no rows can be made for any of the kinds.
    """
    shapes = {kind: shape for kind, shape in _SHAPES.items() if kind in set(takes)}
    if not shapes:
        raise AutoMLError(f"rows can be made for {', '.join(_SHAPES)} only")
    if vector_width is not None and InputKind.VECTOR in shapes:
        shapes[InputKind.VECTOR] = (vector_width,)
    rng = np.random.default_rng(0)
    y = (np.arange(N_ROWS) % n_classes).astype(np.int64)
    X = rng.normal(size=(N_ROWS, sum(map(math.prod, shapes.values()))))
    X += _DISTANCE * (y[:, None] == np.arange(X.shape[1]) % n_classes)
    groups = np.arange(N_ROWS) // n_per_group
    inputs = layout([Block(kind.value, kind, shape) for kind, shape in shapes.items()])
    return MadeRows(Rows(X, y, groups.astype(np.int64)), inputs)
