from __future__ import annotations

import pytest

from automl.tracking.problems import one_line, without_credentials


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://me:secret@host:5000/x", "http://host:5000/x"),
        ("postgresql+psycopg://me:se%40cret@host/db failed", "postgresql+psycopg://host/db failed"),
        ("http://host/a@b", "http://host/a@b"),
        ("mail me@host", "mail me@host"),
    ],
)
def test_credentials_are_removed_from_addresses(text, shown):
    assert without_credentials(text) == shown


def test_a_problem_is_one_line():
    assert one_line(ValueError("first\n  second")) == "ValueError: first second"


def test_an_error_without_message_is_named():
    assert one_line(TimeoutError()) == "TimeoutError"


def test_a_long_problem_is_cut():
    assert len(one_line(ValueError("x" * 1000))) == 300


def test_equal_problems_of_different_objects_read_the_same():
    assert one_line(OSError(f"<Connection object at {hex(id(0))}>")) == "OSError: <Connection object>"
