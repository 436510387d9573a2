"""What to learn from, as asked for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DataSource:
    """Where the rows are, and what their label and group are.

    Parameters
    ----------
    path : a table, a folder of recordings, or a table that lists recordings; ``None`` for the demo data
    label : a column, or ``name:REGEX`` for the first group of the pattern in the file name; ``None`` for the column
        "label", and in a folder for its sub-folders
    group : as ``label``; ``None`` when every row is its own unit
    drop : columns to leave out
    positive : the class to find; ``None`` for the rarest
    """

    path: str | None
    label: str | None = None
    group: str | None = None
    drop: tuple[str, ...] = ()
    positive: str | None = None
