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


def read_models(value: object, problems: Problems, *, vocabulary: Vocabulary) -> dict[str, tuple[Parameter, ...]]:
    """Family -> its parameters, in the order of the file; families that do not exist are noted and left out."""
    if value is None or value == {}:
        problems.add(f"missing; a space has a table [model.FAMILY] or more ({', '.join(vocabulary.families)})")
        return {}
    models: dict[str, tuple[Parameter, ...]] = {}
    for family, entry in table_at(value, problems, holds="families, as in [model.svm]").items():
        here = problems.at(family)
        if family not in vocabulary.families:
            here.add(unknown("family", family, vocabulary.families))
            continue
        table = table_at(entry, here, holds="parameters")
        models[family] = read_parameters(table, here, known=vocabulary.families[family])
    return models


def read_stages(
    value: object, problems: Problems, *, vocabulary: Vocabulary, families: Collection[str]
) -> tuple[Stage, ...]:
    """The stages in the order of the file.

    Parameters
    ----------
    problems : of the whole file, for a stage's own path begins with its name
    families : those of the space
    """
    if not isinstance(value, list):
        problems.at("stage").add(f"expected tables [[stage]], in double brackets, found {shown(value)}")
        return ()
    stages: dict[str, Stage] = {}
    for number, entry in enumerate(value, start=1):
        here = problems.at(f"stage {number}")
        table = table_at(entry, here, holds="name, for, default and option")
        name = _read_name(table, here, taken=stages, vocabulary=vocabulary)
        if name is not None:
            stages[name] = _read_stage(name, table, problems=problems.at(name), vocabulary=vocabulary)
            _check_weights(stages[name], problems.at(name), families=families, vocabulary=vocabulary)
    return tuple(stages.values())


def _read_name(
    table: Mapping[str, Any], problems: Problems, *, taken: Collection[str], vocabulary: Vocabulary
) -> str | None:
    name = table.get("name")
    if not isinstance(name, str):
        problems.add(f'needs a name, as in name = "scale", found {shown(name) if "name" in table else "none"}')
    elif name in taken:
        problems.add(f"the stage {shown(name)} is there twice")
    elif name not in vocabulary.stages:
        problems.add(unknown("stage", name, vocabulary.stages))
    else:
        return name
    return None


def _read_stage(name: str, table: Mapping[str, Any], *, problems: Problems, vocabulary: Vocabulary) -> Stage:
    for word in table:
        if word not in _STAGE_WORDS:
            problems.add(unknown("entry", word, _STAGE_WORDS))
    options = _read_options(table.get("option", {}), problems, known=vocabulary.stages[name])
    default = table.get("default", next(iter(options), ""))
    if options and default not in list(options):
        problems.add(f"default: {unknown('option', default, options)}")
    return Stage(name, options, default, _read_for(table, problems, vocabulary=vocabulary))


def _read_options(
    value: object, problems: Problems, *, known: Mapping[str, Collection[str]]
) -> dict[str, tuple[Parameter, ...]]:
    if value == {}:
        problems.add(f"has no option; write [stage.option.{next(iter(known), 'NAME')}] below it")
    options: dict[str, tuple[Parameter, ...]] = {}
    for option, entry in table_at(value, problems, holds="options, as in [stage.option.none]").items():
        here = problems.at(option)
        if option not in known:
            here.add(unknown("option", option, known))
            continue
        table = table_at(entry, here, holds="parameters")
        options[option] = read_parameters(table, here, known=known[option])
    return options


def _read_for(table: Mapping[str, Any], problems: Problems, *, vocabulary: Vocabulary) -> tuple[str, ...] | None:
    if "for" not in table:
        return None
    families = table["for"]
    if not isinstance(families, list) or not families or not all(isinstance(f, str) for f in families):
        problems.add(f'for takes a list of families, as in ["svm", "knn"], found {shown(families)}')
        return None
    for family in families:
        if family not in vocabulary.families:
            problems.add(f"for: {unknown('family', family, vocabulary.families)}")
    return tuple(families)


def _check_weights(stage: Stage, problems: Problems, *, families: Collection[str], vocabulary: Vocabulary) -> None:
    """A family that takes no sample weights must not meet an option that sets them: every such trial would fail."""
    served = [f for f in families if stage.families is None or f in stage.families]
    weightless = [f for f in served if f in vocabulary.weightless]
    for option in stage.options:
        if weightless and (stage.name, option) in vocabulary.weighing:
            names = " and ".join(weightless)
            take = "takes" if len(weightless) == 1 else "take"
            problems.at(option).add(f"sets sample weights, and {names} {take} none; leave {names} out of for")
