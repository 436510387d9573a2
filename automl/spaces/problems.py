"""Mistakes of meaning in a space file, gathered so that all are reported at once."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches
from typing import Any

from automl.spaces.values import shown

_MAX_PATH = 80


class Problems:
    """Mistakes at a path and below it; all paths of a file write to one list.

    Parameters
    ----------
    path : where in the file, in the words of its labels: ``model.svm.C``; empty for the file itself
    lines : the mistakes so far, each beginning with its path
    """

    def __init__(self, path: str = "", lines: list[str] | None = None) -> None:
        self.path = path
        self.lines: list[str] = [] if lines is None else lines

    def at(self, name: str) -> Problems:
        """The problems of an entry one level down."""
        return Problems(f"{self.path}.{name}" if self.path else name, self.lines)

    def add(self, what: str) -> None:
        """Note that something is wrong here."""
        path = self.path if len(self.path) <= _MAX_PATH else f"{self.path[:_MAX_PATH]}…"
        self.lines.append(f"{path}: {what}")


def unknown(what: str, name: object, known: Collection[str]) -> str:
    """Sentence for a name that does not exist: the name meant, or all there are."""
    close = get_close_matches(str(name)[:100], known, n=1)
    advice = f'did you mean "{close[0]}"?' if close else f"known: {', '.join(known) or 'none'}"
    return f"unknown {what} {shown(name)}; {advice}"


def table_at(value: object, problems: Problems, *, holds: str) -> dict[str, Any]:
    """``value`` if it is a table, otherwise an empty one and a problem."""
    if isinstance(value, dict):
        return value
    problems.add(f"expected a table of {holds}, found {shown(value)}")
    return {}
