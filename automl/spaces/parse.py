"""Text of a space file -> ``Space``, with every mistake in it at once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

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
            problems.add(word, unknown("entry", word, _WORDS))
    _check_schema(tables, problems)
    name = _read_text(tables, "name", default=Path(source).stem, problems=problems)
    summary = _read_text(tables, "summary", default="", problems=problems)
    models = read_models(tables.get("model"), vocabulary, problems)
    stages = read_stages(tables.get("stage", []), vocabulary, families=models, problems=problems)
    _raise_for(problems, source)
    return Space(name, summary, stages, models)


def _check_schema(tables: Mapping[str, Any], problems: Problems) -> None:
    if "schema" not in tables:
        problems.add("schema", f"missing; begin the file with schema = {SCHEMA}")
    elif isinstance(tables["schema"], bool) or tables["schema"] != SCHEMA:
        problems.add("schema", f"this version reads schema = {SCHEMA}, found {shown(tables['schema'])}")


def _read_text(tables: Mapping[str, Any], word: str, *, default: str, problems: Problems) -> str:
    text = tables.get(word, default)
    if not isinstance(text, str):
        problems.add(word, f"expected text in quotes, found {shown(text)}")
        return default
    return text


def _raise_for(problems: Problems, source: str) -> None:
    n = len(problems.lines)
    if n:
        rest = [f"and {n - _MAX_SHOWN} more"] if n > _MAX_SHOWN else []
        raise SpaceError(
            f"{source}: {n} mistake{'s' if n > 1 else ''} in this search space",
            hint=f"mend {'them' if n > 1 else 'it'}, then: automl spaces check {source}",
            details=[*problems.lines[:_MAX_SHOWN], *rest],
        )
