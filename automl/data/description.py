"""What was detected, in one line."""

from __future__ import annotations

from collections import Counter

import numpy as np

from automl.core.dataset import ColumnKind, Dataset
from automl.data.gather import Gathered
from automl.data.wording import counted, quoted

_CLASSES_SHOWN = 12


def describe(dataset: Dataset, gathered: Gathered) -> str:
    """The source, how many rows of how many groups, the columns by kind, the label and its classes."""
    parts = [_rows(dataset, gathered)]
    if gathered.label_name is not None:
        parts.append(f'"{gathered.label_name}"')
    return f"{gathered.where}: {', '.join(parts)}: {_classes(dataset)}"


def _rows(dataset: Dataset, gathered: Gathered) -> str:
    sounds = dataset.columns_of(ColumnKind.SOUND)
    text = counted(dataset.n_samples, "recording" if sounds else "row")
    if dataset.groups is not None:
        text += f" of {_groups(len(np.unique(dataset.groups)), dataset.unit)}"
    if gathered.n_folders:
        text += f" in {counted(gathered.n_folders, 'folder')}"
    elif gathered.label_name is not None and sounds:
        text += f" ({'column' if len(sounds) == 1 else 'columns'} {quoted(sounds)})"
    others = Counter(str(kind) for kind in dataset.kinds.values() if kind is not ColumnKind.SOUND)
    if not others:
        return text
    kinds = ", ".join(f"{n} {kind}" for kind, n in others.items())
    return f"{text}, {counted(others.total(), 'column')} ({kinds})"


def _groups(n_groups: int, name: str) -> str:
    """``82 speakers``; a name that is no plain word is quoted."""
    return counted(n_groups, name) if name.isalpha() and name[-1] != "s" else f'{n_groups} values of "{name}"'


def _classes(dataset: Dataset) -> str:
    counts = np.bincount(dataset.y, minlength=dataset.n_classes)
    shown = [f"{name} {n}" for name, n in zip(dataset.class_names, counts, strict=True)][:_CLASSES_SHOWN]
    more = dataset.n_classes - len(shown)
    return ", ".join(shown) + (f" and {counted(more, 'more class', 'more classes')}" if more else "")
