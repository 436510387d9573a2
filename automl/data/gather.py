"""What a source holds, apart: features, recordings, labels, groups; nothing decided yet."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from automl.data.file_names import called, from_names, name_pattern
from automl.data.files import require_path
from automl.data.labels import label_texts, require_texts
from automl.data.recordings import (
    Found,
    Recording,
    is_recording,
    listed_recordings,
    outside_note,
    recordings_by_class,
    recordings_in,
    sound_columns,
    with_paths,
)
from automl.data.source import DataSource
from automl.data.tables import read_table
from automl.data.wording import counted, listed, nearest, quoted
from automl.errors import DataError, RequestError

if TYPE_CHECKING:
    import pandas as pd

_DEFAULT_LABEL = "label"
_GROUP = "group"
FOLDER_COLUMN = "path"
"""Name of the one column of a folder of recordings."""


@dataclass(frozen=True)
class Gathered:
    """Rows as they were read.

    Parameters
    ----------
    where : what the source is called in messages
    frame : candidates for features; columns of recordings hold absolute paths, ``None`` where there is no usable one
    recordings : column -> the recordings it lists, in the order of the rows
    labels : (n_rows,) text, none missing
    label_name : the column, ``None`` when the labels come from file or folder names
    groups : (n_rows,) text, none missing; ``None`` when every row is its own unit
    group_name : what a group is called
    """

    where: str
    frame: pd.DataFrame
    recordings: Mapping[str, tuple[Recording, ...]]
    labels: tuple[str, ...]
    label_name: str | None = None
    groups: tuple[str, ...] | None = None
    group_name: str | None = None
    notes: tuple[str, ...] = ()
    n_folders: int = 0


def gather(source: DataSource, path: Path) -> Gathered:
    """What the file or folder holds, told apart as ``source`` asks.

    Raises
    ------
    DataError
        If it cannot be read, or lacks what was asked for.
    """
    if require_path(path).is_dir():
        return _gather_folder(source, path)
    if is_recording(path.name):
        raise DataError(f"{path} is one recording", hint="give the folder that holds a sub-folder for each class")
    return _gather_table(source, path)


def _gather_folder(source: DataSource, root: Path) -> Gathered:
    import pandas as pd

    by_name = {"--label": source.label, "--group": source.group}
    patterns = {option: name_pattern(value, option=option) for option, value in by_name.items()}
    columns = [f'{o} "{v}"' for o, v in by_name.items() if v is not None and patterns[o] is None]
    columns += [f'--drop "{name}"' for name in source.drop]
    if columns:
        raise RequestError(
            f"{root} is a folder and has no columns, but {listed(columns)} was asked for",
            hint="in a folder, label and group come from names: --label 'name:^([^_]+)_'",
        )
    label, group = patterns["--label"], patterns["--group"]
    found: Found = recordings_by_class(root) if label is None else recordings_in(root)
    names = [recording.shown for recording in found.recordings]
    labels = found.classes if label is None else from_names(label, names, option="--label")
    paths = [recording.path for recording in found.recordings]
    return Gathered(
        where=f"{root.resolve().name}/",
        frame=pd.DataFrame({FOLDER_COLUMN: pd.Series(paths, dtype=object)}),
        recordings={FOLDER_COLUMN: found.recordings},
        labels=labels,
        groups=None if group is None else from_names(group, names, option="--group"),
        group_name=None if group is None else called(group, _GROUP),
        notes=(*found.notes, *outside_note(found.recordings, root)),
        n_folders=len(set(found.classes)),
    )


def _gather_table(source: DataSource, path: Path) -> Gathered:
    named = {"--label": source.label or _DEFAULT_LABEL}
    if source.group is not None:
        named["--group"] = source.group
    patterns = {option: name_pattern(value, option=option) for option, value in named.items()}
    columns = {option: value for option, value in named.items() if patterns[option] is None}
    table = read_table(path, as_text=tuple(columns.values()))
    _require_asked_columns(table.frame, columns, source, path.name)
    frame = table.frame.drop(columns=[*columns.values(), *source.drop])
    recordings = {n: listed_recordings(frame[n], path.parent) for n in sound_columns(frame)}
    texts = {
        option: _texts_from_names(pattern, option, recordings, path.name)
        if (pattern := patterns[option])
        else _texts_from_column(table.frame[value], option, path.name)
        for option, value in named.items()
    }
    group_pattern = patterns.get("--group")
    return Gathered(
        where=path.name,
        frame=with_paths(frame, recordings),
        recordings=recordings,
        labels=texts["--label"],
        label_name=columns.get("--label"),
        groups=texts.get("--group"),
        group_name=called(group_pattern, _GROUP) if group_pattern else source.group,
        notes=(*table.notes, *(note for r in recordings.values() for note in outside_note(r, path.parent))),
    )


def _texts_from_column(values: pd.Series, option: str, where: str) -> tuple[str, ...]:
    return require_texts(label_texts(values), what=option.removeprefix("--"), column=str(values.name), where=where)


def _texts_from_names(
    pattern: re.Pattern[str], option: str, recordings: Mapping[str, tuple[Recording, ...]], where: str
) -> tuple[str, ...]:
    if not recordings:
        raise DataError(
            f'{where} lists no sound files, so {option} "name:{pattern.pattern}" has no file names to look at',
            hint=f"{option} COLUMN",
        )
    first = next(iter(recordings.values()))
    return from_names(pattern, [recording.shown for recording in first], option=option)


def _require_asked_columns(frame: pd.DataFrame, columns: Mapping[str, str], source: DataSource, where: str) -> None:
    """Nothing, if label, group and dropped columns are there, and are different ones."""
    asked = [*columns.items(), *(("--drop", name) for name in source.drop)]
    names = list(frame.columns)
    if missing := [(option, name) for option, name in asked if name not in names]:
        hints = [f'{option} "{near}"' for option, name in missing if (near := nearest(name, names))]
        raise DataError(
            f"{where} has no column {quoted(name for _, name in missing)}. "
            f"It has: {listed(names, limit=12)} ({counted(len(names), 'column')}).",
            hint=f"did you mean {' '.join(hints)}?" if hints else f"{missing[0][0]} takes one of these columns",
        )
    label, group = columns.get("--label"), columns.get("--group")
    if label is not None and label == group:
        raise DataError(f'{where}: the group column "{group}" is the label', hint="give another --group, or none")
    if both := [name for name in source.drop if name in columns.values()]:
        raise RequestError(
            f"{quoted(both)} is asked for as label or group, and to be dropped", hint="leave this --drop out"
        )
