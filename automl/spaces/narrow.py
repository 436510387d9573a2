"""A space with less in it: how a packaged space is fitted to the data at hand."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from automl.errors import SpaceError
from automl.spaces.nodes import Space, Stage
from automl.spaces.problems import unknown


def only_families(space: Space, families: Collection[str]) -> Space:
    """The space with these families only, in its own order; stages made for none of them are gone.

    Raises
    ------
    SpaceError
        If one of them is not in the space, or none is given.
    """
    for family in families:
        _require("family", family, space.families)
    if not families:
        raise SpaceError(f'no family of the space "{space.name}" is left', hint=f"it has {', '.join(space.families)}")
    kept = [family for family in space.families if family in families]
    stages = (_only_for(stage, kept) for stage in space.stages)
    return replace(
        space,
        stages=tuple(stage for stage in stages if stage.families != ()),
        models={family: space.models[family] for family in kept},
    )


def _only_for(stage: Stage, families: Collection[str]) -> Stage:
    if stage.families is None:
        return stage
    return replace(stage, families=tuple(family for family in stage.families if family in families))


def without_stages(space: Space, names: Collection[str]) -> Space:
    """The space without these stages; a name that is not among them changes nothing."""
    return replace(space, stages=tuple(stage for stage in space.stages if stage.name not in names))


def _require(what: str, name: str, known: Collection[str]) -> None:
    if name not in known:
        raise SpaceError(unknown(what, name, known), hint=f"the space has {', '.join(known)}")
