"""Families and stages by name, ours and those of installed plug-ins.

Both are found through entry points (groups ``automl.families`` and ``automl.stages``), so one that a plug-in brings
stands beside ours, and only those that a space names are imported.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from automl.core.dataset import ColumnKind
from automl.core.trial import Scalar
from automl.errors import MissingPackageError, SpaceError
from automl.pipeline.network import KerasNetwork

Params: TypeAlias = Mapping[str, Scalar]


class InputKind(StrEnum):
    """How a family may read an input."""

    VECTOR = "vector"
    IMAGE = "image"
    SEQUENCE = "sequence"
    TEXT = "text"


@dataclass(frozen=True)
class InputSpec:
    """How a part of a flat row unfolds.

    Parameters
    ----------
    columns : slice of the matrix
    shape : of one row: ``(12,)`` numbers, a ``(64, 128)`` image
    """

    name: str
    kind: InputKind
    columns: slice
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Rows:
    """The transformed training rows, on their way into the model.

    Parameters
    ----------
    X : (n_rows, n_features)
    y : (n_rows,) class indices 0..n_classes-1, every one present
    groups : (n_rows,) codes; without groups each original row is its own group. A copy or a synthetic row inherits its
        parent's
    sample_weight : (n_rows,), ``None`` for equal weights
    parents : (n_rows,) index of the row it is a changed copy of, for any other row its own; ``None`` without copies
    """

    X: NDArray[np.float64]
    y: NDArray[np.int64]
    groups: NDArray[np.int64]
    sample_weight: NDArray[np.float64] | None = None
    parents: NDArray[np.intp] | None = None


@dataclass(frozen=True)
class StageContext:
    """What a stage may know when it is built: the rows it will be fitted on, and nothing of the others.

    Parameters
    ----------
    n_features : columns of the matrix it will see (columns of its kind, for a featurizing stage)
    y, groups : of the rows it will be fitted on
    lowest_sr : lowest native sample rate of the data's sounds in Hz, ``None`` without sounds
    inputs : for the role ``rows``: how the columns of the matrix are to be read
    """

    seed: int
    n_features: int
    y: NDArray[np.int64]
    groups: NDArray[np.int64]
    n_threads: int = 1
    lowest_sr: int | None = None
    inputs: tuple[InputSpec, ...] = ()

    @property
    def n_rows(self) -> int:
        """Number of rows it will be fitted on."""
        return len(self.y)


@dataclass(frozen=True)
class FitContext:
    """What a family may know when its model is built.

    Parameters
    ----------
    inputs : how the columns of the matrix are to be read
    n_classes : classes present in ``y``, which holds 0..n_classes-1 without gaps
    y, groups, sample_weight : of the rows it will be fitted on, so that an inner split can go by group
    parents : of these rows, see `Rows`
    """

    seed: int
    n_threads: int
    inputs: tuple[InputSpec, ...]
    n_classes: int
    y: NDArray[np.int64]
    groups: NDArray[np.int64]
    sample_weight: NDArray[np.float64] | None = None
    parents: NDArray[np.intp] | None = None


@dataclass(frozen=True)
class ModelFamily:
    """A kind of model.

    Parameters
    ----------
    title : for people
    params : the names it takes
    build : ``build(params, context)`` -> unfitted scikit-learn classifier with ``predict_proba``
    takes : the kinds of input it can eat
    requires : those of them that a row must have
    min_rows, min_rows_per_class : with fewer a packaged space that has other families leaves it out
    takes_weights : whether ``fit`` takes ``sample_weight``
    takes_missing : whether ``fit`` and ``predict_proba`` take NaN
    needs : import names, checked before the search, not imported
    extra : the extra of this distribution that brings ``needs``
    settle : called on the fitted model; removes what must not travel (a stored list of splits), ``None`` for nothing
    trusts : full names of the types its fitted models hold beyond what skops trusts by itself
    read_network : for a family whose fitted models hold a network as ``network_``: the network in the content of a
        ``.keras`` file, opened in safe mode with its classes checked. A bundle then stores it apart, as ``.onnx`` too

    Notes
    -----
    A fitted model may say how it was trained, for the journal, MLflow and ``automl leaderboard``, by any of these
    attributes: ``history_``, a dict of curves with one number per epoch (``loss`` and ``accuracy`` of the rows it was
    trained on, ``valid_loss`` and ``valid_accuracy`` of its inner validation rows, ``learning_rate``, others as it
    likes); ``best_epoch_``, whose weights it kept, from 0; ``n_parameters_``, its number of weights; ``architecture_``,
    its layers as text; ``device_``, what it was trained on.
    """

    name: str
    title: str
    params: tuple[str, ...]
    build: Callable[[Params, FitContext], Any]
    takes: frozenset[InputKind] = frozenset({InputKind.VECTOR})
    requires: frozenset[InputKind] = frozenset()
    min_rows: int = 0
    min_rows_per_class: int = 0
    takes_weights: bool = True
    takes_missing: bool = False
    needs: tuple[str, ...] = ()
    extra: str | None = None
    settle: Callable[[Any], None] | None = None
    trusts: tuple[str, ...] = ()
    read_network: Callable[[bytes], KerasNetwork] | None = None


Role: TypeAlias = Literal["featurize", "impute", "scale", "select", "rows"]


@dataclass(frozen=True)
class StageOption:
    """One way to do a stage.

    Parameters
    ----------
    build : ``build(params, context)`` -> unfitted transformer, or ``None`` for nothing to do. For the role ``rows``: a
        function ``Rows -> Rows`` that is applied to the transformed training rows and never at prediction
    params : the names it takes
    settle : called on the fitted transformer; removes what must not travel (a stored list of splits)
    weighs : for the role ``rows``: whether it may set weights, which the family must then take
    """

    build: Callable[[Params, StageContext], Any]
    params: tuple[str, ...] = ()
    settle: Callable[[Any], None] | None = None
    weighs: bool = False


@dataclass(frozen=True)
class StageKind:
    """A kind of preprocessing step.

    Parameters
    ----------
    role : where it acts. ``featurize`` turns the columns of ``column_kind`` into numbers, in a branch of its own;
        ``impute``, ``scale`` and ``select`` transform the matrix, in the order of the space; ``rows`` changes the
        training rows
    column_kind : for ``featurize``: the kind of column it eats
    output : for ``featurize``: the kind of input it makes; images and sequences pass ``scale`` and ``select``
        untouched, and the fitted transformer says in ``output_shape_`` how one row of them unfolds
    per_column : for ``featurize``: whether it makes an input of each column instead of one of all
    trusts : full names of the types its fitted transformers hold beyond what skops trusts by itself
    """

    name: str
    title: str
    role: Role
    options: Mapping[str, StageOption]
    column_kind: ColumnKind | None = None
    output: InputKind = InputKind.VECTOR
    per_column: bool = False
    trusts: tuple[str, ...] = field(default=())


@cache
def _entry_points(group: str) -> dict[str, EntryPoint]:
    return {e.name: e for e in entry_points(group=group)}


def family_names() -> tuple[str, ...]:
    """Names of every installed family; imports none of them."""
    return tuple(_entry_points("automl.families"))


def stage_names() -> tuple[str, ...]:
    """Names of every installed stage; imports none of them."""
    return tuple(_entry_points("automl.stages"))


@cache
def family(name: str) -> ModelFamily:
    """The family called ``name``.

    Raises
    ------
    SpaceError
        If there is none; the hint lists what exists.
    """
    loaded: ModelFamily = _load("automl.families", name, ModelFamily)
    return loaded


@cache
def stage(name: str) -> StageKind:
    """The kind of stage called ``name``.

    Raises
    ------
    SpaceError
        If there is none; the hint lists what exists.
    """
    loaded: StageKind = _load("automl.stages", name, StageKind)
    return loaded


def _load(group: str, name: str, expected: type[Any]) -> Any:
    found = _entry_points(group)
    what = group.removeprefix("automl.")
    if name not in found:
        raise SpaceError(f'there is no "{name}" among the {what}', hint=f"installed {what}: {', '.join(sorted(found))}")
    loaded = found[name].load()
    if not isinstance(loaded, expected) or loaded.name != name:
        raise SpaceError(f'the plug-in "{found[name].value}" promises {what} "{name}" but holds {loaded!r:.80}')
    return loaded


def missing_packages(model: ModelFamily) -> tuple[str, ...]:
    """Which of the packages a family needs are not installed."""
    return tuple(n for n in model.needs if importlib.util.find_spec(n) is None)


def require_packages(model: ModelFamily) -> None:
    """Nothing, if every package the family needs is installed.

    Raises
    ------
    MissingPackageError
        Otherwise; the hint is the command that installs them.
    """
    if missing := missing_packages(model):
        raise MissingPackageError(
            f'"{model.name}" needs {", ".join(missing)}, and that is not installed',
            hint=f'pip install "automl-search[{model.extra}]"' if model.extra else f"pip install {' '.join(missing)}",
        )
