from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix

from automl.core.dataset import ColumnKind
from automl.data.frames import as_frame, dataset_from_frame
from automl.errors import DataError

Y = ["a", "b", "a", "b"]


def test_columns_of_an_array_get_names() -> None:
    dataset = dataset_from_frame(np.arange(8.0).reshape(4, 2), Y)
    assert list(dataset.kinds) == ["x0", "x1"]
    np.testing.assert_array_equal(dataset.X, np.arange(8.0).reshape(4, 2))


def test_every_column_is_kept() -> None:
    frame = pd.DataFrame({"row": range(4), "same": 1, "empty": np.nan, "who": ["p", "q", "r", "s"], 5: [True] * 4})
    dataset = dataset_from_frame(frame.set_index([[9, 8, 7, 6]]), Y)
    assert list(dataset.kinds) == ["row", "same", "empty", "who", "5"]
    assert dataset.left_out == {}
    assert dataset.X.index.tolist() == [0, 1, 2, 3]


def test_objects_are_read_as_what_they_say() -> None:
    dataset = dataset_from_frame(np.array([[1, "x"], [None, "y"], [3, "x"], [2.5, None]], dtype=object), Y)
    assert dict(dataset.kinds) == {"x0": ColumnKind.NUMERIC, "x1": ColumnKind.CATEGORICAL}


@pytest.mark.parametrize(
    ("y", "classes"),
    [
        ([3, 7, 3, 100, 7, 100], ("100", "3", "7")),
        ([0.0, 1.0] * 3, ("0", "1")),
        ([True, False] * 3, ("False", "True")),
        (np.array(["x", "y"] * 3), ("x", "y")),
        (pd.Series(["x", "y"] * 3, dtype="category"), ("x", "y")),
    ],
)
def test_labels_may_be_of_any_type(y: object, classes: tuple[str, ...]) -> None:
    assert dataset_from_frame(np.zeros((6, 1)), y).class_names == classes  # type: ignore[arg-type]


def test_groups_are_called_as_their_series() -> None:
    dataset = dataset_from_frame(np.zeros((4, 1)), Y, groups=pd.Series([5, 5, 9, 9], name="patient"))
    assert dataset.groups is not None
    assert (dataset.groups.tolist(), dataset.unit) == ([0, 0, 1, 1], "patient")


def test_a_list_of_recordings_is_one_column(clip: Callable[..., Path]) -> None:
    files = [clip(f"{i}.wav", seed=i) for i in range(4)]
    for X in (files, [str(f) for f in files], pd.DataFrame({"path": [str(f) for f in files]})):
        dataset = dataset_from_frame(X, Y)
        assert dict(dataset.kinds) == {"path": ColumnKind.SOUND}
        assert dataset.X["path"].tolist() == [str(f) for f in files]


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.zeros(3), "Expected 2D array, got 1D array"),
        (np.zeros((2, 2, 2)), "Expected 2D array, got 3D array"),
        (np.zeros((0, 3)), "X has 0 rows and 3 columns"),
        (np.zeros((3, 0)), "X has 3 rows and 0 columns"),
        (csr_matrix(np.eye(3)), "Sparse data"),
        (pd.DataFrame([[1, 2]], columns=["tidal", "tidal"]), 'duplicate column names: "tidal"'),
    ],
)
def test_what_is_no_table_of_rows_is_refused(X: object, message: str) -> None:
    with pytest.raises(DataError, match=message):
        as_frame(X)  # type: ignore[arg-type]


def test_rows_and_labels_are_equally_many() -> None:
    with pytest.raises(DataError, match="X has 3 rows, but there are 4 labels"):
        dataset_from_frame(np.zeros((3, 1)), Y)


def test_rows_without_a_label_are_refused() -> None:
    with pytest.raises(DataError, match="1 of 4 rows without a label"):
        dataset_from_frame(np.zeros((4, 1)), [1.0, np.nan, 0.0, 1.0])
