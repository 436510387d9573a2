"""A small table with every kind of plain column."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_limits

from automl.core.dataset import ColumnKind, Dataset

N_ROWS = 60


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """OpenMP threads of several test processes wait for each other."""
    with threadpool_limits(1):
        yield


@pytest.fixture
def mixed() -> Dataset:
    """Three classes in patients of three rows; numbers, booleans and categories, values missing in each."""
    rng = np.random.default_rng(0)
    y = np.arange(N_ROWS) % 3
    X = pd.DataFrame(
        {
            "age": rng.normal(40, 9, N_ROWS) + 8 * y,
            "dose": rng.exponential(2, N_ROWS),
            "smoker": rng.integers(0, 2, N_ROWS).astype(np.float64),
            "site": pd.Series(rng.choice(["east", "north", "west"], N_ROWS), dtype=object),
            "ward": pd.Series(rng.choice(["A", "B", "C", "D"], N_ROWS, p=[0.6, 0.34, 0.03, 0.03]), dtype=object),
        }
    )
    X.loc[::7, "age"] = np.nan
    X.loc[::9, "smoker"] = np.nan
    X.loc[::5, "site"] = np.nan
    kinds = {
        "age": ColumnKind.NUMERIC,
        "dose": ColumnKind.NUMERIC,
        "smoker": ColumnKind.BOOLEAN,
        "site": ColumnKind.CATEGORICAL,
        "ward": ColumnKind.CATEGORICAL,
    }
    return Dataset(
        name="mixed.csv",
        X=X,
        kinds=kinds,
        y=y.astype(np.int64),
        class_names=("a", "b", "c"),
        fingerprint="0",
        groups=np.repeat(np.arange(N_ROWS // 3), 3).astype(np.int64),
        group_name="patient",
    )
