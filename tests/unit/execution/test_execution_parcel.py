"""What every worker is given once."""

import os

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.execution.parcel import Parcel, open_parcel


@pytest.fixture
def carried(tmp_path):
    """``carried(value)``: what arrives."""
    parcels = []

    def carried(value):
        parcels.append(Parcel(value, tmp_path))
        return open_parcel(parcels[-1].fileno())

    yield carried
    for parcel in parcels:
        parcel.close()


def test_a_table_arrives_as_it_was(carried):
    table = pd.DataFrame(
        {
            "number": [1.5, np.nan, -0.0],
            "text": ["a", None, "ü"],
            "category": pd.Categorical(["x", "y", "x"]),
            "flag": [True, False, True],
            "day": pd.to_datetime(["2024-01-01", None, "2026-11-21"]),
            "path": pd.Series(["a.wav", "b.wav", "c.wav"], dtype=object),
        }
    )
    pd.testing.assert_frame_equal(carried(table), table)


@given(lengths=st.lists(st.integers(0, 200), max_size=5))
def test_arrays_of_any_length_arrive(tmp_path_factory, lengths):
    arrays = [np.arange(length, dtype=np.float64) for length in lengths]
    parcel = Parcel(arrays, tmp_path_factory.mktemp("parcel"))
    arrived = open_parcel(parcel.fileno())
    parcel.close()
    assert [a.tolist() for a in arrived] == [a.tolist() for a in arrays]


def test_writing_to_what_arrived_changes_nothing_for_others(tmp_path):
    parcel = Parcel(np.zeros(10_000), tmp_path)
    first, second = open_parcel(parcel.fileno()), open_parcel(parcel.fileno())
    first[:] = 1
    assert second.sum() == 0
    assert open_parcel(parcel.fileno()).sum() == 0
    parcel.close()


def test_nobody_finds_a_file(tmp_path):
    parcel = Parcel(np.zeros(10_000), tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert os.fstat(parcel.fileno()).st_size > 80_000
    parcel.close()
