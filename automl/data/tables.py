"""Tables as they stand in files: CSV and TSV as text, Parquet with its types."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from automl.data.csv_text import decode_text, find_delimiter, header_of
from automl.data.files import require_regular_file
from automl.data.notation import with_points
from automl.data.wording import counted, listed, quoted, shortened
from automl.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

PARQUET_SUFFIXES = frozenset({".parquet", ".pq"})


@dataclass(frozen=True)
class Table:
    """A table that was read, nothing decided yet.

    Parameters
    ----------
    frame : unique column names that are text, index 0..n_rows-1, at least one row
    notes : what reading it had to decide
    """

    frame: pd.DataFrame
    notes: tuple[str, ...] = ()


def read_table(path: Path, *, as_text: Collection[str] = ()) -> Table:
    """The table in a file, by its suffix.

    Parameters
    ----------
    as_text : columns whose cells stay as written, even where they look like numbers with commas

    Raises
    ------
    DataError
        If the file is absent, empty, not a table, without rows, or has a column name twice.
    """
    require_regular_file(path)
    table = _read_parquet(path) if path.suffix.lower() in PARQUET_SUFFIXES else _read_text(path, as_text)
    if table.frame.empty:
        raise DataError(
            f"{path} has no data rows: only a header with {counted(table.frame.shape[1], 'column')}",
            hint="a table is CSV, TSV or Parquet, with one row for each case below the header",
        )
    return table


def require_unique(names: Collection[str], *, where: str) -> None:
    """Nothing, if no name occurs twice.

    Raises
    ------
    DataError
        Otherwise; it names all that do.
    """
    if twice := [name for name, n in Counter(names).items() if n > 1]:
        raise DataError(f"{where} has duplicate column names: {quoted(twice)}", hint="rename or delete the copies")


def _read_text(path: Path, as_text: Collection[str]) -> Table:
    import pandas as pd

    text, notes = decode_text(_content(path), where=path.name)
    if not text.strip():
        raise DataError(f"{path} is empty (blank lines only)", hint="export or copy it again")
    delimiter = find_delimiter(text)
    names, name_notes = _named(header_of(text, delimiter), path.name)
    try:
        # Without a header pandas neither renames duplicates nor takes a surplus cell for an index.
        cells = pd.read_csv(io.StringIO(text), sep=delimiter, header=None, dtype="str", keep_default_na=False)
    except (pd.errors.ParserError, ValueError) as err:
        raise DataError(
            f"{path}: {_first_line(err)}", hint=f'every row needs {len(names)} cells, cut by "{delimiter}"'
        ) from err
    frame = cells.iloc[1:].reset_index(drop=True).set_axis(names, axis=1)
    frame, number_notes = _numbers_rewritten(frame, delimiter, as_text)
    return Table(frame, (*notes, *name_notes, *number_notes))


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as err:
        raise DataError(f"{path} cannot be read: {err.strerror}", hint="check who may read it") from err


def _first_line(err: Exception) -> str:
    return str(err).removeprefix("Error tokenizing data. C error: ").strip().splitlines()[0]


def _named(header: list[str], where: str) -> tuple[list[str], tuple[str, ...]]:
    """The column names, stripped; a blank one is called by its position, as pandas calls it."""
    names = [cell.strip() or f"Unnamed: {i}" for i, cell in enumerate(header)]
    require_unique(names, where=where)
    blank = [i + 1 for i, cell in enumerate(header) if not cell.strip()]
    if not blank:
        return names, ()
    called = quoted(names[i - 1] for i in blank)
    return names, (f"{counted(len(blank), 'column')} of {where} without a name ({listed(blank)}): called {called}.",)


def _numbers_rewritten(
    frame: pd.DataFrame, delimiter: str, as_text: Collection[str]
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    rewritten = {
        str(name): column
        for name in frame.columns
        if name not in as_text and (column := with_points(frame[name], delimiter)) is not None
    }
    if not rewritten:
        return frame, ()
    how = "decimal commas" if delimiter == ";" else "commas between thousands"
    return frame.assign(**rewritten), (f"{how} in {quoted(rewritten)} were read as such.",)


def _read_parquet(path: Path) -> Table:
    import pandas as pd

    try:
        frame = pd.read_parquet(path)
    except (OSError, ValueError) as err:
        raise DataError(
            f"{path} is not a readable Parquet file: {shortened(_first_line(err), width=100)}",
            hint="write or copy it again; a text table is called .csv or .tsv",
        ) from err
    frame = frame.reset_index(drop=frame.index.names == [None])
    names = [str(name) for name in frame.columns]
    require_unique(names, where=path.name)
    return Table(frame.set_axis(names, axis=1))
