"""What a person should know of the data before believing a score."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from automl.core.dataset import ColumnKind, Dataset
from automl.data.sound_check import SoundCheck
from automl.data.wording import counted, listed
from automl.sound.decode import SoundInfo

if TYPE_CHECKING:
    import pandas as pd

_SILENT = 1e-4  # peak; -80 dB of full scale
_LEAK_ERRORS = 0.05
_ENOUGH_ROWS = 20
_PERSONS = frozenset({"speaker", "patient", "subject", "user", "session", "participant"})


def table_notes(dataset: Dataset) -> tuple[str, ...]:
    """Notes on rows that are copies, columns that give the label away, and columns that look like groups."""
    return (*_copies(dataset), *_leaks(dataset), *_persons(dataset))


def sound_notes(dataset: Dataset, check: SoundCheck) -> tuple[str, ...]:
    """Notes on silence, copies, and on classes that can be read from format or length instead of the sound."""
    columns = dataset.columns_of(ColumnKind.SOUND)
    if not columns:
        return ()
    paths = list(dataset.X[columns[0]])
    infos = [check.infos[path] for path in paths]
    return (
        *_ungrouped(dataset),
        *_silent(check),
        *_same_content(paths, dataset, check),
        *_format_tells(infos, dataset),
    )


def _copies(dataset: Dataset) -> tuple[str, ...]:
    if dataset.columns_of(ColumnKind.SOUND):
        return ()
    rows = dataset.X.assign(**{"\0label": dataset.y})
    n_copies = int(rows.duplicated().sum())
    if dataset.groups is not None:  # copies within a group are on one side of every split
        n_copies -= int(rows.assign(**{"\0group": dataset.groups}).duplicated().sum())
    if not n_copies:
        return ()
    whose = "" if dataset.groups is None else f" of another {dataset.group_name}"
    return (
        f"{counted(n_copies, 'row is', 'rows are')} like another{whose} in every column used and in the label "
        "(duplicates, or cases that look alike). Real copies on both sides of a split make a score too rosy.",
    )


def _leaks(dataset: Dataset) -> tuple[str, ...]:
    kinds = dataset.kinds
    tellers = [
        name for name in kinds if kinds[name] is not ColumnKind.SOUND and _tells_class(dataset.X[name], dataset.y)
    ]
    return tuple(
        f'Column "{name}" alone predicts the label almost without error. If it is not known before the label is, '
        f'it is a leak: --drop "{name}".'
        for name in tellers
    )


def _tells_class(values: pd.Series, y: NDArray[np.int64]) -> bool:
    """Whether the commonest class of each of few values is the row's, with hardly an error.

    An error counts against those of always saying the commonest class, so that a rare class does not hide a leak, nor
    fake one.
    """
    import pandas as pd

    n_classes = int(y.max()) + 1
    codes, uniques = pd.factorize(values, use_na_sentinel=False)
    if len(y) < _ENOUGH_ROWS or not 2 <= len(uniques) <= 2 * n_classes + 1:
        return False
    table = np.zeros((len(uniques), n_classes), dtype=np.int64)
    np.add.at(table, (codes, y), 1)
    errors = len(y) - int(table.max(axis=1).sum())
    errors_of_commonest = len(y) - int(table.sum(axis=0).max())
    return errors <= _LEAK_ERRORS * errors_of_commonest


def _persons(dataset: Dataset) -> tuple[str, ...]:
    if dataset.groups is not None:
        return ()
    named = [name for name in dataset.kinds if _PERSONS & set(_words(name)) and dataset.X[name].duplicated().any()]
    return tuple(
        f'Column "{name}" looks like a group: its rows would be on both sides of a split. If so, --group "{name}".'
        for name in named
    )


def _ungrouped(dataset: Dataset) -> tuple[str, ...]:
    if dataset.groups is not None:
        return ()
    return (
        "No --group: if several recordings are of one person or place, they are in training and in test, and the score "
        "is too rosy.",
    )


def _words(name: str) -> list[str]:
    return "".join(c if c.isalpha() else " " for c in name.casefold()).split()


def _silent(check: SoundCheck) -> tuple[str, ...]:
    silent = [check.shown[path] for path, info in check.infos.items() if info.peak < _SILENT]
    return (f"{counted(len(silent), 'silent recording')}: {listed(silent)}.",) if silent else ()


def _same_content(paths: Sequence[str], dataset: Dataset, check: SoundCheck) -> tuple[str, ...]:
    """Copies by the bytes of the files: other names, or one file in several rows."""
    rows_of: dict[str, list[int]] = defaultdict(list)
    for row, path in enumerate(paths):
        rows_of[check.infos[path].sha256].append(row)
    copies = {
        " = ".join(check.shown[paths[row]] for row in rows): {dataset.class_names[dataset.y[row]] for row in rows}
        for rows in rows_of.values()
        if len(rows) > 1
    }
    if not copies:
        return ()
    notes = [f"{counted(len(copies), 'recording')} there more than once (duplicates): {listed(copies, limit=3)}."]
    if conflicts := [f"{names} ({', '.join(sorted(labels))})" for names, labels in copies.items() if len(labels) > 1]:
        notes.append(f"The same recording has different labels: {listed(conflicts, limit=3)}.")
    return tuple(notes)


def _format_tells(infos: Sequence[SoundInfo], dataset: Dataset) -> tuple[str, ...]:
    import pandas as pd

    formats = {"sample rate": [info.sr for info in infos], "number of channels": [info.channels for info in infos]}
    notes = [
        f"The {what} alone tells the class: a model can read the class from the format instead of the sound."
        for what, values in formats.items()
        if _tells_class(pd.Series(values), dataset.y)
    ]
    seconds = np.array([info.seconds for info in infos])
    if len(seconds) >= _ENOUGH_ROWS and _are_apart([seconds[dataset.y == k] for k in range(dataset.n_classes)]):
        notes.append("The duration (length) alone tells the class: no two classes overlap in it.")
    return tuple(notes)


def _are_apart(parts: Sequence[NDArray[np.float64]]) -> bool:
    ranges = sorted((part.min(), part.max()) for part in parts)
    return all(high < low for (_, high), (low, _) in pairwise(ranges))
