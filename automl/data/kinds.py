"""What kind of values a column holds, and the column as values of that kind.

The same rules for every source: columns of text (from CSV) are read by what their cells say, typed columns (from
Parquet or a frame) by their type. Rows in messages are counted from 1, the header not counted.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from automl.core.dataset import ColumnKind
from automl.data.notation import MISSING_NUMBER, YES_OR_NO, Cells, read_cells, texts
from automl.data.tables import require_unique
from automl.data.wording import counted, listed, quoted
from automl.errors import DataError

if TYPE_CHECKING:
    import pandas as pd


def kind_of(values: pd.Series) -> ColumnKind:
    """The kind of a column that lists no sound files."""
    import pandas as pd

    types = pd.api.types
    if types.is_bool_dtype(values):
        return ColumnKind.BOOLEAN
    if types.is_numeric_dtype(values) or is_time(values):
        return ColumnKind.NUMERIC
    if isinstance(values.dtype, pd.CategoricalDtype):
        return ColumnKind.CATEGORICAL
    return kind_of_cells(read_cells(values))


def kind_of_cells(cells: Cells) -> ColumnKind:
    """The kind of a column of text; one without any value counts as numbers."""
    words = cells.words()
    if words and words <= YES_OR_NO.keys() and _are_bits(cells):
        return ColumnKind.BOOLEAN
    return ColumnKind.CATEGORICAL if words and not cells.are_numbers else ColumnKind.NUMERIC


def is_time(values: pd.Series) -> bool:
    """Whether the column is of a date or duration type."""
    return values.dtype.kind in "mM"


def is_nested(values: pd.Series) -> bool:
    """Whether cells hold lists, arrays or mappings."""
    return values.dtype == object and any(isinstance(cell, list | tuple | dict | np.ndarray) for cell in values)


def coerce_columns(
    frame: pd.DataFrame, kinds: Mapping[str, ColumnKind], *, where: str
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The columns of ``kinds``, in its order and as `ColumnKind` says, and notes on what was ignored.

    Parameters
    ----------
    frame : columns in any order; those that ``kinds`` lacks are ignored
    where : what the frame is called in messages

    Raises
    ------
    DataError
        If columns are missing or there twice, or cells hold infinities, words among numbers, or anything but yes and
        no in a boolean column: every cell of every column at once.
    """
    import pandas as pd

    _require_columns(frame, kinds, where)
    coerced = {name: _COERCERS[kind](frame[name]) for name, kind in kinds.items()}
    if problems := [f'column "{name}": {p}' for name, column in coerced.items() for p in column.problems]:
        raise DataError(
            f"{where}: {counted(len(problems), 'column holds', 'columns hold')} values that cannot be used",
            hint="mend or empty these cells, or leave the columns out",
            details=problems,
        )
    notes = [f'Column "{name}" of {where}: {note}.' for name, column in coerced.items() for note in column.notes]
    if extra := [name for name in frame.columns if name not in kinds]:
        notes.append(f"{where}: {counted(len(extra), 'column')} not used: {quoted(extra)}.")
    X = pd.DataFrame({name: column.values for name, column in coerced.items()}, index=range(len(frame)))
    return X, tuple(notes)


@dataclass(frozen=True)
class _Column:
    values: pd.Series
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def _are_bits(cells: Cells) -> bool:
    return bool(np.isin(cells.number[cells.is_number], (0.0, 1.0)).all())


def _require_columns(frame: pd.DataFrame, kinds: Collection[str], where: str) -> None:
    require_unique([name for name in frame.columns if name in kinds], where=where)
    if missing := [name for name in kinds if name not in frame.columns]:
        raise DataError(
            f"{where}: {counted(len(missing), 'column is', 'columns are')} missing: {quoted(missing, limit=20)}",
            hint=f"it has: {quoted(frame.columns, limit=20)}",
        )


def _numeric(values: pd.Series) -> _Column:
    import pandas as pd

    if is_time(values):
        since = values.astype("int64").to_numpy(dtype=np.float64)
        return _Column(pd.Series(np.where(values.isna(), np.nan, since)))
    if pd.api.types.is_bool_dtype(values):
        values = values.astype("Float64")
    cells = read_cells(values)
    is_mark = cells.is_any_of(MISSING_NUMBER)
    marks = sorted(set(cells.word[is_mark]))
    notes = (f"{quoted(marks)} is read as missing ({counted(int(is_mark.sum()), 'row')})",) if marks else ()
    problems = (
        *_problem(values, cells.is_word & ~is_mark, "not a number"),
        *_problem(values, np.isinf(cells.number), "infinite"),
    )
    return _Column(pd.Series(cells.number), problems, notes)


def _boolean(values: pd.Series) -> _Column:
    import pandas as pd

    cells = read_cells(values)
    found = np.array([YES_OR_NO.get(str(word).casefold(), np.nan) for word in cells.word], dtype=np.float64)
    is_bit = np.isin(cells.number, (0.0, 1.0))
    is_bad = (cells.is_word & np.isnan(found)) | (cells.is_number & ~is_bit)
    return _Column(pd.Series(np.where(is_bit, cells.number, found)), _problem(values, is_bad, "neither yes nor no"))


def _words(values: pd.Series) -> _Column:
    return _Column(texts(values).reset_index(drop=True))


_COERCERS: Mapping[ColumnKind, Callable[[pd.Series], _Column]] = {
    ColumnKind.NUMERIC: _numeric,
    ColumnKind.BOOLEAN: _boolean,
    ColumnKind.CATEGORICAL: _words,
    ColumnKind.SOUND: _words,
}


def _problem(values: pd.Series, is_bad: NDArray[np.bool_], what: str) -> tuple[str, ...]:
    rows = np.flatnonzero(is_bad)
    if not len(rows):
        return ()
    cells = listed(f'"{values.iloc[row]}" (row {row + 1})' for row in rows)
    return (f"{counted(len(rows), 'value')} {what}: {cells}",)
