"""``name:REGEX``: a label or a group that stands in the file names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePath

from automl.data.wording import counted, listed
from automl.errors import DataError, RequestError

_PREFIX = "name:"


def name_pattern(value: str | None, *, option: str) -> re.Pattern[str] | None:
    """The pattern of ``name:REGEX``, ``None`` when the value is a column name.

    Raises
    ------
    RequestError
        If it is no regular expression, or has no group.
    """
    if value is None or not value.startswith(_PREFIX):
        return None
    try:
        pattern = re.compile(value.removeprefix(_PREFIX))
    except re.error as err:
        raise RequestError(
            f'{option} "{value}" is not a regular expression: {err}', hint=f"{option} 'name:^([^_]+)_'"
        ) from err
    if pattern.groups == 0:
        raise RequestError(
            f'{option} "{value}" has no group: nothing says which part of the name is meant',
            hint=f"put the part in parentheses: {option} 'name:^([^_]+)_'",
        )
    return pattern


def called(pattern: re.Pattern[str], default: str) -> str:
    """What the pattern finds: the name of its first group, ``(?P<speaker>...)``, else ``default``."""
    return next((name for name, index in pattern.groupindex.items() if index == 1), default)


def from_names(pattern: re.Pattern[str], paths: Sequence[str], *, option: str) -> tuple[str, ...]:
    """What the first group of the pattern finds in the name of each file, folders not looked at.

    Raises
    ------
    DataError
        If some names do not match; it says which.
    """
    names = [PurePath(path).name for path in paths]
    found = [m.group(1) if (m := pattern.search(name)) else None for name in names]
    if others := [name for name, text in zip(names, found, strict=True) if not text]:
        raise DataError(
            f'{counted(len(others), "file name does", "file names do")} not match {option} "name:{pattern.pattern}": '
            f"{listed(others)}",
            hint="change the pattern, or move these files away",
        )
    return tuple(text for text in found if text)
