"""Spaces without real numbers: how many configs they have, and all of them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from automl.core.trial import Config, Scalar
from automl.spaces.nodes import Choice, Fixed, Float, Int, Node, Parameter, Space, Stage
from automl.spaces.walk import is_active, stages_for, walk


class _EndlessError(Exception):
    """A real number was reached."""


def n_configs(space: Space) -> int | None:
    """Number of different configs; ``None`` when a real number can be among their parameters."""
    try:
        return sum(_n_of_family(space, family) for family in space.families)
    except _EndlessError:
        return None


def _n_of_family(space: Space, family: str) -> int:
    n_stages = math.prod(_n_of_stage(stage) for stage in stages_for(space, family))
    return n_stages * _n_of_table(space.models[family], {})


def _n_of_stage(stage: Stage) -> int:
    return sum(_n_of_table(parameters, {}) for parameters in stage.options.values())


def _n_of_table(parameters: Sequence[Parameter], chosen: Mapping[str, Scalar]) -> int:
    """Number of ways to fill what is left of a table, given the choices that others depend on."""
    if not parameters:
        return 1
    first, rest = parameters[0], parameters[1:]
    if not is_active(first, chosen):
        return _n_of_table(rest, chosen)
    if any(first.name in other.when for other in rest):
        return sum(_n_of_table(rest, {**chosen, first.name: value}) for value in _values(first.node))
    return len(_values(first.node)) * _n_of_table(rest, chosen)


def _values(node: Node) -> Sequence[Scalar]:
    match node:
        case Fixed(value):
            return (value,)
        case Choice(options):
            return options
        case Int(low, high):
            return range(low, high + 1)
        case Float():
            raise _EndlessError


def all_configs(space: Space) -> Iterator[Config]:
    """Every config, each once, in a fixed order; one at a time, so the first of a large space cost nothing.

    Raises
    ------
    ValueError
        If the space is not finite (``n_configs`` is ``None``).
    """
    if n_configs(space) is None:
        raise ValueError(f"the space {space.name!r} has no last config")
    digits: list[int] | None = []
    while digits is not None:
        config, sizes = _config_at(space, digits)
        yield config
        digits = _next_digits(digits, sizes)


def _config_at(space: Space, digits: list[int]) -> tuple[Config, list[int]]:
    """The config whose i-th pick is the ``digits[i]``-th value (zeros are filled in), and how many values each had."""
    sizes: list[int] = []

    def pick(_: str, node: Node) -> Scalar:
        values = _values(node)
        sizes.append(len(values))
        if len(sizes) > len(digits):
            digits.append(0)
        return values[digits[len(sizes) - 1]]

    return walk(space, pick), sizes


def _next_digits(digits: list[int], sizes: list[int]) -> list[int] | None:
    """Count up by one. What follows the digit that moved is dropped, for another choice brings other parameters."""
    last = max((i for i, (digit, size) in enumerate(zip(digits, sizes, strict=True)) if digit + 1 < size), default=None)
    return None if last is None else [*digits[:last], digits[last] + 1]
