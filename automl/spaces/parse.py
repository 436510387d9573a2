"""Text of a space file -> ``Space``, with every mistake in it at once."""

from __future__ import annotations

from pathlib import Path

from automl.errors import SpaceError
from automl.spaces.nodes import Space
from automl.spaces.problems import Problems, unknown
from automl.spaces.read_tables import read_models, read_stages
from automl.spaces.syntax import read_toml
from automl.spaces.values import shown
from automl.spaces.vocabulary import Vocabulary

__all__ = ["SCHEMA", "Vocabulary", "parse_space"]

SCHEMA = 1
"""Number of the language; raised when an old file would mean something else."""

_WORDS = ("schema", "name", "summary", "stage", "model")
_MAX_SHOWN = 50


def parse_space(text: str, *, source: str, vocabulary: Vocabulary) -> Space:
    """The space that a TOML text describes.

    Parameters
    ----------
    source : file name, for messages
    vocabulary : the families and stages that exist

    Raises
    ------
    SpaceError
        If the text is no TOML (its first mistake, with the line), or says what cannot be: ``details`` then names every
        mistake with its path.
    """
    tables = read_toml(text, source=source)
    problems = Problems()
    for word in tables:
        if word not in _WORDS:
            problems.at(word).add(unknown("entry", word, _WORDS))
    _check_schema(tables.get("schema"), problems.at("schema"))
    name = _read_text(tables.get("name", Path(source).stem), problems.at("name"))
    summary = _read_text(tables.get("summary", ""), problems.at("summary"))
    models = read_models(tables.get("model"), problems.at("model"), vocabulary=vocabulary)
    stages = read_stages(tables.get("stage", []), problems, vocabulary=vocabulary, families=models)
    _raise_for(problems, source)
    return Space(name, summary, stages, models)


def _check_schema(value: object, problems: Problems) -> None:
    if value is None:
        problems.add(f"missing; begin the file with schema = {SCHEMA}")
    elif isinstance(value, bool) or value != SCHEMA:
        problems.add(f"this version reads schema = {SCHEMA}, found {shown(value)}")


def _read_text(value: object, problems: Problems) -> str:
    if not isinstance(value, str):
        problems.add(f"expected text in quotes, found {shown(value)}")
        return ""
    return value


def _raise_for(problems: Problems, source: str) -> None:
    n = len(problems.lines)
    if n:
        rest = [f"and {n - _MAX_SHOWN} more"] if n > _MAX_SHOWN else []
        raise SpaceError(
            f"{source}: {n} mistake{'s' if n > 1 else ''} in this search space",
            hint=f"mend {'them' if n > 1 else 'it'}, then: automl spaces check {source}",
            details=[*problems.lines[:_MAX_SHOWN], *rest],
        )
