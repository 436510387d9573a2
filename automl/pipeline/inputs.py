"""From the columns of a table to one matrix, and how the parts of a row of it are to be read.

Every kind of input has a branch of its own. Vectors come first and side by side, so that they are one part; images and
sequences follow, each flattened.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from automl.core.dataset import ColumnKind
from automl.errors import AutoMLError, DataError, SpaceError
from automl.pipeline.build import ChosenStage, Recipe
from automl.pipeline.registry import InputKind, InputSpec, ModelFamily, StageContext

if TYPE_CHECKING:
    import pandas as pd

_VECTOR = "vector"
_PLAIN = frozenset({ColumnKind.NUMERIC, ColumnKind.BOOLEAN})


@dataclass(frozen=True)
class Block:
    """A part of the matrix, before it has a place in it; ``shape`` is that of one row."""

    name: str
    kind: InputKind
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Inputs:
    """The featurized training rows.

    Parameters
    ----------
    columns : the fitted ``ColumnTransformer``
    X : (n_rows, n_vector + width of the blocks)
    n_vector : how many columns, the first ones, are the vector
    blocks : what follows it
    """

    columns: Any
    X: NDArray[np.float64]
    n_vector: int
    blocks: tuple[Block, ...]


def fit_inputs(recipe: Recipe, frame: pd.DataFrame, kinds: Mapping[str, ColumnKind], context: StageContext) -> Inputs:
    """Fit every branch on the training rows and put the results side by side.

    Numbers and booleans pass through unless a stage eats them; a stage that finds no column of its kind is left out.

    Parameters
    ----------
    frame : the training rows

    Raises
    ------
    SpaceError
        If there are columns that nothing in the config turns into numbers.
    DataError
        If there is no column at all.
    """
    from sklearn.compose import ColumnTransformer

    stages = recipe.of_role("featurize")
    _check_kinds(stages, kinds)
    branches = _branches(stages, kinds, context)
    if not branches:
        raise DataError("there is no column to learn from")
    columns = ColumnTransformer(
        [(b.name, b.transformer, b.columns) for b in branches], sparse_threshold=0, verbose_feature_names_out=False
    )
    X = columns.fit_transform(frame, context.y)
    settle_branches(columns, {b.name: b.chosen.settle for b in branches if b.chosen is not None})
    blocks = tuple(_block(columns, b) for b in branches if b.kind is not InputKind.VECTOR)
    return Inputs(columns, X, X.shape[1] - sum(math.prod(b.shape) for b in blocks), blocks)


def settle_branches(columns: Any, settles: Mapping[str, Callable[[Any], None]]) -> None:
    """Settle the fitted parts of a ``ColumnTransformer``, and let a clone of it start from what was settled."""
    from sklearn.base import clone

    for name, settle in settles.items():
        settle(columns.named_transformers_[name])
    columns.transformers = [
        (name, clone(columns.named_transformers_[name]) if name in settles else part, names)
        for name, part, names in columns.transformers
    ]


def input_specs(n_vector: int, blocks: Sequence[Block], family: ModelFamily) -> tuple[InputSpec, ...]:
    """How the family may read the columns of the matrix.

    Raises
    ------
    SpaceError
        If it cannot eat one of them, or needs another.
    """
    parts = [Block(_VECTOR, InputKind.VECTOR, (n_vector,)), *blocks] if n_vector else list(blocks)
    if unfit := [b.name for b in parts if b.kind not in family.takes]:
        raise SpaceError(
            f'"{family.name}" cannot read the input "{unfit[0]}"',
            hint=f"it takes: {', '.join(sorted(family.takes))}",
        )
    if lacking := sorted(family.requires - {b.kind for b in parts}):
        raise SpaceError(
            f'"{family.name}" needs an input of the kind "{lacking[0]}" in every row, and there is none',
            hint="add a stage to the space that makes one, or leave the family out",
        )
    return layout(parts)


def layout(blocks: Sequence[Block]) -> tuple[InputSpec, ...]:
    """The blocks, one behind the other."""
    ends = np.cumsum([0, *(math.prod(b.shape) for b in blocks)]).tolist()
    return tuple(
        InputSpec(b.name, b.kind, slice(start, end), b.shape)
        for b, start, end in zip(blocks, ends[:-1], ends[1:], strict=True)
    )


def column_names(steps: Sequence[tuple[str, Any]], n_columns: int) -> tuple[str, ...]:
    """Names of the first ``n_columns`` columns of the matrix after some fitted steps.

    They are ``x0``, ``x1``, ... where a step gives no names, or one name twice.
    """
    names = None
    try:
        for _, step in steps:
            names = step.get_feature_names_out(names)
    except (AttributeError, ValueError):
        names = None
    return tuple(f"x{i}" if names is None else str(names[i]) for i in range(n_columns))


@dataclass(frozen=True)
class _Branch:
    """Some columns and what is done to them; ``chosen`` is ``None`` where they pass as they are."""

    name: str
    transformer: Any
    columns: list[str]
    kind: InputKind = InputKind.VECTOR
    chosen: ChosenStage | None = None


def _check_kinds(stages: Sequence[ChosenStage], kinds: Mapping[str, ColumnKind]) -> None:
    readable = _PLAIN | {s.kind.column_kind for s in stages}
    if unreadable := [f'"{name}" is {kind}' for name, kind in kinds.items() if kind not in readable]:
        raise SpaceError(
            f"no stage of the space turns {len(unreadable)} of {len(kinds)} columns into numbers",
            hint="add a stage that reads them to the space, or leave the columns out with --drop",
            details=unreadable,
        )


def _branches(stages: Sequence[ChosenStage], kinds: Mapping[str, ColumnKind], context: StageContext) -> list[_Branch]:
    passing = _PLAIN - {s.kind.column_kind for s in stages}
    numeric = [name for name, kind in kinds.items() if kind in passing]
    branches = [_Branch("numeric", "passthrough", numeric)] if numeric else []
    for chosen in stages:
        names = [name for name, kind in kinds.items() if kind is chosen.kind.column_kind]
        for branch, columns in _parts(chosen, names):
            transformer = chosen.build(replace(context, n_features=len(columns)))
            if transformer is not None:
                branches.append(_Branch(branch, transformer, columns, chosen.kind.output, chosen))
    return sorted(branches, key=lambda b: b.kind is not InputKind.VECTOR)


def _parts(chosen: ChosenStage, names: list[str]) -> list[tuple[str, list[str]]]:
    """Name and columns of each branch of a stage."""
    if not chosen.kind.per_column or len(names) < 2:
        return [(chosen.name, names)] if names else []
    return [(f"{chosen.name}_{i}", [name]) for i, name in enumerate(names, 1)]


def _block(columns: Any, branch: _Branch) -> Block:
    """The shape is read from the fitted transformer: it may depend on the training rows."""
    place = columns.output_indices_[branch.name]
    width = place.stop - place.start
    shape = getattr(columns.named_transformers_[branch.name], "output_shape_", None)
    if shape is None or math.prod(shape) != width:
        raise AutoMLError(f'stage "{branch.name}" makes {width} numbers of a row, but its output_shape_ is {shape}')
    return Block(branch.name, branch.kind, tuple(shape))
