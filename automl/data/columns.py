"""Which columns are worth learning from, and why the others are not."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from automl.core.dataset import ColumnKind
from automl.data.kinds import is_nested, is_time, kind_of
from automl.data.notation import Cells, read_cells, texts
from automl.data.wording import counted, listed
from automl.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

_DATE = r"(?:\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[./]\d{1,2}[./]\d{4})(?:[T ]\d{1,2}:\d{2}.*)?"
_ID_NAME = re.compile(r"(?:^|[\W_])id$|[a-z]I[dD]$|^ID$|_ID$", re.ASCII)
_MOST = 0.95
_FREE_TEXT_LENGTH = 20
_FEW_ROWS = 10
"""Below it numbers that count up are as likely a measurement as row numbers."""


@dataclass(frozen=True)
class Columns:
    """The columns to learn from.

    Parameters
    ----------
    kinds : column -> kind, in the order of the table
    left_out : column -> why it was left out
    notes : on columns that were kept
    """

    kinds: Mapping[str, ColumnKind]
    left_out: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def choose_columns(frame: pd.DataFrame, sounds: Collection[str], *, where: str) -> Columns:
    """The columns of a table from which something can be learned.

    Left out are columns that are empty, constant, dates, lists, free text, and identifiers: words that never repeat,
    and whole numbers that count the rows or are called an id.

    Raises
    ------
    DataError
        If none is left.
    """
    every = _kinds(frame, sounds)
    reasons = {name: _reason_to_leave_out(name, frame[name], kind) for name, kind in every.items()}
    left_out = {name: reason for name, reason in reasons.items() if reason}
    kinds = {name: kind for name, kind in every.items() if name not in left_out}
    if not kinds:
        raise DataError(
            f"{where} has no usable column left beside label and group",
            hint="a table needs columns of numbers or categories, or one of sound files (names ending in .wav, .flac)",
            details=[f'column "{name}": {reason}' for name, reason in left_out.items()],
        )
    return Columns(kinds, left_out, _mixed_notes(frame, kinds))


def keep_columns(frame: pd.DataFrame, sounds: Collection[str]) -> Columns:
    """Every column with its kind, for callers who chose the columns themselves.

    Raises
    ------
    DataError
        If columns hold lists or complex numbers.
    """
    if bad := [f'column "{name}"' for name in frame.columns if is_nested(frame[name]) or frame[name].dtype.kind == "c"]:
        raise DataError("Complex data not supported, nor lists in cells", details=bad)
    return Columns(_kinds(frame, sounds))


def _kinds(frame: pd.DataFrame, sounds: Collection[str]) -> dict[str, ColumnKind]:
    return {name: ColumnKind.SOUND if name in sounds else kind_of(frame[name]) for name in frame.columns}


def _reason_to_leave_out(name: str, values: pd.Series, kind: ColumnKind) -> str | None:
    if kind is ColumnKind.SOUND:
        return None
    if is_nested(values):
        return "nested values (lists or mappings), which are not supported"
    if is_time(values):
        return "a date or time"
    if values.dtype.kind == "c":
        return "complex numbers, which are not supported"
    if kind is ColumnKind.NUMERIC:
        return _reason_against_numbers(name, read_cells(values))
    return _reason_against_words(texts(values))


def _reason_against_words(text: pd.Series) -> str | None:
    present = text.dropna().astype("str")
    n_distinct = present.nunique()
    if n_distinct == 1 and len(present) == len(text):
        return f"constant: always {listed([present.iloc[0]])}"
    if present.str.fullmatch(_DATE).mean() >= _MOST:
        return "a date or time"
    if n_distinct >= _MOST * len(present) and _is_prose(present):
        return f"free text: {n_distinct} distinct values in {len(present)} rows"
    return "identifier: every value is different" if n_distinct == len(present) > 1 else None


def _is_prose(present: pd.Series) -> bool:
    is_long = present.str.len() >= _FREE_TEXT_LENGTH
    return bool((is_long & present.str.contains(r"\s")).mean() >= 0.5)


def _reason_against_numbers(name: str, cells: Cells) -> str | None:
    found = cells.number
    distinct = np.unique(found[cells.is_number])
    if not len(distinct) and not cells.is_word.any():
        return "every value is missing"
    if len(distinct) == 1 and cells.is_number.all():
        return f"constant: always {distinct[0]:g}"
    if len(distinct) < max(len(found), _FEW_ROWS) or not np.isfinite(found).all() or np.any(found % 1):
        return None
    if distinct[-1] - distinct[0] == len(found) - 1:
        return f"row number: counts from {distinct[0]:.0f} to {distinct[-1]:.0f}"
    return "identifier: whole numbers, every value is different" if _ID_NAME.search(name) else None


def _mixed_notes(frame: pd.DataFrame, kinds: Mapping[str, ColumnKind]) -> tuple[str, ...]:
    """A note for every column of words in which more than one cell in ten is a number, and not all are."""
    notes = []
    for name in (n for n, kind in kinds.items() if kind is ColumnKind.CATEGORICAL):
        cells = read_cells(frame[name])
        n_numbers, n_words = cells.is_number.sum(), cells.is_word.sum()
        if n_words and n_numbers > 0.1 * n_words:
            notes.append(
                f'Column "{name}" mixes {counted(int(n_numbers), "number")} and {counted(int(n_words), "word")}; '
                "it is used as categorical text."
            )
    return tuple(notes)
