"""One visit to every parameter of a config, in the order in which they are chosen.

Drawing, checking, listing and encoding configs are all this walk; they differ in how a value is picked. So what is
active is decided here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from automl.core.trial import Config, Scalar
from automl.spaces.nodes import Choice, Node, Parameter, Space, Stage
from automl.spaces.values import index_of

Pick: TypeAlias = Callable[[str, Node], Scalar]
"""``pick(label, node)``: the value of an active parameter."""


def walk(space: Space, pick: Pick) -> Config:
    """The config of the picked values.

    The family is picked first, then the stages made for it, then its own parameters; in a table, a choice before what
    depends on it (``parse_space`` sorts them so). The config lists the stages first.
    """
    config: dict[str, Scalar] = {}
    family = str(pick("model", family_choice(space)))
    for stage in stages_for(space, family):
        option = str(pick(stage.name, option_choice(stage)))
        config[stage.name] = option
        config |= _walk_table(f"{stage.name}.{option}", stage.options[option], pick)
    config["model"] = family
    config |= _walk_table(f"model.{family}", space.models[family], pick)
    return config


def _walk_table(prefix: str, parameters: tuple[Parameter, ...], pick: Pick) -> dict[str, Scalar]:
    values: dict[str, Scalar] = {}
    for parameter in parameters:
        if is_active(parameter, values):
            values[parameter.name] = pick(f"{prefix}.{parameter.name}", parameter.node)
    return {f"{prefix}.{name}": value for name, value in values.items()}


def is_active(parameter: Parameter, values: Mapping[str, Scalar]) -> bool:
    """Whether the parameter's ``when`` holds, given the values chosen before it in the same table."""
    return all(
        name in values and index_of(allowed, values[name]) is not None for name, allowed in parameter.when.items()
    )


def family_choice(space: Space) -> Choice:
    """The choice labelled ``model``."""
    return Choice(space.families, space.families[0])


def option_choice(stage: Stage) -> Choice:
    """The choice labelled by the stage's name."""
    return Choice(tuple(stage.options), stage.default)


def stages_for(space: Space, family: str) -> Iterator[Stage]:
    """The stages made for a family, in the order they run."""
    return (stage for stage in space.stages if stage.families is None or family in stage.families)


def active_nodes(space: Space, config: Config) -> dict[str, Node]:
    """Label -> node of every active parameter of a config.

    Raises
    ------
    KeyError
        If the config lacks one of them; ``check_config`` says so to people.
    """
    nodes: dict[str, Node] = {}

    def pick(label: str, node: Node) -> Scalar:
        nodes[label] = node
        return config[label]

    walk(space, pick)
    return nodes
