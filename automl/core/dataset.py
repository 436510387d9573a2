"""The rows to learn from, whatever file they came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd


class ColumnKind(StrEnum):
    """What a column of ``Dataset.X`` holds."""

    NUMERIC = "numeric"  # float64, NaN where missing
    BOOLEAN = "boolean"  # float64 0 and 1, NaN where missing
    CATEGORICAL = "categorical"  # object: str, NaN where missing
    SOUND = "sound"  # object: str, absolute path of a sound file


@dataclass(frozen=True)
class Dataset:
    """Rows, classes and groups, checked and typed; nothing in it was fitted.

    Parameters
    ----------
    name : for people: the file or folder it came from
    X : (n_samples, n_columns), index 0..n_samples-1, column values as ``ColumnKind`` says
    kinds : column name -> kind, in the order of the columns
    y : (n_samples,) class indices into ``class_names``
    class_names : sorted
    positive : index of the class to find: the rarer one unless asked otherwise
    groups : (n_samples,) integer codes; ``None`` when every row is its own unit
    group_name : what a group is called (the column's name), ``None`` without groups
    sample_weight : (n_samples,), ``None`` for equal weights
    fingerprint : sha256 over the content, sound files included
    lowest_sr : lowest native sample rate of the sound files in Hz, ``None`` without sounds
    left_out : column -> why it was left out
    notes : what a person should know of the data before believing a score
    description : one line: what was detected
    """

    name: str
    X: pd.DataFrame
    kinds: Mapping[str, ColumnKind]
    y: NDArray[np.int64]
    class_names: tuple[str, ...]
    fingerprint: str
    positive: int = 1
    groups: NDArray[np.int64] | None = None
    group_name: str | None = None
    sample_weight: NDArray[np.float64] | None = None
    lowest_sr: int | None = None
    left_out: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    description: str = ""

    @property
    def n_samples(self) -> int:
        """Number of rows."""
        return len(self.y)

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return len(self.class_names)

    @property
    def unit(self) -> str:
        """What is resampled and counted: the group column's name, or ``row``."""
        return self.group_name or "row"

    def units(self, rows: NDArray[np.intp]) -> NDArray[np.int64]:
        """Unit code of each of ``rows``: its group, or the row itself."""
        return rows.astype(np.int64) if self.groups is None else self.groups[rows]

    def columns_of(self, kind: ColumnKind) -> list[str]:
        """Names of the columns of one kind, in order."""
        return [name for name, k in self.kinds.items() if k is kind]
