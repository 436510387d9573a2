"""One inline table of a space file -> a node."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from automl.core.trial import Scalar
from automl.spaces.nodes import Choice, Fixed, Float, Int, Node
from automl.spaces.problems import Problems, unknown
from automl.spaces.values import clipped, index_of, misfit, scalar_text, shown

_OPTIONS = {
    "float": ("log", "default", "when"),
    "int": ("log", "default", "when"),
    "choice": ("default", "when"),
    "fixed": ("when",),
}
"""Kind of parameter -> what may stand beside it."""

_WORDS = ("float", "int", "choice", "fixed", "log", "default", "when")

_LARGEST_INT = 2**53
"""Beyond it, whole numbers are not exact in the sampler's arithmetic."""

_LARGEST_FLOAT = 1e300
"""Beyond it, the width of a range overflows."""


def read_node(entry: object, problems: Problems) -> Node | None:
    """The node that an entry describes; ``None`` after a problem."""
    if not isinstance(entry, dict):
        example = "{ choice = [1, 2] }" if isinstance(entry, list) else "{ fixed = 1 }"
        problems.add(f"expected a table such as {example}, found {shown(entry)}")
        return None
    kind = _kind(entry, problems)
    match kind:
        case "float" | "int":
            node: Node | None = _range(entry, kind, problems=problems)
        case "choice":
            node = _choice(entry["choice"], problems)
        case "fixed":
            node = _fixed(entry["fixed"], problems)
        case _:
            node = None
    return node if node is None or "default" not in entry else _with_default(node, entry["default"], problems=problems)


def _kind(entry: dict[str, Any], problems: Problems) -> str | None:
    """Which of the four kinds an entry is; notes whatever else stands in it."""
    misspelt = [key for key in entry if key not in _WORDS]
    for key in misspelt:
        problems.add(unknown("option", key, _WORDS))
    kinds = [key for key in entry if key in _OPTIONS]
    if len(kinds) != 1:
        if kinds or not misspelt:  # a misspelt kind is one mistake, not two
            problems.add(f"takes one of float, int, choice and fixed, found {' and '.join(kinds) or 'none'}")
        return None
    for key in entry:
        if key in _WORDS and key not in (kinds[0], *_OPTIONS[kinds[0]]):
            problems.add(f'"{key}" means nothing beside {kinds[0]}')
    return kinds[0]


def _range(entry: dict[str, Any], kind: str, *, problems: Problems) -> Float | Int | None:
    bounds, log = entry[kind], entry.get("log", False)
    if not isinstance(bounds, list) or len(bounds) != 2:
        problems.add(f"{kind} takes two bounds, as in {{ {kind} = [1, 10] }}, found {shown(bounds)}")
        return None
    wrong = [f"{end} {why}" for end, bound in zip(("low", "high"), bounds, strict=True) if (why := _bad(bound, kind))]
    if not isinstance(log, bool):
        wrong.append(f"log is true or false, found {shown(log)}")
    wrong = wrong or _bad_pair(bounds[0], bounds[1], log=log)
    for what in wrong:
        problems.add(what)
    return None if wrong else _numeric_node(kind, bounds, log=log)


def _bad(bound: object, kind: str) -> str | None:
    """What is wrong with one end of a range."""
    if isinstance(bound, bool) or not isinstance(bound, int if kind == "int" else int | float):
        return f"must be a {'whole ' if kind == 'int' else ''}number, found {shown(bound)}"
    if isinstance(bound, float) and not math.isfinite(bound):
        return f"must be finite, found {shown(bound)}"
    if abs(bound) > (_LARGEST_INT if kind == "int" else _LARGEST_FLOAT):
        return f"must be at most {'2^53' if kind == 'int' else shown(_LARGEST_FLOAT)} in size, found {shown(bound)}"
    return None


def _bad_pair(low: float, high: float, *, log: bool) -> list[str]:
    """What is wrong with two ends, each of which is fine."""
    if low > high:
        return [f"low ({shown(low)}) is above high ({shown(high)})"]
    if scalar_text(low) == scalar_text(high):
        return [f"low and high are both {shown(low)}; write {{ fixed = {shown(low)} }}"]
    if log and low <= 0:
        return [f"log needs low to be positive, above 0, found {shown(low)}"]
    return []


def _numeric_node(kind: str, bounds: list[Any], *, log: bool) -> Float | Int:
    """A range with its middle as default, geometric if ``log``."""
    low, high = bounds
    middle = math.exp((math.log(low) + math.log(high)) / 2) if log else low / 2 + high / 2
    node = Int(low, high, low, log) if kind == "int" else Float(float(low), float(high), float(low), log)
    return _default_number(node, middle)


def _default_number(node: Float | Int, value: float) -> Float | Int:
    default: Any = clipped(node, value)  # of the node's own kind, which no type can say
    return replace(node, default=default)


def _choice(options: object, problems: Problems) -> Choice | None:
    if not isinstance(options, list) or not options:
        problems.add(f'choice takes a list of options, as in {{ choice = ["a", "b"] }}, found {shown(options)}')
        return None
    wrong = [why for option in options if (why := _not_scalar(option))]
    if not wrong:
        wrong = [f"{shown(o)} is there twice" for i, o in enumerate(options) if index_of(options[:i], o) is not None]
    for what in wrong:
        problems.add(f"choice: {what}")
    return None if wrong else Choice(tuple(options), options[0])


def _fixed(value: Any, problems: Problems) -> Fixed | None:
    if why := _not_scalar(value):
        problems.add(f"fixed: {why}")
        return None
    return Fixed(value)


def _not_scalar(value: object) -> str | None:
    if not isinstance(value, str | int | float):
        return f"expected a word, a number, true or false, found {shown(value)}"
    if isinstance(value, float) and not math.isfinite(value):
        return f"must be finite, found {shown(value)}"
    if isinstance(value, int) and abs(value) > _LARGEST_INT:
        return f"must be at most 2^53 in size, found {shown(value)}"
    return None


def _with_default(node: Node, default: Scalar, *, problems: Problems) -> Node:
    if isinstance(node, Fixed):  # noted already: "default" means nothing here
        return node
    if why := misfit(node, default):
        problems.add(f"default {why}")
        return node
    if isinstance(node, Choice):
        index = index_of(node.options, default)
        assert index is not None
        return replace(node, default=node.options[index])
    assert isinstance(default, int | float)
    return _default_number(node, default)
