"""What a node may hold: its default, its draws, and what is wrong with a value that does not fit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random

from automl.core.trial import Scalar
from automl.spaces.nodes import Choice, Fixed, Float, Int, Node


def scalar_text(value: Scalar) -> str:
    """How values are compared: equal text, equal value.

    Real numbers count to 6 significant digits, so ``0.1`` is ``0.1000000001``; ``1`` is ``1.0``, but neither ``True``
    nor ``"1"``.
    """
    if isinstance(value, float):
        return f"{value + 0.0:.6g}"  # adding zero turns -0.0 into 0.0
    return repr(value)


def index_of(options: Sequence[Scalar], value: Scalar) -> int | None:
    """Where ``value`` stands among ``options``; ``None`` when it does not. ``True`` is not ``1`` here."""
    wanted = scalar_text(value)
    return next((i for i, option in enumerate(options) if scalar_text(option) == wanted), None)


def default_of(node: Node) -> Scalar:
    """The value of a default trial."""
    return node.value if isinstance(node, Fixed) else node.default


def clipped(node: Float | Int, value: float) -> float | int:
    """The value of the node's kind and inside its range that is nearest to ``value``."""
    if isinstance(node, Int):
        return min(max(round(value), node.low), node.high)
    return min(max(float(value), node.low), node.high)


def interval(node: Float | Int) -> tuple[float, float]:
    """Ends of the range to draw a number from, uniformly; in logarithms if ``log``.

    A whole number owns the half unit on either side of it, so that the ends of the range are drawn as often as the
    rest.
    """
    half = 0.5 if isinstance(node, Int) else 0.0
    low, high = node.low - half, node.high + half
    return (math.log(low), math.log(high)) if node.log else (low, high)


def draw(node: Node, rng: Random) -> Scalar:
    """A random value: uniform, log-uniform if ``log``."""
    match node:
        case Fixed(value):
            return value
        case Choice(options):
            return rng.choice(options)
        case _:
            x = rng.uniform(*interval(node))
            return clipped(node, math.exp(x) if node.log else x)


def misfit(node: Node, value: Scalar) -> str | None:
    """Why the node cannot hold ``value``; ``None`` when it can."""
    match node:
        case Fixed(fixed):
            return None if scalar_text(fixed) == scalar_text(value) else f"{shown(value)} is not {shown(fixed)}"
        case Choice(options):
            known = " or ".join(shown(option) for option in options)
            return None if index_of(options, value) is not None else f"{shown(value)} is not {known}"
        case _:
            return _number_misfit(node, value)


def _number_misfit(node: Float | Int, value: Scalar) -> str | None:
    allowed, kind = (int, "a whole number") if isinstance(node, Int) else (int | float, "a number")
    if isinstance(value, bool) or not isinstance(value, allowed):
        return f"{shown(value)} is not {kind}"
    if not node.low <= value <= node.high:  # true for nan, too
        return f"{shown(value)} is outside {shown(node.low)} to {shown(node.high)}"
    return None


def shown(value: object) -> str:
    """A value as a person would write it in a space file, shortened."""
    match value:
        case bool():
            return str(value).lower()
        case dict():
            return "a table"
        case list() | tuple():
            return "a list" if value else "an empty list"
        case str():
            return f'"{value}"' if len(value) <= 60 else f'"{value[:60]}…"'
        case int() if value.bit_length() > 64:
            return "a whole number of more than 64 bits"
        case _:
            return str(value)
