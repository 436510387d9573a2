from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from automl.data.tables import read_table
from automl.errors import DataError

Write = Callable[..., str]


def read(path: str, **options: tuple[str, ...]) -> pd.DataFrame:
    return read_table(Path(path), **options).frame


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_recognised(write: Write, delimiter: str) -> None:
    text = "tidal,zeal,label\n1,2,x\n3,,y\n".replace(",", delimiter)
    assert read(write(text)).to_numpy().tolist() == [["1", "2", "x"], ["3", "", "y"]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_unicode_is_read_whatever_its_byte_order_mark(write: Write, encoding: str) -> None:
    table = read_table(Path(write("naïve,label\n1,é\n2,ü\n".encode(encoding))))
    assert list(table.frame.columns) == ["naïve", "label"]
    assert table.notes == ()


def test_latin_1_is_read_and_said(write: Write) -> None:
    table = read_table(Path(write("naïve,label\n1,é\n2,ü\n".encode("latin-1"))))
    assert list(table.frame["label"]) == ["é", "ü"]
    assert "Latin-1" in table.notes[0]


def test_cells_keep_their_line_breaks_quotes_and_blank_lines_are_skipped(write: Write) -> None:
    frame = read(write('a,label\r\n"line\nbreak","say ""x"""\r\n\r\n2,y\r\n\r\n'))
    assert frame.to_numpy().tolist() == [["line\nbreak", 'say "x"'], ["2", "y"]]


def test_a_cell_of_a_million_characters_is_read(write: Write) -> None:
    assert len(read(write(f"a,b\n{'x' * 1_000_000},1\n2,3\n"))["a"][0]) == 1_000_000


def test_odd_column_names_stay_as_they_are(write: Write) -> None:
    names = ["a[0]", "<b>", "it's", "two words", "🌳", "=1+1"]
    assert list(read(write(",".join(names) + "\n1,2,3,4,5,6\n")).columns) == names


def test_decimal_commas_of_semicolon_files_become_points(write: Write) -> None:
    table = read_table(Path(write("a;b;label\n1,5;x,y;1,5\n-2.000,25;z;2,5\n?;w;3,5\n")), as_text=("label",))
    assert list(table.frame["a"]) == ["1.5", "-2000.25", "?"]
    assert list(table.frame["b"]) == ["x,y", "z", "w"]
    assert list(table.frame["label"]) == ["1,5", "2,5", "3,5"]
    assert 'decimal commas in "a"' in table.notes[0]


def test_commas_between_thousands_are_removed_and_said(write: Write) -> None:
    table = read_table(Path(write('price,place\n"1,234","a,b"\n56.5,c\n"1,234,567.5",d\n')))
    assert list(table.frame["price"]) == ["1234", "56.5", "1234567.5"]
    assert list(table.frame["place"]) == ["a,b", "c", "d"]
    assert "thousands" in table.notes[0]


def test_commas_that_separate_no_thousands_are_left_alone(write: Write) -> None:
    assert list(read(write('pair,b\n"1,2",x\n"3,4",y\n'))["pair"]) == ["1,2", "3,4"]


def test_a_mistake_in_a_column_of_decimal_commas_stays_to_be_found(write: Write) -> None:
    cells = [f"{i},5" for i in range(19)]
    frame = read(write("a;b\n" + "".join(f"{cell};x\n" for cell in [*cells, "oo.ps"])))
    assert list(frame["a"]) == [*(f"{i}.5" for i in range(19)), "oo.ps"]


def test_a_blank_column_name_is_replaced_and_said(write: Write) -> None:
    table = read_table(Path(write(",a\n5,1\n7,2\n")))
    assert list(table.frame.columns) == ["Unnamed: 0", "a"]
    assert 'without a name (1): called "Unnamed: 0"' in table.notes[0]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"data\.csv is empty"),
        (b"\n\n", "is empty"),
        (b"a,b\n", "has no data rows"),
        (b"tidal,b,tidal,b\n1,2,3,4\n", 'duplicate column names: "tidal", "b"'),
        (b"a,b\n1,2\n3,4,5\n", "Expected 2 fields in line 3, saw 3"),
        (b"a,b\n1,\x00\n", "NUL bytes"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "not a text table: it is a PNG picture"),
        (gzip.compress(b"a,b\n1,2\n"), "gzip-compressed"),
        (bytes(range(1, 256)) * 4, "control characters"),
        (b"\xff\xfea\x00,\x00b", "utf-16"),
    ],
)
def test_what_is_no_table_is_refused(write: Write, content: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read(write(content))


def test_a_missing_file_is_named_with_its_near_match(write: Write) -> None:
    path = write("a,b\n1,2\n", "coughs.csv")
    with pytest.raises(DataError, match=r"cougs\.csv does not exist") as caught:
        read(path.replace("coughs", "cougs"))
    assert "coughs.csv?" in str(caught.value.hint)


def test_a_pipe_that_nobody_writes_to_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "data.csv")
    with pytest.raises(DataError, match="not a regular file"):
        read(str(tmp_path / "data.csv"))


def test_parquet_keeps_its_types(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1.5, None], "b": [True, False], 3: ["x", "y"]}).rename(columns=str)
    frame.to_parquet(tmp_path / "data.parquet")
    pd.testing.assert_frame_equal(read(str(tmp_path / "data.parquet")), frame)


def test_a_named_index_of_parquet_is_a_column(tmp_path: Path) -> None:
    pd.DataFrame({"a": [1, 2]}, index=pd.Index(["x", "y"], name="who")).to_parquet(tmp_path / "data.parquet")
    assert list(read(str(tmp_path / "data.parquet")).columns) == ["who", "a"]


def test_half_a_parquet_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "data.parquet"
    pd.DataFrame({"a": range(100)}).to_parquet(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(DataError, match="not a readable Parquet file"):
        read(str(path))
