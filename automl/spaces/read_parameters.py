"""A table of a space file -> parameters: the nodes, their ``when``, and an order in which to choose them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

from automl.core.trial import Scalar
from automl.spaces.nodes import Choice, Node, Parameter
from automl.spaces.problems import Problems, unknown
from automl.spaces.read_node import read_node
from automl.spaces.values import index_of, shown

MAX_LABEL = 250
"""Longest label: MLflow refuses longer names of parameters."""


def read_parameters(
    table: Mapping[str, Any], path: str, *, known: Collection[str], problems: Problems
) -> tuple[Parameter, ...]:
    """The parameters of a table, a choice before what depends on it.

    Parameters
    ----------
    path : of the table, and beginning of its labels
    known : names that the family or option takes
    """
    entries: dict[str, Any] = {}
    for name, entry in table.items():
        label = f"{path}.{name}"
        if name not in known:
            problems.add(label, unknown("parameter", name, known))
        elif len(label) > MAX_LABEL:
            problems.add(label, f"a label has at most {MAX_LABEL} characters, this one has {len(label)}")
        else:
            entries[name] = entry
    nodes = {name: read_node(entry, f"{path}.{name}", problems) for name, entry in entries.items()}
    whens = {name: _read_when(name, entry, path, nodes=nodes, problems=problems) for name, entry in entries.items()}
    parameters = [Parameter(name, node, whens[name]) for name, node in nodes.items() if node is not None]
    return _in_order_of_choice(parameters, path, problems)


def _read_when(
    name: str, entry: object, path: str, *, nodes: Mapping[str, Node | None], problems: Problems
) -> dict[str, tuple[Scalar, ...]]:
    if not isinstance(entry, dict) or "when" not in entry:
        return {}
    label, when = f"{path}.{name}", entry["when"]
    if not isinstance(when, dict) or not when:
        problems.add(label, f'when takes a table such as {{ kernel = "rbf" }}, found {shown(when)}')
        return {}
    choices = [other for other, node in nodes.items() if isinstance(node, Choice) and other != name]
    read: dict[str, tuple[Scalar, ...]] = {}
    for other, wanted in when.items():
        node = nodes.get(other)
        if isinstance(node, Choice) and other in choices:
            read[other] = _options(node, wanted, f"{label}: when.{other}", problems)
        elif other not in nodes or node is not None:  # what could not be read is a problem of its own
            problems.add(f"{label}: when", unknown("choice of the same table", other, choices))
    return read


def _options(choice: Choice, wanted: Any, path: str, problems: Problems) -> tuple[Scalar, ...]:
    """The options of a choice that ``when`` names, one or a list."""
    values = wanted if isinstance(wanted, list) else [wanted]
    if not values:
        problems.add(path, "names no option")
    found = [(value, index_of(choice.options, value)) for value in values]
    for value, index in found:
        if index is None:
            options = [str(option) for option in choice.options]
            problems.add(path, unknown("option", value if isinstance(value, str) else shown(value), options))
    return tuple(choice.options[index] for _, index in found if index is not None)


def _in_order_of_choice(parameters: list[Parameter], path: str, problems: Problems) -> tuple[Parameter, ...]:
    """In the order of the file, except that what depends on a choice stands after all that depends on nothing."""
    by_name = {parameter.name: parameter for parameter in parameters}
    sorter = TopologicalSorter(dict.fromkeys(by_name, ()))
    for parameter in parameters:
        sorter.add(parameter.name, *parameter.when)
    try:
        return tuple(by_name[name] for name in sorter.static_order())
    except CycleError as err:
        circle: list[str] = err.args[1]
        problems.add(path, f"when goes in a circle: {' needs '.join(reversed(circle))}")
        return tuple(parameters)
