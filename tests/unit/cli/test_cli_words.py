"""Numbers, times and curves as people read them."""

import pytest

from automl.cli.live import best_so_far, sparkline
from automl.cli.main import printable
from automl.cli.options import Duration
from automl.cli.words import columns, count, number, seconds


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.051, "0.05 s"), (12.4, "12 s"), (76, "1 min 16 s"), (3600, "1 h 0 min"), (7500, "2 h 5 min")],
)
def test_a_duration_reads_as_one_says_it(value, text):
    assert seconds(value) == text


def test_a_score_that_is_not_there_is_a_dash():
    assert (number(None), number(0.12345), count(1, "trial"), count(2, "trial")) == (
        "-",
        "0.123",
        "1 trial",
        "2 trials",
    )


def test_columns_are_aligned_and_cut_to_the_terminal():
    lines = columns([["a", "1"], ["long", "10"]], right=(1,))
    assert lines == ["a      1", "long  10"]
    assert columns([["a" * 20]], width=5) == ["aaaa…"]


@pytest.mark.parametrize(("text", "value"), [("90s", 90), ("20m", 1200), ("1.5h", 5400), ("45", 45)])
def test_a_time_is_seconds(text, value):
    assert Duration().convert(text, None, None) == value


def test_the_best_so_far_never_rises_and_ignores_failures():
    assert best_so_far([None, 3.0, None, 2.0, 5.0]) == [3.0, 3.0, 2.0, 2.0]
    assert best_so_far([None]) == []


def test_the_sparkline_grows_while_the_loss_falls():
    assert sparkline([3.0, 2.0, 1.0], 10) == "▁▅█"
    assert len(sparkline([1.0] * 500, 20)) <= 20


def test_names_cannot_steer_the_terminal():
    assert printable("a\x1b[31mb") == "a�[31mb"
    assert printable("a\nerror: forged\tb") == "a error: forged b"
