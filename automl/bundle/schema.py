"""What an entry of a JSON file has to be: tests for values that a stranger may have written."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

Test: TypeAlias = Callable[[Any], bool]


@dataclass(frozen=True)
class Entry:
    """What an entry has to be: for people, and as a test."""

    expected: str
    test: Test


def problems(table: Mapping[str, Any], entries: Mapping[str, Entry]) -> list[str]:
    """One line for each entry that is missing or is not what it has to be."""
    lines = []
    for key, entry in entries.items():
        if key not in table:
            lines.append(f"{key}: missing, expected {entry.expected}")
        elif not entry.test(table[key]):
            lines.append(f"{key}: {table[key]!r:.60}, expected {entry.expected}")
    return lines


def is_text(value: object) -> bool:
    """Whether it is text."""
    return isinstance(value, str)


def is_count(value: object) -> bool:
    """Whether it is a whole number from 0."""
    return type(value) is int and value >= 0


def is_number(value: object) -> bool:
    """Whether it is a number; true and false are none."""
    return type(value) in (int, float)


def is_flag(value: object) -> bool:
    """Whether it is true or false."""
    return isinstance(value, bool)


def is_scalar(value: object) -> bool:
    """Whether a config may hold it."""
    return value is None or isinstance(value, (str, int, float))


def is_sha256(value: object) -> bool:
    """Whether it is a sha256 in hexadecimal digits."""
    return isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) is not None


def one_of(*allowed: object) -> Test:
    """Tests whether a value equals one of ``allowed``."""
    return lambda value: value in allowed


def optional(test: Test) -> Test:
    """Tests whether a value is null or passes ``test``."""
    return lambda value: value is None or test(value)


def list_of(test: Test) -> Test:
    """Tests whether a value is a list in which every item passes ``test``."""
    return lambda value: isinstance(value, list) and all(map(test, value))


def table_of(test: Test) -> Test:
    """Tests whether a value is a table in which every value passes ``test``."""
    return lambda value: isinstance(value, dict) and all(map(test, value.values()))


def record(**tests: Test) -> Test:
    """Tests whether a value is a table of exactly these keys, each value passing its test."""
    return lambda value: (
        isinstance(value, dict) and value.keys() == tests.keys() and all(test(value[k]) for k, test in tests.items())
    )
