"""Configs of a space: the defaults, random ones, and whether one fits."""

from __future__ import annotations

from random import Random

from automl.core.trial import Config, Scalar
from automl.errors import SpaceError
from automl.spaces.nodes import Node, Space
from automl.spaces.values import default_of, draw, misfit, scalar_text
from automl.spaces.walk import walk


def default_configs(space: Space) -> tuple[Config, ...]:
    """The default config of each family, in the order of the space."""
    return tuple(_default_config(space, family) for family in space.families)


def _default_config(space: Space, family: str) -> Config:
    return walk(space, lambda label, node: family if label == "model" else default_of(node))


def sample(space: Space, rng: Random) -> Config:
    """A random config; every family is as likely as any other."""
    return walk(space, lambda _, node: draw(node, rng))


def check_config(space: Space, config: Config) -> None:
    """Nothing, if exactly the active parameters are there and each lies in its range.

    Raises
    ------
    SpaceError
        Otherwise; ``details`` names every label that is wrong.
    """
    problems: list[str] = []

    def pick(label: str, node: Node) -> Scalar:
        problem = misfit(node, config[label]) if label in config else "is missing"
        if problem is None:
            return config[label]
        problems.append(f"{label}: {problem}")
        return default_of(node)

    active = walk(space, pick)
    problems += [f"{label}: is not active here" for label in config if label not in active]
    if problems:
        raise SpaceError(f'this config is not one of the space "{space.name}"', details=problems)


def config_key(config: Config) -> tuple[tuple[str, str], ...]:
    """Equal for two configs that are the same: real numbers count to 6 significant digits, order does not."""
    return tuple(sorted((label, scalar_text(value)) for label, value in config.items()))


def shared_labels(space: Space) -> tuple[str, ...]:
    """Labels that do not belong to one family: ``model`` and the names of the stages."""
    return ("model", *(stage.name for stage in space.stages))
