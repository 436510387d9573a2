from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from automl.core.dataset import ColumnKind
from automl.data.columns import choose_columns, keep_columns
from automl.data.kinds import coerce_columns, kind_of
from automl.errors import DataError

NUMERIC, BOOLEAN, CATEGORICAL = ColumnKind.NUMERIC, ColumnKind.BOOLEAN, ColumnKind.CATEGORICAL


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "2.5", "", "NA", "-3e2"], NUMERIC),
        (["1", " 2 ", "?", "--", "None"], NUMERIC),
        (["12345678901234567890123", "1"], NUMERIC),
        (["", "NaN", "null"], NUMERIC),
        (["yes", "No", ""], BOOLEAN),
        (["TRUE", "false", "n/a"], BOOLEAN),
        (["t", "F", "y", "N"], BOOLEAN),
        (["True", "1", "0"], BOOLEAN),
        (["m", "f"], CATEGORICAL),
        (["yes", "no", "maybe"], CATEGORICAL),
        (["None", "mild", "severe"], CATEGORICAL),
        (["1", "2", "x", "y"], CATEGORICAL),
        (["1"] * 19 + ["x"], NUMERIC),
        ([1, "2", None, Decimal("3.5")], NUMERIC),
        ([True, None, False], BOOLEAN),
        ([True, "x", 1], CATEGORICAL),
    ],
)
def test_text_is_judged_by_what_its_cells_say(cells: list[object], kind: ColumnKind) -> None:
    assert kind_of(pd.Series(cells)) is kind


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (pd.Series([1, 2], dtype="Int64"), NUMERIC),
        (pd.Series([True, None], dtype="boolean"), BOOLEAN),
        (pd.Series([1, 2], dtype="category"), CATEGORICAL),
        (pd.Series([dt.datetime(2020, 1, 1), None]), NUMERIC),
    ],
)
def test_typed_columns_are_judged_by_their_type(values: pd.Series, kind: ColumnKind) -> None:
    assert kind_of(values) is kind


def test_columns_are_typed_as_their_kind_says() -> None:
    frame = pd.DataFrame(
        {
            "n": ["1", "", "2"],
            "b": ["yes", "", "N"],
            "c": [" a ", "NA", "None"],
            "i": [1, 2, 3],
            "f": [True, False, True],
        }
    )
    X, notes = coerce_columns(frame, {n: kind_of(frame[n]) for n in frame}, where="data.csv")
    assert X.dtypes.map(str).tolist() == ["float64", "float64", "object", "float64", "float64"]
    np.testing.assert_array_equal(X[["n", "b", "i", "f"]], [[1, 1, 1, 1], [np.nan, np.nan, 2, 0], [2, 0, 3, 1]])
    assert X["c"].fillna("missing").tolist() == ["a", "missing", "None"]
    assert notes == ()


def test_whole_numbers_are_one_category_however_they_are_stored() -> None:
    stored = [pd.Series(["1", "2"]), pd.Series([1, 2]), pd.Series([1.0, 2.0]), pd.Series([1, 2], dtype="category")]
    for values in stored:
        X, _ = coerce_columns(values.to_frame("c"), {"c": CATEGORICAL}, where="data.csv")
        assert X["c"].tolist() == ["1", "2"]


def test_true_and_1_are_two_categories() -> None:
    X, _ = coerce_columns(pd.DataFrame({"c": pd.Series([True, 1, "x"], dtype=object)}), {"c": CATEGORICAL}, where="d")
    assert X["c"].tolist() == ["True", "1", "x"]


def test_marks_for_no_number_are_missing_and_said() -> None:
    X, notes = coerce_columns(pd.DataFrame({"cusp": ["1", "--", "2"]}), {"cusp": NUMERIC}, where="data.csv")
    np.testing.assert_array_equal(X["cusp"], [1, np.nan, 2])
    assert notes == ('Column "cusp" of data.csv: "--" is read as missing (1 row).',)


def test_every_cell_that_cannot_be_used_is_named_at_once() -> None:
    frame = pd.DataFrame({"ember": ["1", "oops", "2"], "zeal": ["1", "-inf", "1e999"], "flag": ["yes", "no", "maybe"]})
    kinds = {"ember": NUMERIC, "zeal": NUMERIC, "flag": BOOLEAN}
    with pytest.raises(DataError, match=r"new\.csv: 3 columns hold") as caught:
        coerce_columns(frame, kinds, where="new.csv")
    assert caught.value.details == (
        'column "ember": 1 value not a number: "oops" (row 2)',
        'column "zeal": 2 values infinite: "-inf" (row 2), "1e999" (row 3)',
        'column "flag": 1 value neither yes nor no: "maybe" (row 3)',
    )


def test_infinities_of_typed_columns_are_refused() -> None:
    with pytest.raises(DataError, match=r'column "zeal": 1 value infinite: "inf" \(row 2\)'):
        coerce_columns(pd.DataFrame({"zeal": [1.0, np.inf]}), {"zeal": NUMERIC}, where="X")


def test_columns_are_found_by_name_and_others_are_ignored_and_said() -> None:
    frame = pd.DataFrame({"surplus": ["x"], "b": ["2"], "a": ["1"]})
    X, notes = coerce_columns(frame, {"a": NUMERIC, "b": NUMERIC}, where="new.csv")
    assert list(X.columns) == ["a", "b"]
    assert notes == ('new.csv: 1 column not used: "surplus".',)


def test_all_missing_columns_are_named() -> None:
    with pytest.raises(DataError, match=r'new\.csv: 2 columns are missing: "tidal", "zeal"'):
        coerce_columns(pd.DataFrame({"a": ["1"]}), {"tidal": NUMERIC, "a": NUMERIC, "zeal": NUMERIC}, where="new.csv")


def test_a_needed_column_that_is_there_twice_is_refused() -> None:
    frame = pd.DataFrame([["1", "2"]], columns=["tidal", "tidal"])
    with pytest.raises(DataError, match='duplicate column names: "tidal"'):
        coerce_columns(frame, {"tidal": NUMERIC}, where="new.csv")


def test_missing_cells_may_come_at_prediction() -> None:
    X, _ = coerce_columns(pd.DataFrame({"a": [None], "c": [""]}), {"a": NUMERIC, "c": CATEGORICAL}, where="new.csv")
    assert X.isna().all(axis=None)


N = 30
WORDS = [f"w{i}" for i in range(N)]


@pytest.mark.parametrize(
    ("name", "cells", "reason"),
    [
        ("lumen", [""] * N, "every value is missing"),
        ("same", ["x"] * N, "constant: always x"),
        ("seven", ["7"] * N, "constant: always 7"),
        ("who", WORDS, "identifier"),
        ("Unnamed: 0", [str(i) for i in range(N)], "row number: counts from 0 to 29"),
        ("record_no", [str(i) for i in range(N, 0, -1)], "row number"),
        ("patient_id", [str(i * i + 5) for i in range(N)], "identifier: whole numbers"),
        ("taken_on", [f"2020-01-{i % 28 + 1:02d}" for i in range(N)], "a date or time"),
        ("when", [f"{i % 28 + 1}.3.2020 12:00" for i in range(N)], "a date or time"),
        ("remark", [f"the patient said {w} and left" for w in WORDS], "free text: 30 distinct values"),
        ("stamp", list(pd.date_range("2020-01-01", periods=N)), "a date or time"),
        ("trace", [[1, 2]] * N, "nested values"),
    ],
)
def test_columns_that_teach_nothing_are_left_out_with_the_reason(name: str, cells: list[object], reason: str) -> None:
    frame = pd.DataFrame({name: pd.Series(cells), "good": ["1", "2", "4"] * (N // 3)})
    columns = choose_columns(frame, (), where="data.csv")
    assert dict(columns.kinds) == {"good": NUMERIC}
    assert reason in columns.left_out[name]


@pytest.mark.parametrize(
    "cells",
    [
        ["a", "b", ""] * (N // 3),
        ["True", ""] * (N // 2),
        [f"town {i // 2}" for i in range(N)],
        [str(i + 0.5) for i in range(N)],
        [str(i * i) for i in range(N)],
        ["3", ""] * (N // 2),
    ],
)
def test_columns_that_may_teach_something_are_kept(cells: list[str]) -> None:
    assert "tidal" in choose_columns(pd.DataFrame({"tidal": cells}), (), where="data.csv").kinds


def test_a_table_without_usable_columns_says_why_of_each() -> None:
    with pytest.raises(DataError, match="no usable column left") as caught:
        choose_columns(pd.DataFrame({"same": ["x"] * 3, "none": [""] * 3}), (), where="data.csv")
    assert caught.value.details == ('column "same": constant: always x', 'column "none": every value is missing')


def test_numbers_mixed_with_words_are_categorical_and_said() -> None:
    frame = pd.DataFrame({"tidal": ["1", "2", "low", "True"] * 5})
    assert '"tidal" mixes 10 numbers and 10 words' in choose_columns(frame, (), where="data.csv").notes[0]


def test_columns_a_caller_chose_are_all_kept() -> None:
    frame = pd.DataFrame({"constant": [1, 1], "empty": [np.nan, np.nan], "row": [0, 1], "word": ["a", "b"]})
    assert list(keep_columns(frame, ()).kinds) == list(frame)


@pytest.mark.parametrize("cells", [[[1], [2]], [1j, 2j]])
def test_what_no_kind_can_hold_is_refused(cells: list[object]) -> None:
    with pytest.raises(DataError, match='Complex data not supported, nor lists in cells\ncolumn "a"'):
        keep_columns(pd.DataFrame({"a": cells}), ())
