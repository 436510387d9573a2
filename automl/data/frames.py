"""Frames, arrays and lists of recordings to a `Dataset`, for Python users."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from automl.core.dataset import Dataset
from automl.data.assemble import assemble
from automl.data.columns import keep_columns
from automl.data.gather import FOLDER_COLUMN, Gathered
from automl.data.labels import label_texts, require_texts
from automl.data.recordings import Recording, is_recording, sound_columns, with_paths
from automl.data.tables import require_unique
from automl.data.wording import counted
from automl.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

_GROUP = "group"


def dataset_from_frame(
    X: pd.DataFrame | ArrayLike | Sequence[str | Path],
    y: ArrayLike,
    groups: ArrayLike | None = None,
    *,
    positive: str | None = None,
    name: str = "data",
) -> Dataset:
    """The data set of rows that are in memory. Every column is kept: the caller chose them.

    Parameters
    ----------
    X : a frame, an array (its columns are called x0, x1, ...), or a list of paths of recordings
    y : (n_samples,) labels of any type; classes are their texts, see `automl.data.labels.label_texts`
    groups : (n_samples,) what rows have in common that must not be on both sides of a split; ``None`` for nothing
    positive : text of the class to find, ``None`` for the rarest

    Raises
    ------
    DataError
        If the rows cannot be learned from.
    """
    frame = as_frame(X)
    recordings = {column: _recordings(frame[column]) for column in sound_columns(frame)}
    gathered = Gathered(
        where=name,
        frame=with_paths(frame, recordings),
        recordings=recordings,
        labels=_texts(y, "label", len(frame)),
        groups=None if groups is None else _texts(groups, _GROUP, len(frame)),
        group_name=None if groups is None else str(getattr(groups, "name", None) or _GROUP),
    )
    return assemble([gathered], keep_columns(gathered.frame, recordings), name=name, positive=positive)


def as_frame(X: pd.DataFrame | ArrayLike | Sequence[str | Path]) -> pd.DataFrame:
    """The rows as a frame with column names that are text and an index 0..n_samples-1; nothing is typed.

    Raises
    ------
    DataError
        If it has no rows or columns, or is neither two-dimensional nor a list of recordings.
    """
    import pandas as pd

    frame = X if isinstance(X, pd.DataFrame) else _framed(X)
    if 0 in frame.shape:
        raise DataError(f"X has {counted(len(frame), 'row')} and {counted(frame.shape[1], 'column')}")
    names = [str(name) for name in frame.columns]
    require_unique(names, where="X")
    return frame.set_axis(names, axis=1).reset_index(drop=True)


def _framed(X: Any) -> pd.DataFrame:
    import pandas as pd

    if hasattr(X, "toarray"):
        raise DataError("Sparse data was passed, but dense data is required", hint="X.toarray()")
    values = np.asarray(X)
    if values.ndim == 1 and len(values) and all(isinstance(v, str | Path) and is_recording(Path(v).name) for v in X):
        return pd.DataFrame({FOLDER_COLUMN: pd.Series([os.fspath(path) for path in X], dtype=object)})
    if values.ndim != 2:
        raise DataError(
            f"Expected 2D array, got {values.ndim}D array of shape {values.shape}",
            hint="Reshape your data: (n_samples, n_features), or give a list of paths of sound files",
        )
    return pd.DataFrame(values, columns=[f"x{i}" for i in range(values.shape[1])])


def _recordings(cells: pd.Series) -> tuple[Recording, ...]:
    """The files a column names; the caller's own paths may lie anywhere."""
    return tuple(
        Recording(os.path.abspath(cell), cell)  # noqa: PTH100 - resolve() would follow links
        if isinstance(cell, str)
        else Recording(None, f"row {row + 1}", "no file is named")
        for row, cell in enumerate(cells)
    )


def _texts(values: ArrayLike, what: str, n_rows: int) -> tuple[str, ...]:
    import pandas as pd

    column = pd.Series(np.asarray(values, dtype=object).ravel(), dtype=object)
    if len(column) != n_rows:
        raise DataError(f"X has {counted(n_rows, 'row')}, but there are {counted(len(column), what)}")
    return require_texts(label_texts(column), what=what, column=what, where="the data")
