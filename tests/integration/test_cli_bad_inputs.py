"""What a stranger may type or bring: one error line with the value seen, a hint, exit code 2, nothing written."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

ROWS = [(f"{i % 7}.{i % 10}", ("north", "south")[i % 3 > 0], ("elder", "hazel")[i % 2]) for i in range(40)]
SPACE = 'schema = 1\nname = "mine"\nsummary = "made on the spot"\n'


def table(
    *,
    names: str = "tidal,yield,outcome",
    cells: Mapping[tuple[int, int], str] | None = None,
    rows: list[tuple[str, ...]] = ROWS,
) -> bytes:
    """A CSV file; ``cells`` replaces some by (row, column)."""
    lines = [",".join((cells or {}).get((i, k), cell) for k, cell in enumerate(row)) for i, row in enumerate(rows)]
    return "\n".join([names, *lines, ""]).encode()


@dataclass(frozen=True)
class Case:
    """A mistake, and what must be said of it."""

    name: str
    message: str
    content: bytes = table()
    options: tuple[str, ...] = ()
    label: str = "outcome"


def labels(change: Callable[[int, str], str]) -> bytes:
    """The table with other labels."""
    return table(rows=[(*row[:2], change(i, row[2])) for i, row in enumerate(ROWS)])


def with_groups(n_groups: int) -> bytes:
    """The table with a column "patient"."""
    rows = [(*row, f"p{i * n_groups // len(ROWS)}") for i, row in enumerate(ROWS)]
    return table(names="tidal,yield,outcome,patient", rows=rows)


BAD_TABLES = [
    Case("empty", r"data\.csv is empty \(0 bytes\)", b""),
    Case("blank lines only", r"data\.csv is empty \(blank lines only\)", b"\n \n\n"),
    Case("header only", r"data\.csv has no data rows: only a header with 2 columns", b"tidal,outcome\n"),
    Case("binary", r"data\.csv is not a text table: it is a PNG picture", b"\x89PNG\r\n\x1a\n\0\0"),
    Case("compressed", r"data\.csv is not a text table: it is gzip-compressed", b"\x1f\x8b\x08\0"),
    Case("NUL bytes", r"data\.csv is not a text table: it holds NUL bytes", table() + b"\0"),
    Case("surplus cells", r"Expected 3 fields in line 3, saw 4", b"a,b,outcome\n1,2,x\n1,2,3,y\n"),
    Case("name twice", r'data\.csv has duplicate column names: "tidal"', table(names="tidal,tidal,outcome")),
    Case("no such label", r'data\.csv has no column "outcomx"\. It has: tidal, yield, outcome', label="outcomx"),
    Case("one class", r'only one class, "elder", in all 40 rows', labels(lambda i, label: "elder")),
    Case("class of one row", r'1 class has only 1 row: "zebrawood"', table(cells={(3, 2): "zebrawood"})),
    Case("some labels missing", r"2 of 40 rows without a label.*row 2, 5", table(cells={(1, 2): "", (4, 2): "NaN"})),
    Case("all labels missing", r"40 of 40 rows without a label", labels(lambda i, label: "")),
    Case("label is a quantity", r'the label "outcome" is continuous', labels(lambda i, label: f"{i * 0.37:.3f}")),
    Case("infinite", r'column "tidal": 2 values infinite: "inf" \(row 2\), "-1e999" \(row 4\)',
         table(cells={(1, 0): "inf", (3, 0): "-1e999"})),
    Case("word among numbers", r'column "tidal": 1 value not a number: "oops" \(row 8\)',
         table(cells={(7, 0): "oops"})),
    Case("constant columns", r"no usable column left", table(rows=[("1", "a", row[2]) for row in ROWS])),
    Case("one group", r'only one group, "p0"', with_groups(1), ("--group", "patient")),
    Case("groups below folds", r"2 patients cannot make 5 folds", with_groups(2),
         ("--group", "patient", "--folds", "5")),
    Case("no such group", r'data\.csv has no column "patient_nr"', options=("--group", "patient_nr")),
    Case("group is label", r'the group column "outcome" is the label', options=("--group", "outcome")),
    Case("label dropped", r'"outcome" is asked for as label or group, and to be dropped',
         options=("--drop", "outcome")),
]  # fmt: skip

BAD_OPTIONS = [
    Case("budget 0", r"--budget must be at least 1, not 0", options=("--budget", "0")),
    Case("budget word", r"'ten' is not a valid integer", options=("--budget", "ten")),
    Case("metric", r'unknown metric "acuracy"', options=("--metric", "acuracy")),
    Case("family", r'there is no "svmm" among the families', options=("--models", "svmm")),
    Case("no family", r"',' names nothing", options=("--models", ",")),
    Case("space", r'unknown search space "tabullar"; did you mean "tabular"', options=("--space", "tabullar")),
    Case("empty space", r'--space is empty: ""', options=("--space", "")),
    Case("folds", r'--folds 21 needs 21 rows of every class, but class "elder" has 20', options=("--folds", "21")),
    Case("workers", r"--workers must be between 1 and \d+ on this computer, not 10000", options=("--workers", "10000")),
    Case("endless timeout", r"--timeout must be positive and finite", options=("--timeout", "9" * 400)),
    Case("trial timeout", r"'soon' is not a time such as 90s", options=("--trial-timeout", "soon")),
    Case("no trial timeout", r"--trial-timeout must be positive and finite, not 0 s", options=("--trial-timeout", "0")),
    Case("trial memory", r"'lots' is not an amount of memory such as 900MB", options=("--trial-memory", "lots")),
    Case("too little memory", r"--trial-memory must be finite and at least 200 MB.*, not 100 MB",
         options=("--trial-memory", "100M")),
    Case("option", r"No such option '--buget'", options=("--buget", "3")),
    Case("positive", r'there is no class "eldr"; the classes are "elder", "hazel"', options=("--positive", "eldr")),
    Case("all held out", r"--test 1\.0 is no share between 0 and 1", options=("--test", "1.0")),
    Case("almost all held out", r'too few rows outside the test.*1 of class "elder"', options=("--test", "0.96")),
    Case("pattern", r'"name:\(" is not a regular expression', label="name:("),
    Case("several", r"(?s)--budget must be at least 1, not -5.*--folds must be at least 2, not 1",
         options=("--budget", "-5", "--folds", "1")),
]  # fmt: skip


@pytest.fixture
def refused(automl, tmp_path):
    """Run a command that must be refused; returns what it said."""
    runs = tmp_path / "runs"
    runs.mkdir()

    def run(*args: object, runs: Path = runs) -> str:
        code, out, err = automl(*args, "--runs", runs)
        assert (code, out) == (2, ""), err
        assert len(re.findall(r"^error: ", err, re.M)) == 1, err
        assert len(re.findall(r"^hint: .", err, re.M)) == 1, err
        assert "Traceback" not in err
        assert not runs.is_dir() or not list(runs.iterdir())
        return str(err)

    return run


@pytest.mark.parametrize("case", BAD_TABLES + BAD_OPTIONS, ids=lambda case: case.name)
def test_a_search_that_cannot_be_is_refused_before_it_begins(case, refused, tmp_path):
    data = tmp_path / "data.csv"
    data.write_bytes(case.content)
    assert re.search(case.message, refused("search", data, "--label", case.label, "--dry-run", *case.options))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, r"data\.csv does not exist"),
        (lambda path: path.mkdir(), r"data\.csv is a folder and has no columns"),
        (os.mkfifo if hasattr(os, "mkfifo") else Path.mkdir, r"data\.csv is (not a regular|a folder)"),
    ],
    ids=["absent", "folder", "pipe"],
)
def test_data_that_is_no_file_is_refused(make, message, refused, tmp_path):
    make(tmp_path / "data.csv")
    assert re.search(message, refused("search", tmp_path / "data.csv", "--label", "outcome", "--dry-run"))


def test_empty_data_is_not_the_folder_at_hand(refused):
    assert 'DATA is empty: ""' in refused("search", "", "--dry-run")


@pytest.mark.parametrize("is_dry", [True, False], ids=["dry run", "search"])
def test_a_runs_folder_that_cannot_be_is_refused_before_the_data_are_read(is_dry, refused, tmp_path):
    (tmp_path / "taken").write_text("not a folder", encoding="utf-8")
    options = ["--dry-run"] if is_dry else []
    said = refused("search", tmp_path / "nothing.csv", *options, runs=tmp_path / "taken")
    assert re.search(r"taken cannot be written: .*taken is a file, not a folder", said)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"space\.toml is empty"),
        (SPACE + "model = 3\n", r"model: expected a table of families"),
        (SPACE.replace("summary =", "summary = ="), r"space\.toml: line 3: "),
        (SPACE + "model = " + "[" * 5000 + "]" * 5000, r"nested more than 20 levels deep"),
        (SPACE + f"[model.svm]\nC = {{ fixed = 0x{'f' * 5000} }}\n", r"model\.svm\.C: fixed: must be at most 2\^53"),
        (SPACE + f"[model.svm]\nC = {{ float = [1, 0x{'f' * 400}] }}\n", r"model\.svm\.C: high must be at most"),
        (
            SPACE + "[model.svm]\nC = { flaot = [1, 2] }\ngama = { float = [5, 1] }\n[model.knnn]\n",
            r'(?s)3 mistakes.*unknown parameter "gama".*unknown option "flaot".*unknown family "knnn"',
        ),
    ],
    ids=["empty", "no table", "syntax", "deep", "huge number", "huge bound", "several"],
)
def test_a_space_with_mistakes_is_refused_with_all_of_them(text, message, refused, tmp_path):
    (tmp_path / "space.toml").write_text(text, encoding="utf-8")
    assert re.search(message, refused("search", "--dry-run", "--space", tmp_path / "space.toml"))


def test_sounds_that_cannot_be_used_are_all_named(refused, tmp_path):
    import numpy as np
    import soundfile

    for name in ("elder", "hazel"):
        (tmp_path / "clips" / name).mkdir(parents=True)
        for i in range(2):
            soundfile.write(tmp_path / "clips" / name / f"{i}.wav", np.full(4000, 0.1), 8000)
    whole = (tmp_path / "clips" / "hazel" / "1.wav").read_bytes()
    (tmp_path / "clips" / "elder" / "empty.wav").write_bytes(b"")
    (tmp_path / "clips" / "elder" / "text.wav").write_text("<html>404</html>", encoding="utf-8")
    (tmp_path / "clips" / "hazel" / "cut.wav").write_bytes(whole[: len(whole) // 2])
    said = refused("search", tmp_path / "clips", "--dry-run")
    assert "3 recordings cannot be used" in said
    assert re.search(r"elder/empty\.wav: .*empty", said)
    assert re.search(r"elder/text\.wav: not a sound file", said)
    assert re.search(r"hazel/cut\.wav: truncated", said)


def test_a_name_cannot_forge_a_line(refused, tmp_path):
    data = tmp_path / "data.csv"
    data.write_bytes(b'"a\nerror: forged",outcome\n' + b"inf,x\n1,y\n2,x\n3,y\n")
    assert re.search(r'column "a error: forged": 1 value infinite', refused("search", data, "--label", "outcome"))


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (("predict", "", "rows.csv"), r'MODEL is empty: ""'),
        (("predict", "nothing", "rows.csv"), r'there is no study "nothing" in .*runs'),
        (("serch", "data.csv"), r'there is no command "serch"; did you mean "search"'),
        (("export", "nothing", "--out", "model"), r'there is no study "nothing" in .*runs'),
        (("leaderboard",), r"there is no study in .*runs yet"),
        (("resume", "nothing"), r'there is no study "nothing" in .*runs'),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_is_not_there_is_refused(command, message, refused):
    assert re.search(message, refused(*command))
