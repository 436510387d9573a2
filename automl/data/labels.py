"""Labels and groups as text, and as codes.

Labels are text: "1" and "01" are two classes. A cell is without a label when it is blank or says NaN; "NA", "None"
and the like are names of classes, which is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from automl.data.notation import MISSING, MISSING_NUMBER
from automl.data.wording import counted, listed, nearest, quoted
from automl.errors import DataError, RequestError

_NO_LABEL = frozenset({"", "nan", "nat", "<na>"})
_MANY_VALUES = 20


def label_texts(values: Iterable[object]) -> list[str | None]:
    """The stripped text of each value, ``None`` where there is none; whole numbers without a decimal point."""
    texts = [_label_text(value) for value in values]
    return [None if text.casefold() in _NO_LABEL else text for text in texts]


def require_texts(texts: Sequence[str | None], *, what: str, column: str, where: str) -> tuple[str, ...]:
    """The texts, if every row has one.

    Raises
    ------
    DataError
        Otherwise; it names the rows that have none.
    """
    rows = [i + 1 for i, text in enumerate(texts) if text is None]
    if rows:
        raise DataError(
            f"{where}: {len(rows)} of {counted(len(texts), 'row')} without a {what}: "
            f'column "{column}" is empty in row {listed(rows)}',
            hint=f"remove these rows, or give them a {what}",
        )
    return tuple(text for text in texts if text is not None)


def class_names_of(labels: Sequence[str], *, column: str, where: str) -> tuple[str, ...]:
    """The classes, sorted, each with two rows or more.

    Raises
    ------
    DataError
        If the label is a quantity, or there is one class only, or a class with one row.
    """
    names, counts = np.unique(np.asarray(labels, dtype=object), return_counts=True)
    _refuse_quantity(names, len(labels), column)
    if len(names) < 2:
        raise DataError(
            f'{where}: only one class, "{names[0]}", in all {len(labels)} rows; at least two are needed',
            hint="give another --label, or add rows of another class",
        )
    if rare := [str(name) for name, n in zip(names, counts, strict=True) if n < 2]:
        raise DataError(
            f"{where}: {counted(len(rare), 'class has', 'classes have')} only 1 row: {quoted(rare)}; "
            "at least 2 rows are needed to learn from one and be judged on another",
            hint="merge or remove such classes, or collect more rows",
        )
    return tuple(str(name) for name in names)


def encode_labels(labels: Sequence[str], class_names: Sequence[str], *, where: str) -> NDArray[np.int64]:
    """(n_rows,) indices into ``class_names``.

    Raises
    ------
    DataError
        If there are labels that are not among them.
    """
    index = {name: i for i, name in enumerate(class_names)}
    if unknown := sorted({label for label in labels if label not in index}):
        raise DataError(
            f"{where}: {counted(len(unknown), 'class', 'classes')} that the data to learn from does not have: "
            f"{quoted(unknown)}",
            hint=f"the classes are: {quoted(class_names, limit=20)}",
        )
    return np.array([index[label] for label in labels], dtype=np.int64)


def positive_index(y: NDArray[np.int64], class_names: Sequence[str], positive: str | None) -> int:
    """Index of the class to find: the one asked for, else the rarest, of equally rare ones the last.

    Raises
    ------
    RequestError
        If there is no class of that name.
    """
    if positive is None:
        counts = np.bincount(y, minlength=len(class_names))
        return int(np.flatnonzero(counts == counts.min())[-1])
    if positive not in class_names:
        near = nearest(positive, class_names)
        raise RequestError(
            f'there is no class "{positive}"; the classes are {quoted(class_names, limit=20)}',
            hint=f'--positive "{near}"' if near else "--positive takes one of these",
        )
    return list(class_names).index(positive)


def encode_groups(groups: Sequence[str], labels: Sequence[str], *, where: str) -> NDArray[np.int64]:
    """(n_rows,) codes of the sorted groups.

    Raises
    ------
    DataError
        If there is one group only, or groups and classes are the same thing.
    """
    names, codes = np.unique(np.asarray(groups, dtype=object), return_inverse=True)
    if len(names) < 2:
        raise DataError(
            f'{where}: only one group, "{names[0]}"; nothing would be left to judge on',
            hint="give another --group, or none",
        )
    pairs = set(zip(groups, labels, strict=True))
    if len(pairs) == len(names) == len(set(labels)):
        raise DataError(
            f"{where}: the group is the label: every group is one whole class",
            hint="--group takes what several rows of one class have in common, such as the patient",
        )
    return codes.astype(np.int64)


def label_notes(class_names: Sequence[str], y: NDArray[np.int64]) -> tuple[str, ...]:
    """Notes on names of classes that may be a mistake, and on rare classes."""
    notes = []
    if odd := [n for n in class_names if n.casefold() in MISSING | MISSING_NUMBER]:
        notes.append(f"{quoted(odd)} is taken as the name of a class; if it means missing, remove these rows.")
    folded = [name.casefold() for name in class_names]
    if alike := [n for n, f in zip(class_names, folded, strict=True) if folded.count(f) > 1]:
        notes.append(f"Classes that differ only in case: {quoted(alike)}.")
    counts = np.bincount(y, minlength=len(class_names))
    if counts.min() < 0.02 * len(y):
        rarest = class_names[int(counts.argmin())]
        notes.append(f'Class "{rarest}" is rare: {counts.min()} of {len(y)} rows. Accuracy says little here.')
    return tuple(notes)


def _label_text(value: object) -> str:
    if isinstance(value, float | np.floating) and float(value).is_integer():
        value = int(value)
    return str("" if value is None else value).strip()


def _refuse_quantity(names: NDArray[np.object_], n_rows: int, column: str) -> None:
    """Many different numbers, with decimals or hardly ever repeated, are a quantity."""
    try:
        values = np.array([float(name) for name in names])
    except ValueError:
        return
    n_values = len(values)
    has_decimals = bool(np.any(values % 1))
    if n_values > _MANY_VALUES and (has_decimals or n_values > n_rows / 5):
        raise DataError(
            f'the label "{column}" is continuous: {n_values} different numbers in {n_rows} rows; '
            "automl classifies, it does not predict quantities",
            hint="give another --label, or cut the numbers into classes first",
        )
