from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from automl.core.dataset import ColumnKind
from automl.data.prediction import read_rows
from automl.errors import DataError, RequestError

Clip = Callable[..., Path]
Write = Callable[..., str]
TABLE = {"tidal": ColumnKind.NUMERIC, "yield": ColumnKind.CATEGORICAL}
SOUND = {"path": ColumnKind.SOUND}
MIXED = {"clip": ColumnKind.SOUND, "age": ColumnKind.NUMERIC}


def test_rows_of_a_table_are_numbered_from_one(write: Write) -> None:
    rows = read_rows([write("label,yield,tidal\nx,atlantis,1\ny,,\n")], TABLE)
    assert (rows.ids, rows.id_name, rows.bad) == (("1", "2"), "row", ())
    assert list(rows.X.columns) == ["tidal", "yield"]
    assert rows.notes == ('data.csv: 1 column not used: "label".',)


def test_recordings_are_called_as_they_were_given(clip: Clip, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    clip("new/b.wav"), clip("new/deep/a.wav"), clip("c.wav")
    monkeypatch.chdir(tmp_path)
    rows = read_rows(["c.wav", "new"], SOUND)
    assert (rows.ids, rows.id_name) == (("c.wav", "new/b.wav", "new/deep/a.wav"), "path")
    assert rows.X["path"][0] == str(tmp_path / "c.wav")


def test_a_bad_recording_is_reported_and_does_not_end_the_rest(clip: Clip, tmp_path: Path) -> None:
    good, bad = clip("a.wav"), tmp_path / "odd.wav"
    bad.write_text("no sound")
    rows = read_rows([str(bad), str(good)], SOUND)
    assert rows.ids == (str(good),)
    assert rows.bad[0][0] == str(bad)
    assert rows.bad[0][1].startswith("not a sound file")


def test_a_bad_recording_of_a_table_is_reported_by_row(clip: Clip, write: Write) -> None:
    clip("a.wav")
    rows = read_rows([write("clip,age\na.wav,3\nnone.wav,4\n,5\na.wav,6\n")], MIXED)
    assert rows.ids == ("1", "4")
    assert rows.bad == (("2", "none.wav: there is no such file"), ("3", "row 3: no file is named"))
    assert rows.X["age"].tolist() == [3, 6]


def test_bad_recordings_may_be_an_error(clip: Clip, tmp_path: Path) -> None:
    (tmp_path / "odd.wav").touch()
    with pytest.raises(DataError, match=r"1 recording cannot be used\n.*odd\.wav: the file is empty"):
        read_rows([str(clip("a.wav")), str(tmp_path / "odd.wav")], SOUND, drop_bad=False)


def test_a_missing_recording_column_is_named(write: Write) -> None:
    with pytest.raises(DataError, match='1 column is missing: "clip"'):
        read_rows([write("age\n3\n")], MIXED)


def test_a_model_of_a_table_needs_a_table(clip: Clip) -> None:
    with pytest.raises(DataError, match='needs a table with the columns "tidal", "yield"'):
        read_rows([str(clip("a.wav"))], TABLE)


def test_a_table_without_rows_is_refused(write: Write) -> None:
    with pytest.raises(DataError, match="no data rows"):
        read_rows([write("tidal,yield\n")], TABLE)


def test_tables_come_one_at_a_time(write: Write) -> None:
    with pytest.raises(RequestError, match="one table at a time"):
        read_rows([write("a\n1\n"), write("a\n1\n", "b.csv")], TABLE)


def test_nothing_to_predict_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="nothing to predict"):
        read_rows([], SOUND)
    with pytest.raises(DataError, match="holds no sound files"):
        read_rows([str(tmp_path)], SOUND)
