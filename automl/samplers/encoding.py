"""A space in hyperopt's language, and configs in hyperopt's numbers.

Only three distributions are used: ``uniform``, ``loguniform`` and ``randint`` (the index of an option). The quantised
ones of hyperopt 0.3.0 leave their range (``qloguniform(3..100, q=10)`` gives 0 and 100) or give its ends half their
weight (``uniformint``), so a whole number is a real one that is rounded here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from automl.core.trial import Config, Scalar
from automl.errors import SpaceError
from automl.spaces.configs import check_config
from automl.spaces.nodes import Choice, Fixed, Float, Int, Node, Parameter, Space, Stage
from automl.spaces.values import clipped, index_of, interval
from automl.spaces.walk import active_nodes, family_choice, option_choice, walk

Vals: TypeAlias = Mapping[str, float | int]
"""Label -> hyperopt's value of an active parameter: a number, or the index of an option."""


def hyperopt_space(space: Space) -> Any:
    """The space as a pyll expression.

    It evaluates to nested dicts of labels: joined, without ``None``, they are the config. hyperopt's labels are the
    config's. A stage or a choice that several branches need is one node, as hyperopt demands of equal labels.
    """
    stages = {stage.name: _stage(stage) for stage in space.stages}
    branches = {
        family: {"model": family}
        | {s.name: stages[s.name] for s in space.stages if s.families is not None and family in s.families}
        | _table(f"model.{family}", parameters)
        for family, parameters in space.models.items()
    }
    shared = {s.name: stages[s.name] for s in space.stages if s.families is None}
    return shared | {"model": _switch(_index("model", family_choice(space)), branches.values())}


def _stage(stage: Stage) -> Any:
    options = [
        {stage.name: option} | _table(f"{stage.name}.{option}", parameters)
        for option, parameters in stage.options.items()
    ]
    return _switch(_index(stage.name, option_choice(stage)), options)


def _table(prefix: str, parameters: tuple[Parameter, ...]) -> dict[str, Any]:
    """Label -> expression of each parameter, which is ``None`` where the parameter is not active."""
    choices = {p.name: p.node for p in parameters if isinstance(p.node, Choice)}
    indices = {name: _index(f"{prefix}.{name}", choice) for name, choice in choices.items()}
    values = {
        p.name: _switch(indices[p.name], p.node.options)
        if isinstance(p.node, Choice)
        else _value(f"{prefix}.{p.name}", p.node)
        for p in parameters
    }
    # hyperopt fails on circles of switches, so a choice stands once above a parameter, and all in the same order.
    for parameter, condition in _conditions(parameters).items():
        for name in reversed([name for name in choices if name in condition]):
            is_allowed = [index_of(condition[name], option) is not None for option in choices[name].options]
            values[parameter] = _switch(indices[name], [values[parameter] if ok else None for ok in is_allowed])
    return {f"{prefix}.{name}": value for name, value in values.items()}


def _conditions(parameters: tuple[Parameter, ...]) -> dict[str, dict[str, list[Scalar]]]:
    """Parameter -> choice -> options at which it is active, with what its choices themselves hang on."""
    conditions: dict[str, dict[str, list[Scalar]]] = {}
    for parameter in parameters:
        own = {name: list(allowed) for name, allowed in parameter.when.items()}
        for inherited in [conditions[name] for name in parameter.when]:
            for name, allowed in inherited.items():
                own[name] = [option for option in own.get(name, allowed) if index_of(allowed, option) is not None]
        conditions[parameter.name] = own
    return conditions


def _switch(index: Any, options: Iterable[Any]) -> Any:
    from hyperopt.pyll import scope

    return scope.switch(index, *options)


def _index(label: str, choice: Choice) -> Any:
    """The node that draws the index of an option; every switch of one choice hangs on the same one."""
    from hyperopt.pyll import scope

    return scope.hyperopt_param(label, scope.randint(len(choice.options)))


def _value(label: str, node: Float | Int | Fixed) -> Any:
    from hyperopt import hp

    if isinstance(node, Fixed):
        return node.value
    return (hp.loguniform if node.log else hp.uniform)(label, *interval(node))


def encode(space: Space, config: Config) -> Vals:
    """The config in hyperopt's numbers: ``decode`` of it is the config again.

    Raises
    ------
    SpaceError
        If the config is not one of the space.
    """
    check_config(space, config)
    nodes = active_nodes(space, config)
    return {label: _encoded(node, config[label]) for label, node in nodes.items() if not isinstance(node, Fixed)}


def _encoded(node: Node, value: Scalar) -> float | int:
    if isinstance(node, Choice):
        index = index_of(node.options, value)
        assert index is not None
        return index
    assert isinstance(value, int | float)
    return float(value)


def decode(space: Space, vals: Vals) -> Config:
    """The config that hyperopt's numbers stand for, in plain Python values, each inside its range.

    Raises
    ------
    SpaceError
        If the value of an active parameter is missing.
    """

    def pick(label: str, node: Node) -> Scalar:
        if isinstance(node, Fixed):
            return node.value
        if label not in vals:
            raise SpaceError(f"{label}: hyperopt gave no value for it")
        value = vals[label]
        return node.options[int(value)] if isinstance(node, Choice) else clipped(node, float(value))

    return walk(space, pick)
