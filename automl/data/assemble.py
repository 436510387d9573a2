"""Gathered rows to a `Dataset`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from automl.core.dataset import ColumnKind, Dataset
from automl.data.columns import Columns
from automl.data.description import describe
from automl.data.findings import sound_notes, table_notes
from automl.data.fingerprint import fingerprint
from automl.data.gather import Gathered
from automl.data.kinds import coerce_columns
from automl.data.labels import class_names_of, encode_groups, encode_labels, label_notes, positive_index
from automl.data.sound_check import OnProgress, SoundCheck, check_sounds
from automl.data.wording import counted, quoted
from automl.errors import DataError

if TYPE_CHECKING:
    import pandas as pd


def assemble(
    parts: Sequence[Gathered],
    columns: Columns,
    *,
    name: str,
    positive: str | None = None,
    on_progress: OnProgress | None = None,
) -> Dataset:
    """The data set of the first part, with the rows of the others appended.

    Parameters
    ----------
    parts : classes are decided on the first alone
    columns : decided on the first part alone
    positive : the class to find, ``None`` for the rarest

    Raises
    ------
    DataError
        If recordings or cells cannot be used, if labels or groups cannot be learned from, or if a group is in two
        parts.
    """
    main = parts[0]
    check = _checked(parts, columns, on_progress)
    X, notes = _typed(parts, columns.kinds)
    class_names = class_names_of(main.labels, column=main.label_name or "label", where=main.where)
    y = np.concatenate([encode_labels(part.labels, class_names, where=part.where) for part in parts])
    labels, groups = [label for part in parts for label in part.labels], _groups(parts)
    dataset = Dataset(
        name=name,
        X=X,
        kinds=columns.kinds,
        y=y,
        class_names=class_names,
        fingerprint=fingerprint(X, columns.kinds, labels, groups, sounds=check.infos),
        positive=positive_index(y[: len(main.labels)], class_names, positive),
        groups=None if groups is None else encode_groups(groups, labels, where=main.where),
        group_name=main.group_name,
        lowest_sr=check.lowest_sr,
        left_out=columns.left_out,
    )
    found = (*label_notes(class_names, y), *table_notes(dataset), *sound_notes(dataset, check))
    read = tuple(note for part in parts for note in part.notes)
    return replace(dataset, notes=(*read, *columns.notes, *notes, *found), description=describe(dataset, main))


def _checked(parts: Sequence[Gathered], columns: Columns, on_progress: OnProgress | None) -> SoundCheck:
    listed = [
        recording
        for part in parts
        for name, recordings in part.recordings.items()
        if name in columns.kinds
        for recording in recordings
    ]
    check = check_sounds(listed, on_progress)
    check.require_good(where=parts[0].where)
    return check


def _typed(parts: Sequence[Gathered], kinds: Mapping[str, ColumnKind]) -> tuple[pd.DataFrame, tuple[str, ...]]:
    import pandas as pd

    typed = [coerce_columns(p.frame.filter([n for n in p.frame if n in kinds]), kinds, where=p.where) for p in parts]
    X = pd.concat([frame for frame, _ in typed], ignore_index=True)
    return X, tuple(note for _, notes in typed for note in notes)


def _groups(parts: Sequence[Gathered]) -> list[str] | None:
    """The groups of all rows; no group may be in two parts, or training and test rows would share it."""
    if parts[0].groups is None:
        return None
    seen: set[str] = set()
    for part in parts:
        own = set() if part.groups is None else set(part.groups)
        if shared := sorted(seen & own):
            raise DataError(
                f"{part.where}: {counted(len(shared), 'group')} also in {parts[0].where}: {quoted(shared)}; "
                "a test on rows of a known group is no test",
                hint="remove these rows from one of the two files",
            )
        seen |= own
    return [group for part in parts if part.groups is not None for group in part.groups]
