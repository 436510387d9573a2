"""A space without the choices that make no difference on the data at hand."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from math import inf

from automl.core.dataset import ColumnKind, Dataset
from automl.core.trial import Scalar
from automl.pipeline import registry
from automl.pipeline.registry import InputKind
from automl.spaces.narrow import without_stages
from automl.spaces.nodes import Choice, Fixed, Parameter, Space, Stage

_ON_VECTORS = frozenset({"impute", "scale", "select"})
_PLAIN = frozenset({ColumnKind.NUMERIC, ColumnKind.BOOLEAN})


def fit_to(space: Space, dataset: Dataset) -> Space:
    """The space without choices that the data cannot tell apart.

    A stage for a kind of column the data lacks is dropped. Without missing values every imputer learns from the same
    complete columns, so the default one is kept for new rows and the choice is not searched. Sample rates above the
    lowest native one of the recordings all come to that one, so one of them is kept. Nothing is imputed, scaled or
    selected for a family that sees pictures only.
    """
    has_missing = bool(dataset.X.drop(columns=dataset.columns_of(ColumnKind.SOUND)).isna().any(axis=None))
    stages = without_idle_stages(space, dataset.kinds.values()).stages
    if not has_missing:
        stages = tuple(_settled(s) if registry.stage(s.name).role == "impute" else s for s in stages)
    if dataset.lowest_sr is not None:
        stages = tuple(_audible(s, dataset.lowest_sr) for s in stages)
    blind = {f for f in space.families if InputKind.VECTOR not in inputs_of(f, space, dataset)}
    stages = tuple(_without(blind, s, space) if registry.stage(s.name).role in _ON_VECTORS else s for s in stages)
    return replace(space, stages=tuple(s for s in stages if s.families != ()))


def inputs_of(family: str, space: Space, dataset: Dataset) -> frozenset[InputKind]:
    """The kinds of input that the stages of the space make of the data for a family; numbers need no stage."""
    stages = [registry.stage(s.name) for s in space.stages if s.families is None or family in s.families]
    kinds = set(dataset.kinds.values())
    made = {s.output for s in stages if s.role == "featurize" and s.column_kind in kinds}
    return frozenset(made | ({InputKind.VECTOR} if kinds & _PLAIN else set()))


def _without(families: Collection[str], stage: Stage, space: Space) -> Stage:
    made_for = space.families if stage.families is None else stage.families
    kept = tuple(f for f in made_for if f not in families)
    return stage if kept == made_for else replace(stage, families=kept)


def without_idle_stages(space: Space, kinds: Iterable[str]) -> Space:
    """The space without the stages for a kind of column that is not among ``kinds``."""
    present = set(kinds)
    idle = [
        stage.name
        for stage in space.stages
        if (kind := registry.stage(stage.name)).role == "featurize" and kind.column_kind not in present
    ]
    return without_stages(space, idle)


def _settled(stage: Stage) -> Stage:
    """The stage with its default option only, every parameter at its default."""
    parameters = tuple(
        Parameter(p.name, p.node if isinstance(p.node, Fixed) else Fixed(p.node.default), p.when)
        for p in stage.options[stage.default]
    )
    return replace(stage, options={stage.default: parameters})


def _audible(stage: Stage, lowest_sr: int) -> Stage:
    """The stage with its sample rates (parameters called ``sr``) limited to what the recordings hold."""
    if registry.stage(stage.name).column_kind is not ColumnKind.SOUND:
        return stage
    return replace(
        stage,
        options={name: tuple(_limited(p, lowest_sr) for p in parameters) for name, parameters in stage.options.items()},
    )


def _limited(parameter: Parameter, lowest_sr: int) -> Parameter:
    """The parameter, if it is a sample rate, without what the recordings do not hold."""
    node = parameter.node
    if parameter.name != "sr":
        return parameter
    if isinstance(node, Fixed):
        return replace(parameter, node=Fixed(min(node.value, lowest_sr, key=_as_number)))
    if isinstance(node, Choice):
        rates = tuple(dict.fromkeys(min(rate, lowest_sr, key=_as_number) for rate in node.options))
        return replace(parameter, node=Choice(rates, min(node.default, lowest_sr, key=_as_number)))
    return parameter


def _as_number(value: Scalar) -> float:
    return float(value) if isinstance(value, int | float) else inf
