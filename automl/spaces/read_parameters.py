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


def read_parameters(table: Mapping[str, Any], problems: Problems, *, known: Collection[str]) -> tuple[Parameter, ...]:
    """The parameters of a table, a choice before what depends on it.

    Parameters
    ----------
    problems : at the path of the table, which is also the beginning of its labels
    known : names that the family or option takes
    """
    entries = {name: entry for name, entry in table.items() if _is_label(name, problems, known=known)}
    nodes = {name: read_node(entry, problems.at(name)) for name, entry in entries.items()}
    parameters = []
    for name, node in nodes.items():
        siblings = {other: sibling for other, sibling in nodes.items() if other != name}
        when = _read_when(entries[name], problems.at(name), siblings=siblings)
        if node is not None:
            parameters.append(Parameter(name, node, when))
    return _in_order_of_choice(parameters, problems)


def _is_label(name: str, problems: Problems, *, known: Collection[str]) -> bool:
    here = problems.at(name)
    if name not in known:
        here.add(unknown("parameter", name, known))
    elif len(here.path) > MAX_LABEL:
        here.add(f"a label has at most {MAX_LABEL} characters, this one has {len(here.path)}")
    else:
        return True
    return False


def _read_when(
    entry: object, problems: Problems, *, siblings: Mapping[str, Node | None]
) -> dict[str, tuple[Scalar, ...]]:
    """Choice -> options at which an entry is active. ``siblings`` that could not be read are ``None``."""
    if not isinstance(entry, dict) or "when" not in entry:
        return {}
    when = entry["when"]
    if not isinstance(when, dict) or not when:
        problems.add(f'when takes a table such as {{ kernel = "rbf" }}, found {shown(when)}')
        return {}
    choices = [name for name, node in siblings.items() if isinstance(node, Choice)]
    read: dict[str, tuple[Scalar, ...]] = {}
    for name, wanted in when.items():
        node = siblings.get(name)
        if isinstance(node, Choice):
            read[name] = _options(node, wanted, problems=problems.at(f"when.{name}"))
        elif name not in siblings or node is not None:  # what could not be read is a problem of its own
            problems.add(f"when: {unknown('choice of the same table', name, choices)}")
    return read


def _options(choice: Choice, wanted: Any, *, problems: Problems) -> tuple[Scalar, ...]:
    """The options of a choice that ``when`` names, one or a list."""
    values = wanted if isinstance(wanted, list) else [wanted]
    if not values:
        problems.add("names no option")
    found = [(value, index_of(choice.options, value)) for value in values]
    for value, index in found:
        if index is None:
            problems.add(unknown("option", value, [str(option) for option in choice.options]))
    return tuple(choice.options[index] for _, index in found if index is not None)


def _in_order_of_choice(parameters: list[Parameter], problems: Problems) -> tuple[Parameter, ...]:
    """In the order of the file, except that what depends on a choice stands after all that depends on nothing."""
    by_name = {parameter.name: parameter for parameter in parameters}
    sorter = TopologicalSorter(dict.fromkeys(by_name, ()))
    for parameter in parameters:
        sorter.add(parameter.name, *parameter.when)
    try:
        return tuple(by_name[name] for name in sorter.static_order())
    except CycleError as err:
        circle: list[str] = err.args[1]
        problems.add(f"when goes in a circle: {' needs '.join(reversed(circle))}")
        return tuple(parameters)
