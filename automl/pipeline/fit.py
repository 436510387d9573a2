"""The one place where anything is fitted: a config and training rows in, a fitted pipeline out."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from automl.core.dataset import Dataset
from automl.core.training import Training
from automl.core.trial import Config
from automl.errors import AutoMLError, DataError
from automl.pipeline.build import Recipe, read_config
from automl.pipeline.inputs import fit_inputs, input_specs
from automl.pipeline.registry import FitContext, InputSpec, Rows, StageContext, require_packages
from automl.pipeline.training import read_training
from automl.pipeline.transform import FittedScaler, Transformed, fit_transformers

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class FittedPipeline:
    """What ``fit_pipeline`` makes.

    Parameters
    ----------
    pipeline : plain scikit-learn ``Pipeline`` that predicts indices into ``classes``
    classes : class indices present in the training rows, ascending
    n_classes : classes of the data set
    inputs : how the model reads the columns of the matrix
    """

    pipeline: Any
    classes: tuple[int, ...]
    n_classes: int
    inputs: tuple[InputSpec, ...]
    scaler: FittedScaler

    @property
    def training(self) -> Training | None:
        """How the model was trained, ``None`` where it does not say."""
        return read_training(self.pipeline[-1])

    def predict_proba(self, X: pd.DataFrame) -> NDArray[np.float64]:
        """(n_samples, n_classes) probabilities; a class absent from the training rows has 0.

        Parameters
        ----------
        X : typed as ``Dataset.X``; further columns and another order are fine
        """
        padded = np.zeros((len(X), self.n_classes))
        padded[:, list(self.classes)] = self.pipeline.predict_proba(X)
        return padded


def fit_pipeline(
    config: Config, dataset: Dataset, rows: NDArray[np.intp], seed: int, *, n_threads: int = 1
) -> FittedPipeline:
    """Fit what ``config`` says on ``rows`` and on nothing else.

    The transforming steps are fitted first, then row stages change the transformed training rows, then the model is
    built for the rows it will see and fitted on them. The parts are assembled into one pipeline; steps with nothing to
    do are left out.

    Parameters
    ----------
    rows : indices of the training rows
    seed : of every random choice
    n_threads : changes how long it takes, not what comes out

    Raises
    ------
    SpaceError
        If the config names what does not exist or does not fit the columns.
    DataError
        If there is only one class, or a number the family cannot take; the columns are named.
    MissingPackageError
        If a package the family needs is not installed.
    """
    recipe = read_config(config)
    require_packages(recipe.family)
    classes, y = np.unique(dataset.y[rows], return_inverse=True)
    if len(classes) < 2:
        raise DataError(f"all {len(rows)} training rows are of one class", hint="a classifier needs rows of two")
    context = StageContext(
        seed=seed,
        n_features=dataset.X.shape[1],
        y=y.astype(np.int64),
        groups=dataset.units(rows),
        n_threads=n_threads,
        lowest_sr=dataset.lowest_sr,
    )
    inputs = fit_inputs(recipe, dataset.X.iloc[rows], dataset.kinds, context)
    transformed = fit_transformers(recipe.of_role("impute", "scale", "select"), inputs, context)
    specs = input_specs(transformed.n_vector, inputs.blocks, recipe.family)
    _check_finite(transformed, recipe)
    weight = None if dataset.sample_weight is None else dataset.sample_weight[rows]
    seen = _change_rows(recipe, Rows(transformed.X, context.y, context.groups, weight), replace(context, inputs=specs))
    model = _fit_model(recipe, seen, specs, context)
    return FittedPipeline(
        pipeline=_assemble(transformed.steps, model),
        classes=tuple(classes.tolist()),
        n_classes=dataset.n_classes,
        inputs=specs,
        scaler=transformed.scaler,
    )


def _check_finite(transformed: Transformed, recipe: Recipe) -> None:
    """Name the columns the family cannot take, before it says so of an array without names."""
    takes_missing = recipe.family.takes_missing
    unfit = np.isinf(transformed.X) if takes_missing else ~np.isfinite(transformed.X)
    if not unfit.any():
        return
    names = transformed.column_names()
    details = [f'"{names[i]}": {unfit[:, i].sum()} of {len(unfit)} rows' for i in np.flatnonzero(unfit.any(axis=0))]
    if takes_missing:
        what, hint = "infinite", "correct them in the data"
    else:
        what, hint = "missing or infinite", "an impute stage in the space fills missing ones"
    raise DataError(f'"{recipe.family.name}" cannot take {what} numbers', hint=hint, details=details)


def _change_rows(recipe: Recipe, rows: Rows, context: StageContext) -> Rows:
    """Apply the row stages, one after the other."""
    n_classes = len(np.unique(rows.y))
    for chosen in recipe.of_role("rows"):
        seen = replace(context, n_features=rows.X.shape[1], y=rows.y, groups=rows.groups)
        change = chosen.build(seen)
        if change is not None:
            rows = change(rows)
            _check_rows(rows, n_classes, chosen.name)
    return rows


def _check_rows(rows: Rows, n_classes: int, stage: str) -> None:
    """Hold a row stage to its contract: its mistake would surface as a wrong model."""
    optional = (rows.sample_weight, rows.parents)
    lengths = {len(rows.X), len(rows.y), len(rows.groups), *(len(a) for a in optional if a is not None)}
    if len(lengths) > 1:
        raise AutoMLError(f'stage "{stage}" returned rows, classes, groups and weights of lengths {sorted(lengths)}')
    if not np.array_equal(np.unique(rows.y), np.arange(n_classes)):
        raise AutoMLError(f'stage "{stage}" must keep the classes 0..{n_classes - 1}, got {np.unique(rows.y).tolist()}')
    if rows.parents is not None and not _are_parents(rows.parents, rows):
        raise AutoMLError(f'stage "{stage}" must name as the parent of a row an original row of its group and class')


def _are_parents(parents: NDArray[np.intp], rows: Rows) -> bool:
    if parents.min() < 0 or parents.max() >= len(parents):
        return False
    same = (parents[parents] == parents) & (rows.groups[parents] == rows.groups) & (rows.y[parents] == rows.y)
    return bool(same.all())


def _fit_model(recipe: Recipe, rows: Rows, specs: tuple[InputSpec, ...], context: StageContext) -> Any:
    """Build the model for the rows it will see, and fit it on them."""
    family, weight = recipe.family, rows.sample_weight
    if weight is not None and not family.takes_weights:
        warnings.warn(f'"{family.name}" takes no weights: every row counts the same', stacklevel=3)
        weight = None
    n_classes = len(np.unique(rows.y))
    seen = FitContext(
        seed=context.seed,
        n_threads=context.n_threads,
        inputs=specs,
        n_classes=n_classes,
        y=rows.y,
        groups=rows.groups,
        sample_weight=weight,
        parents=rows.parents,
    )
    model = family.build(recipe.params, seen)
    model.fit(rows.X, rows.y, **({} if weight is None else {"sample_weight": weight}))
    if family.settle is not None:
        family.settle(model)
    if not np.array_equal(model.classes_, np.arange(n_classes)):
        raise AutoMLError(f'family "{family.name}" fitted 0..{n_classes - 1} but has classes_ {model.classes_!r:.80}')
    return model


def _assemble(steps: Sequence[tuple[str, Any]], model: Any) -> Any:
    from sklearn.pipeline import Pipeline

    return Pipeline([*steps, ("model", model)])
