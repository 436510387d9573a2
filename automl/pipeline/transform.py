"""Impute, scale, select: the steps between the inputs and the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from automl.pipeline.build import ChosenStage
from automl.pipeline.inputs import Inputs, column_names, settle_branches
from automl.pipeline.registry import StageContext

_VECTOR = "vector"


class FittedScaler(NamedTuple):
    """The fitted scale step, ``None`` where nothing is scaled, and the names of the columns it was fitted on."""

    transformer: Any | None
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Transformed:
    """The training rows as the row stages get them.

    Parameters
    ----------
    steps : name and fitted transformer, from the inputs on
    X : (n_rows, n_vector + width of the other inputs)
    n_vector : how many columns, the first ones, are the vector
    """

    steps: tuple[tuple[str, Any], ...]
    X: NDArray[np.float64]
    n_vector: int
    scaler: FittedScaler

    def column_names(self) -> tuple[str, ...]:
        """Names of the columns of ``X``."""
        return column_names(self.steps, self.X.shape[1])


def fit_transformers(stages: Sequence[ChosenStage], inputs: Inputs, context: StageContext) -> Transformed:
    """Fit one stage after the other, each on what the one before made of the training rows.

    Only the vector part of a row is transformed: images and sequences pass untouched, so that their shape holds.
    """
    steps: list[tuple[str, Any]] = [("inputs", inputs.columns)]
    X, n_others = inputs.X, inputs.X.shape[1] - inputs.n_vector
    for chosen in stages:
        n_vector = X.shape[1] - n_others
        transformer = chosen.build(replace(context, n_features=n_vector)) if n_vector else None
        if transformer is None:
            continue
        step = _on_vector(transformer, n_vector) if n_others else transformer
        X = step.fit_transform(X, context.y)
        if n_others:
            settle_branches(step, {_VECTOR: chosen.settle})
        else:
            chosen.settle(step)
        steps.append((chosen.name, step))
    scaling = [s.name for s in stages if s.kind.role == "scale"]
    return Transformed(tuple(steps), X, X.shape[1] - n_others, _scaler(steps, scaling))


def _on_vector(transformer: Any, n_vector: int) -> Any:
    from sklearn.compose import ColumnTransformer

    return ColumnTransformer(
        [(_VECTOR, transformer, list(range(n_vector)))], remainder="passthrough", verbose_feature_names_out=False
    )


def _scaler(steps: Sequence[tuple[str, Any]], scaling: Sequence[str]) -> FittedScaler:
    """The scale step without what leads images past it; several, one after the other, count as one."""
    from sklearn.pipeline import make_pipeline

    places = [i for i, (name, _) in enumerate(steps) if name in scaling]
    if not places:
        return FittedScaler(None, ())
    before = steps[: places[0]]
    fitted = [_vector_part(steps[i][1]) for i in places]
    names = column_names(before, fitted[0].n_features_in_)
    return FittedScaler(fitted[0] if len(fitted) == 1 else make_pipeline(*fitted), names)


def _vector_part(step: Any) -> Any:
    branches: dict[str, Any] = getattr(step, "named_transformers_", {})
    return branches.get(_VECTOR, step)
