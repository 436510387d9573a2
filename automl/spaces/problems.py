"""Mistakes of meaning in a space file, gathered so that all are reported at once."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches
from typing import Any

from automl.spaces.values import shown


class Problems:
    """A list of mistakes that grows while a file is read; each line begins with its path."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def add(self, path: str, what: str) -> None:
        """Note that something is wrong at ``path``."""
        self.lines.append(f"{path}: {what}" if len(path) <= 80 else f"{path[:80]}…: {what}")


def unknown(what: str, name: str, known: Collection[str]) -> str:
    """Sentence for a name that does not exist: the name meant, or all there are."""
    close = get_close_matches(name[:100], known, n=1)
    advice = f'did you mean "{close[0]}"?' if close else f"known: {', '.join(known) or 'none'}"
    return f"unknown {what} {shown(name)}; {advice}"


def table_at(value: object, path: str, problems: Problems, *, holds: str) -> dict[str, Any]:
    """``value`` if it is a table, otherwise an empty one and a problem."""
    if isinstance(value, dict):
        return value
    problems.add(path, f"expected a table of {holds}, found {shown(value)}")
    return {}
