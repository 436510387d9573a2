from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from automl.core.dataset import ColumnKind
from automl.data.load import load_dataset, load_with_test
from automl.data.source import DataSource
from automl.errors import DataError, RequestError

Write = Callable[..., str]
N = 24


def csv(n: int = N, *, start: int = 0, **columns: list[object]) -> str:
    """A small good table; further columns or other ones for the same names may be given."""
    rng = np.random.default_rng(start)
    frame = pd.DataFrame({"tidal": rng.normal(size=n), "zeal": rng.choice(["a", "b"], n)})
    frame["outcome"] = ["elder", "hazel", "hazel"] * (n // 3)
    return frame.assign(**columns).to_csv(index=False)


def load(path: str, label: str | None = "outcome", **options: object) -> object:
    return load_dataset(DataSource(path, label, **options))  # type: ignore[arg-type]


def test_a_table_becomes_typed_rows_with_their_classes(write: Write) -> None:
    dataset = load(write(csv()))
    assert dict(dataset.kinds) == {"tidal": ColumnKind.NUMERIC, "zeal": ColumnKind.CATEGORICAL}
    assert dataset.class_names == ("elder", "hazel")
    assert dataset.y.tolist() == [0, 1, 1] * 8
    assert dataset.positive == 0
    assert dataset.name == "data.csv"
    assert dataset.description == (
        'data.csv: 24 rows, 2 columns (1 numeric, 1 categorical), "outcome": elder 8, hazel 16'
    )


def test_groups_are_codes_of_the_sorted_names_and_no_feature(write: Write) -> None:
    dataset = load(write(csv(speaker=["s2", "s10", "s1"] * 8)), group="speaker", label="zeal")
    assert dataset.groups.tolist() == [2, 1, 0] * 8
    assert dataset.unit == "speaker"
    assert "speaker" not in dataset.kinds
    assert "24 rows of 3 speakers" in dataset.description


def test_the_default_label_is_the_column_called_label(write: Write) -> None:
    assert load(write("a,label\n1,x\n2,y\n1,x\n4,y\n"), label=None).class_names == ("x", "y")


def test_dropped_columns_are_gone(write: Write) -> None:
    dataset = load(write(csv()), drop=("zeal",))
    assert list(dataset.kinds) == ["tidal"]


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (["1", "01", "2"], ("01", "1", "2")),
        (["NA", "elder", "hazel"], ("NA", "elder", "hazel")),
        ([3, 7, 100], ("100", "3", "7")),
        ([True, False, True], ("False", "True")),
        ([" x", "y ", "x"], ("x", "y")),
    ],
)
def test_labels_are_the_text_of_their_cells(write: Write, labels: list[object], classes: tuple[str, ...]) -> None:
    assert load(write(csv(outcome=labels * 8))).class_names == classes


def test_labels_of_parquet_have_the_same_text(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1.0, 2.5, 1.0, 3.0], "outcome": [0.0, 1.0, 0.0, 1.0]})
    frame.to_parquet(tmp_path / "data.parquet")
    assert load(str(tmp_path / "data.parquet")).class_names == ("0", "1")


def test_a_class_with_a_name_that_may_mean_missing_is_said(write: Write) -> None:
    notes = load(write(csv(outcome=["NA", "elder", "hazel"] * 8))).notes
    assert any('"NA" is taken as the name of a class' in note for note in notes)


def test_positive_is_the_class_asked_for(write: Write) -> None:
    assert load(write(csv()), positive="hazel").positive == 1


def test_an_unknown_positive_class_is_refused_with_the_classes(write: Write) -> None:
    with pytest.raises(RequestError, match='no class "hazle"; the classes are "elder", "hazel"'):
        load(write(csv()), positive="hazle")


def test_of_equally_rare_classes_the_last_is_positive(write: Write) -> None:
    assert load(write(csv(outcome=["a", "b", "c"] * 8))).positive == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"label": "outcomx"}, r'data\.csv has no column "outcomx"\. It has: tidal, zeal, outcome \(3 columns\)'),
        ({"group": "patient_nr"}, 'has no column "patient_nr"'),
        ({"drop": ("zael", "tidl")}, 'has no column "zael", "tidl"'),
        ({"group": "outcome"}, 'the group column "outcome" is the label'),
    ],
)
def test_columns_that_are_not_there_are_named(write: Write, options: dict[str, object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        load(write(csv()), **options)  # type: ignore[arg-type]


def test_the_hint_is_the_option_that_was_meant(write: Write) -> None:
    with pytest.raises(DataError) as caught:
        load(write(csv()), label="Outcom")
    assert caught.value.hint == 'did you mean --label "outcome"?'


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["elder"] * N, 'only one class, "elder", in all 24 rows'),
        (["zebrawood", *["elder", "hazel"] * 11, "elder"], 'only 1 row: "zebrawood"'),
        (["elder", None, "hazel"] * 8, r"8 of 24 rows without a label.*row 2, 5, 8, 11, 14 and 3 more"),
        ([None] * N, "24 of 24 rows without a label"),
        ([i / 7 for i in range(N)], "continuous: 24 different numbers"),
        (list(range(N)), "continuous"),
    ],
)
def test_labels_that_cannot_be_learned_are_refused(write: Write, labels: list[object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        load(write(csv(outcome=labels)))


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        (["s1", "", "s2"] * 8, "8 of 24 rows without a group"),
        (["p", "q", "q"] * 8, "the group is the label"),
        (["p"] * N, 'only one group, "p"'),
    ],
)
def test_groups_that_cannot_be_kept_apart_are_refused(write: Write, groups: list[object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        load(write(csv(speaker=groups)), group="speaker")


def test_a_pattern_needs_recordings_to_look_at(write: Write) -> None:
    with pytest.raises(DataError, match="lists no sound files"):
        load(write(csv()), group=r"name:^(\d)_")


def test_the_fingerprint_is_of_the_content_not_of_the_place(write: Write) -> None:
    first = load(write(csv()))
    assert load(write(csv(), "other.csv")).fingerprint == first.fingerprint
    assert load(write(csv(start=1), "third.csv")).fingerprint != first.fingerprint
    assert load(write(csv(n=27), "fourth.csv")).fingerprint != first.fingerprint


def test_without_a_path_it_is_the_demo() -> None:
    dataset = load_dataset(DataSource(None))
    assert (dataset.name, dataset.n_samples, len(dataset.kinds)) == ("breast_cancer", 569, 30)
    assert dataset.class_names[dataset.positive] == "malignant"


def test_the_demo_has_its_own_label() -> None:
    with pytest.raises(RequestError, match="without DATA the demo runs"):
        load_dataset(DataSource(None, "outcome"))


def test_test_rows_are_appended_and_what_is_decided_is_decided_without_them(write: Write) -> None:
    source = DataSource(write(csv()), "outcome")
    test = write(csv(6, start=9, tidal=[5] * 6, zeal=["new"] * 6, surplus=[1] * 6), "test.csv")
    dataset, rows = load_with_test(source, test)
    assert rows.tolist() == list(range(24, 30))
    assert dict(dataset.kinds) == {"tidal": ColumnKind.NUMERIC, "zeal": ColumnKind.CATEGORICAL}
    assert dataset.X["zeal"].tolist()[24:] == ["new"] * 6
    assert "of these 6 rows to test on (test.csv)" in dataset.description


def test_a_test_file_may_not_have_other_classes(write: Write) -> None:
    source = DataSource(write(csv()), "outcome")
    test = write(csv(6, outcome=["elder", "larch", "rowan"] * 2), "test.csv")
    with pytest.raises(DataError, match=r'test\.csv: 2 classes that .* does not have: "larch", "rowan"'):
        load_with_test(source, test)


def test_a_test_file_needs_the_columns_of_the_data(write: Write) -> None:
    source = DataSource(write(csv()), "outcome")
    test = write(pd.read_csv(write(csv(6), "t.csv")).drop(columns="tidal").to_csv(index=False), "test.csv")
    with pytest.raises(DataError, match=r'test\.csv: 1 column is missing: "tidal"'):
        load_with_test(source, test)


def test_no_group_is_in_data_and_test_file(write: Write) -> None:
    source = DataSource(write(csv(speaker=["s1", "s2", "s3", "s4"] * 6)), "outcome", "speaker")
    test = write(csv(6, speaker=["s9", "s3", "s1"] * 2), "test.csv")
    with pytest.raises(DataError, match=r'test\.csv: 2 groups also in data\.csv: "s1", "s3"'):
        load_with_test(source, test)


def test_groups_of_a_test_file_get_codes_of_their_own(write: Write) -> None:
    source = DataSource(write(csv(speaker=["s1", "s2", "s3", "s4"] * 6)), "outcome", "speaker")
    dataset, rows = load_with_test(source, write(csv(6, speaker=["s9", "s8", "s7"] * 2), "test.csv"))
    assert not set(dataset.groups[rows]) & set(dataset.groups[: rows[0]])
