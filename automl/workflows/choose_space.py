"""The space of a search: found, checked against what is installed and what the data can carry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from automl.core.dataset import ColumnKind, Dataset
from automl.errors import RequestError, SpaceError
from automl.pipeline import registry
from automl.spaces.library import SpaceFile, find_space
from automl.spaces.narrow import only_families
from automl.spaces.nodes import Space
from automl.spaces.parse import Vocabulary, parse_space
from automl.workflows.fit_space import fit_to, inputs_of

FOR_TABLES = "tabular"
FOR_SOUNDS = "audio"
_FEATURIZED = {ColumnKind.CATEGORICAL: "encode", ColumnKind.SOUND: "sound_features"}
_N_NAMED = 5
_ANOTHER = "choose another --space (automl spaces list)"


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


def choose_space(
    name: str | None, models: Sequence[str], dataset: Dataset, *, rows: NDArray[np.intp] | None = None
) -> ChosenSpace:
    """The space asked for, or the packaged one that suits the data.

    A family whose package is missing, or that looks at what the data does not have (a picture of a recording), is left
    out of a packaged space; asked for by name, or in the user's own space, it is an error now instead of at some later
    trial. One that needs more rows than there are is left out of a packaged space that has others.

    Parameters
    ----------
    rows : those that are searched on; ``None`` for all

    Raises
    ------
    SpaceError, RequestError, MissingPackageError
        If the space does not exist or has mistakes, a family is unknown to it or cannot read the data, or a package is
        missing.
    """
    has_sounds = bool(dataset.columns_of(ColumnKind.SOUND))
    file = find_space(name or (FOR_SOUNDS if has_sounds else FOR_TABLES), folder=Path.cwd())
    space = read_space(file)
    if models:
        space = only_families(space, _known(models, space))
    left_out = _left_out(space, dataset, is_asked=bool(models) or not file.is_packaged, origin=file.origin)
    if not models and file.is_packaged:
        y = dataset.y if rows is None else dataset.y[rows]
        few = {f: why for f in space.families if f not in left_out and (why := _too_few(f, y, dataset.n_classes))}
        left_out |= few if len(left_out) + len(few) < len(space.families) else {}
    if len(left_out) == len(space.families):
        reasons = [f"{family}: {reason}" for family, reason in left_out.items()]
        raise SpaceError(f"nothing of {file.origin} can be searched", hint=_ANOTHER, details=reasons)
    space = only_families(space, [f for f in space.families if f not in left_out])
    _require_featurizers(space, dataset, file.origin)
    return ChosenSpace(fit_to(space, dataset), file, left_out)


def _left_out(space: Space, dataset: Dataset, *, is_asked: bool, origin: str) -> dict[str, str]:
    """Family -> why it is not searched.

    Parameters
    ----------
    is_asked : whether the families were asked for, so that leaving one out is an error
    """
    left_out: dict[str, str] = {}
    for family in map(registry.family, space.families):
        if kind := _absent_input(family, space, dataset):
            if is_asked:
                raise SpaceError(
                    f'"{family.name}" needs an input of the kind "{kind}": {origin} makes none of this data',
                    hint=f"leave the family out, or {_ANOTHER}",
                )
            left_out[family.name] = f'it needs an input of the kind "{kind}", and the data has none'
        elif is_asked:
            registry.require_packages(family)
        elif missing := registry.missing_packages(family):
            left_out[family.name] = f"{', '.join(missing)} is not installed"
    return left_out


def _absent_input(family: registry.ModelFamily, space: Space, dataset: Dataset) -> str | None:
    """A kind of input the family cannot do without, and that no stage makes of the data for it."""
    return next((kind.value for kind in sorted(family.requires - inputs_of(family.name, space, dataset))), None)


def _too_few(name: str, y: NDArray[np.int64], n_classes: int) -> str | None:
    """Why the rows cannot carry a family, ``None`` where they can."""
    family = registry.family(name)
    n_rows, n_rarest = len(y), int(np.bincount(y, minlength=n_classes).min())
    if n_rows < family.min_rows:
        return f"{n_rows} rows are few for it ({family.min_rows} or more; --models {name} searches it all the same)"
    if n_rarest < family.min_rows_per_class:
        least = family.min_rows_per_class
        return f"{n_rarest} rows of the rarest class are few for it ({least} or more; --models {name} searches it)"
    return None


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
