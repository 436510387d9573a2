"""Spaces and configs in words."""

from __future__ import annotations

from collections.abc import Iterator

from automl.core.trial import Config, Scalar
from automl.spaces.nodes import Choice, Fixed, Float, Int, Node, Parameter, Space, Stage
from automl.spaces.values import shown

_PLURALS = {"scale": "scalers", "select": "selectors"}
"""The stages that a summary counts the options of."""


def summary_line(space: Space) -> str:
    """One line for a list of spaces: ``knn svm logistic, 7 scalers, 6 selectors``."""
    counts = [f"{len(s.options)} {_PLURALS[s.name]}" for s in space.stages if s.name in _PLURALS and len(s.options) > 1]
    return ", ".join([" ".join(space.families), *counts])


def describe(space: Space) -> str:
    """The whole space, readable: stages in the order they run, then families, each parameter with its range."""
    return "\n".join([space.name, f"  {space.summary}", *_stages_lines(space), *_family_lines(space)])


def _stages_lines(space: Space) -> Iterator[str]:
    if space.stages:
        yield from ("", "Stages, in this order")
    for stage in space.stages:
        yield f"  {stage.name}{_made_for(stage)}"
        for option, parameters in stage.options.items():
            yield f"    {option}{' (default)' if option == stage.default and len(stage.options) > 1 else ''}"
            yield from _parameter_lines(parameters, indent=6)


def _made_for(stage: Stage) -> str:
    return "" if stage.families is None else f", for {' '.join(stage.families)}"


def _family_lines(space: Space) -> Iterator[str]:
    yield from ("", "Families")
    for family, parameters in space.models.items():
        yield f"  {family}"
        yield from _parameter_lines(parameters, indent=4)


def _parameter_lines(parameters: tuple[Parameter, ...], *, indent: int) -> Iterator[str]:
    width = max((len(p.name) for p in parameters), default=0)
    for p in parameters:
        when = "".join(f", when {name} is {' or '.join(map(_exact, options))}" for name, options in p.when.items())
        yield f"{' ' * indent}{p.name:{width}}  {_range(p.node)}{when}"


def _range(node: Node) -> str:
    match node:
        case Fixed(value):
            return f"always {_exact(value)}"
        case Choice(options):
            text = " | ".join(map(_exact, options))
            return text if len(options) == 1 else f"{text}, default {_exact(node.default)}"
        case Float() | Int():
            log = ", log" if node.log else ""
            whole = "whole numbers " if isinstance(node, Int) else ""
            return f"{whole}{_exact(node.low)} to {_exact(node.high)}{log}, default {_exact(node.default)}"


def number(value: Scalar) -> str:
    """A value for people: real numbers to 3 significant digits."""
    return _exact(float(f"{value:.3g}") if isinstance(value, float) else value)


def _exact(value: Scalar) -> str:
    """A value as it stands in the file: real numbers to 6 significant digits."""
    if isinstance(value, float):
        return f"{value:.6g}"
    return value if isinstance(value, str) else shown(value)


def in_words(config: Config) -> str:
    """A config as the pipeline it makes: ``standard › pca 0.95 › svm C=1.54 kernel=rbf gamma=0.00043``.

    Stages that do nothing are left out. A stage's only number stands without its name; ``True`` is the name alone,
    ``False`` is not shown.
    """
    return " › ".join(" ".join([part, *_settings(config, part_label)]) for part_label, part in _parts(config))


def _parts(config: Config) -> list[tuple[str, str]]:
    """Label and value of each stage that does something, and of the model, in the order they run."""
    return [(label, str(value)) for label, value in config.items() if "." not in label and value != "none"]


def _settings(config: Config, label: str) -> list[str]:
    prefix = f"{label}.{config[label]}."
    values = {key.removeprefix(prefix): value for key, value in config.items() if key.startswith(prefix)}
    if label != "model" and len(values) == 1 and not isinstance(next(iter(values.values())), bool):
        return [number(value) for value in values.values()]
    return [
        name if value is True else f"{name}={number(value)}" for name, value in values.items() if value is not False
    ]
