"""The space of a search: found, checked against what is installed, fitted to the data at hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path

from automl.core.dataset import ColumnKind, Dataset
from automl.core.trial import Scalar
from automl.errors import RequestError, SpaceError
from automl.pipeline import registry
from automl.spaces.library import SpaceFile, find_space
from automl.spaces.narrow import only_families, without_stages
from automl.spaces.nodes import Choice, Fixed, Parameter, Space, Stage
from automl.spaces.parse import Vocabulary, parse_space

FOR_TABLES = "tabular"
FOR_SOUNDS = "audio"
_FEATURIZED = {ColumnKind.CATEGORICAL: "encode", ColumnKind.SOUND: "sound_features"}
_N_NAMED = 5


@dataclass(frozen=True)
class ChosenSpace:
    """What will be searched.

    Parameters
    ----------
    space : narrowed to the families in force and to the data
    file : where it came from, verbatim
    left_out : family -> why it is not searched
    """

    space: Space
    file: SpaceFile
    left_out: dict[str, str]


def vocabulary() -> Vocabulary:
    """Every family and stage that is installed, with the names they take."""
    families = [registry.family(name) for name in registry.family_names()]
    stages = [registry.stage(name) for name in registry.stage_names()]
    return Vocabulary(
        families={f.name: f.params for f in families},
        stages={s.name: {name: option.params for name, option in s.options.items()} for s in stages},
        weightless=frozenset(f.name for f in families if not f.takes_weights),
        weighing=frozenset((s.name, name) for s in stages for name, option in s.options.items() if option.weighs),
    )


def read_space(file: SpaceFile) -> Space:
    """The space in a file.

    Raises
    ------
    SpaceError
        With every mistake, each with its path.
    """
    return parse_space(file.text, source=file.origin, vocabulary=vocabulary())


def choose_space(name: str | None, models: Sequence[str], dataset: Dataset) -> ChosenSpace:
    """The space asked for, or the packaged one that suits the data.

    A family whose package is missing is left out of a packaged space; asked for by name, or in the user's own space, it
    is an error now instead of at some later trial.

    Raises
    ------
    SpaceError, RequestError, MissingPackageError
        If the space does not exist or has mistakes, a family is unknown to it, or a package is missing.
    """
    has_sounds = bool(dataset.columns_of(ColumnKind.SOUND))
    file = find_space(name or (FOR_SOUNDS if has_sounds else FOR_TABLES), folder=Path.cwd())
    space = read_space(file)
    if models:
        space = only_families(space, _known(models, space))
    left_out: dict[str, str] = {}
    for family in map(registry.family, space.families):
        if models or not file.is_packaged:
            registry.require_packages(family)
        elif missing := registry.missing_packages(family):
            left_out[family.name] = f"{', '.join(missing)} is not installed"
    space = only_families(space, [f for f in space.families if f not in left_out])
    _require_featurizers(space, dataset, file.origin)
    return ChosenSpace(fit_to(space, dataset), file, left_out)


def _require_featurizers(space: Space, dataset: Dataset, origin: str) -> None:
    """Nothing, if every family can have every column turned into numbers: now, and not in every trial."""
    for kind, stage_name in _FEATURIZED.items():
        columns = dataset.columns_of(kind)
        made_for = [s.families for s in space.stages if registry.stage(s.name).column_kind is kind]
        without = [f for f in space.families if not any(families is None or f in families for families in made_for)]
        if columns and without:
            names = ", ".join(f'"{name}"' for name in columns[:_N_NAMED]) + (", ..." if len(columns) > _N_NAMED else "")
            raise SpaceError(
                f"{origin} has no stage that turns {kind} columns into numbers for {', '.join(without)}, "
                f"and the data has {len(columns)}: {names}",
                hint=f'add a [[stage]] called "{stage_name}" (see automl spaces show tabular --toml), or --drop them',
            )


def fit_to(space: Space, dataset: Dataset) -> Space:
    """The space without choices that the data cannot tell apart.

    A stage for a kind of column the data lacks is dropped. Without missing values every imputer learns from the same
    complete columns, so the default one is kept for new rows and the choice is not searched. Sample rates above the
    lowest native one of the recordings all come to that one, so one of them is kept.
    """
    has_missing = bool(dataset.X.drop(columns=dataset.columns_of(ColumnKind.SOUND)).isna().any(axis=None))
    stages = without_idle_stages(space, dataset.kinds.values()).stages
    if not has_missing:
        stages = tuple(_settled(s) if registry.stage(s.name).role == "impute" else s for s in stages)
    if dataset.lowest_sr is not None:
        stages = tuple(_audible(s, dataset.lowest_sr) for s in stages)
    return replace(space, stages=stages)


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


def _known(models: Sequence[str], space: Space) -> list[str]:
    for name in models:
        registry.family(name)
    unknown = [m for m in models if m not in space.families]
    if unknown:
        raise RequestError(
            f"--models {','.join(unknown)}: not in the space {space.name}, which has {', '.join(space.families)}",
            hint="leave them out, or choose another --space",
        )
    return list(dict.fromkeys(models))
