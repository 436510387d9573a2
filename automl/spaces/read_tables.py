"""The ``[[stage]]`` and ``[model.FAMILY]`` tables of a space file -> stages and families."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from automl.spaces.nodes import Parameter, Stage
from automl.spaces.problems import Problems, table_at, unknown
from automl.spaces.read_parameters import read_parameters
from automl.spaces.values import shown
from automl.spaces.vocabulary import Vocabulary

_STAGE_WORDS = ("name", "for", "option", "default")


def read_models(value: object, vocabulary: Vocabulary, problems: Problems) -> dict[str, tuple[Parameter, ...]]:
    """Family -> its parameters, in the order of the file; families that do not exist are noted and left out."""
    if value is None:
        problems.add("model", f"missing; a space has a table [model.FAMILY] or more ({', '.join(vocabulary.families)})")
        return {}
    models: dict[str, tuple[Parameter, ...]] = {}
    for family, entry in table_at(value, "model", problems, holds="families, as in [model.svm]").items():
        path = f"model.{family}"
        if family not in vocabulary.families:
            problems.add(path, unknown("family", family, vocabulary.families))
            continue
        table = table_at(entry, path, problems, holds="parameters")
        models[family] = read_parameters(table, path, known=vocabulary.families[family], problems=problems)
    if not models and not value and isinstance(value, dict):
        problems.add("model", "has no family")
    return models


def read_stages(
    value: object, vocabulary: Vocabulary, *, families: Collection[str], problems: Problems
) -> tuple[Stage, ...]:
    """The stages in the order of the file.

    Parameters
    ----------
    families : those of the space
    """
    if not isinstance(value, list):
        problems.add("stage", f"expected tables [[stage]], in double brackets, found {shown(value)}")
        return ()
    stages: list[Stage] = []
    for number, entry in enumerate(value, start=1):
        table = table_at(entry, f"stage {number}", problems, holds="name, for, default and option")
        name = _read_name(table, number, taken=[s.name for s in stages], vocabulary=vocabulary, problems=problems)
        if name is not None:
            stage = _read_stage(name, table, vocabulary, problems)
            _check_weights(stage, families, vocabulary, problems)
            stages.append(stage)
    return tuple(stages)


def _read_name(
    table: Mapping[str, Any], number: int, *, taken: Collection[str], vocabulary: Vocabulary, problems: Problems
) -> str | None:
    name, path = table.get("name"), f"stage {number}"
    if not isinstance(name, str):
        problems.add(path, f'needs a name, as in name = "scale", found {shown(name) if "name" in table else "none"}')
    elif name in taken:
        problems.add(path, f"the stage {shown(name)} is there twice")
    elif name not in vocabulary.stages:
        problems.add(path, unknown("stage", name, vocabulary.stages))
    else:
        return name
    return None


def _read_stage(name: str, table: Mapping[str, Any], vocabulary: Vocabulary, problems: Problems) -> Stage:
    for word in table:
        if word not in _STAGE_WORDS:
            problems.add(name, unknown("entry", word, _STAGE_WORDS))
    options = _read_options(name, table.get("option", {}), vocabulary.stages[name], problems)
    default = table.get("default", next(iter(options), ""))
    if options and default not in options:
        problems.add(f"{name}: default", unknown("option", str(default), options))
    return Stage(name, options, default, _read_for(name, table, vocabulary, problems))


def _read_options(
    name: str, value: object, known: Mapping[str, Collection[str]], problems: Problems
) -> dict[str, tuple[Parameter, ...]]:
    options: dict[str, tuple[Parameter, ...]] = {}
    tables = table_at(value, name, problems, holds="options, as in [stage.option.none]")
    if tables is value and not tables:
        problems.add(name, f"has no option; write [stage.option.{next(iter(known), 'NAME')}] below it")
    for option, entry in tables.items():
        path = f"{name}.{option}"
        if option not in known:
            problems.add(path, unknown("option", option, known))
            continue
        table = table_at(entry, path, problems, holds="parameters")
        options[option] = read_parameters(table, path, known=known[option], problems=problems)
    return options


def _read_for(
    name: str, table: Mapping[str, Any], vocabulary: Vocabulary, problems: Problems
) -> tuple[str, ...] | None:
    if "for" not in table:
        return None
    families = table["for"]
    if not isinstance(families, list) or not families or not all(isinstance(f, str) for f in families):
        problems.add(f"{name}: for", f'takes a list of families, as in ["svm", "knn"], found {shown(families)}')
        return None
    for family in families:
        if family not in vocabulary.families:
            problems.add(f"{name}: for", unknown("family", family, vocabulary.families))
    return tuple(families)


def _check_weights(stage: Stage, families: Collection[str], vocabulary: Vocabulary, problems: Problems) -> None:
    """A family that takes no sample weights must not meet an option that sets them: every such trial would fail."""
    served = [f for f in families if stage.families is None or f in stage.families]
    weightless = [f for f in served if f in vocabulary.weightless]
    for option in stage.options:
        if weightless and (stage.name, option) in vocabulary.weighing:
            names = " and ".join(weightless)
            problems.add(f"{stage.name}.{option}", f"sets sample weights, and {names} takes none; leave it out of for")
