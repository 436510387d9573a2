"""What a config says is to be fitted, looked up in the registry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_args

from automl.core.trial import Config
from automl.errors import SpaceError
from automl.pipeline.registry import ModelFamily, Params, Role, StageContext, StageKind, StageOption, family, stage

_MODEL = "model"
_ROLES: tuple[Role, ...] = get_args(Role)


@dataclass(frozen=True)
class ChosenStage:
    """A stage with the option that a config chose for it."""

    kind: StageKind
    option: StageOption
    params: Params

    @property
    def name(self) -> str:
        """Name of the stage, and of the step that comes of it."""
        return self.kind.name

    def build(self, context: StageContext) -> Any:
        """The unfitted transformer, a function of rows for the role ``rows``, or ``None`` for nothing to do."""
        return self.option.build(self.params, context)

    def settle(self, fitted: Any) -> None:
        """Remove from the fitted transformer what must not travel."""
        if self.option.settle is not None:
            self.option.settle(fitted)


@dataclass(frozen=True)
class Recipe:
    """Everything a config chose.

    Parameters
    ----------
    stages : in the order they act
    params : of the family
    """

    stages: tuple[ChosenStage, ...]
    family: ModelFamily
    params: Params

    def of_role(self, *roles: Role) -> tuple[ChosenStage, ...]:
        """The stages of some roles, in the order they act."""
        return tuple(s for s in self.stages if s.kind.role in roles)


def read_config(config: Config) -> Recipe:
    """The recipe of a config.

    Stages act in the order of their roles (featurize, impute, scale, select, rows); those of one role in the order of
    the config, which is that of the space.

    Raises
    ------
    SpaceError
        If it names a family, a stage, an option or a parameter that does not exist, all such parameters at once; or
        weighs rows for a family that takes no weights.
    """
    chosen = [_chosen_stage(config, name) for name in config if "." not in name and name != _MODEL]
    model = _chosen_family(config)
    recipe = Recipe(
        stages=tuple(sorted(chosen, key=lambda s: _ROLES.index(s.kind.role))),
        family=model,
        params=_params(config, f"{_MODEL}.{model.name}"),
    )
    _check_labels(config, recipe)
    _check_weights(recipe)
    return recipe


def _chosen_family(config: Config) -> ModelFamily:
    if _MODEL not in config:
        raise SpaceError(f'the config names no "{_MODEL}": {dict(config)}')
    return family(str(config[_MODEL]))


def _chosen_stage(config: Config, name: str) -> ChosenStage:
    kind = stage(name)
    option = str(config[name])
    if option not in kind.options:
        raise SpaceError(f'"{name}" has no option "{option}"', hint=f"there are: {', '.join(kind.options)}")
    return ChosenStage(kind, kind.options[option], _params(config, f"{name}.{option}"))


def _params(config: Config, prefix: str) -> Params:
    return {k.removeprefix(f"{prefix}."): value for k, value in config.items() if k.startswith(f"{prefix}.")}


def _check_labels(config: Config, recipe: Recipe) -> None:
    known = {_MODEL, *(f"{_MODEL}.{recipe.family.name}.{p}" for p in recipe.family.params)}
    for chosen in recipe.stages:
        known |= {chosen.name, *(f"{chosen.name}.{config[chosen.name]}.{p}" for p in chosen.option.params)}
    if unknown := [label for label in config if label not in known]:
        raise SpaceError("the config holds what nothing in it takes", details=unknown)


def _check_weights(recipe: Recipe) -> None:
    weighing = [s.name for s in recipe.of_role("rows") if s.option.weighs]
    if weighing and not recipe.family.takes_weights:
        raise SpaceError(f'"{recipe.family.name}" takes no weights, which "{weighing[0]}" sets')
