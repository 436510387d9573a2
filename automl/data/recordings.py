"""Where recordings are: in the folders of their classes, in one folder, or in a column of a table."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from automl.data.notation import texts
from automl.data.wording import counted, listed, quoted
from automl.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

SOUND_SUFFIXES = frozenset({".wav", ".flac", ".ogg", ".mp3", ".aiff", ".aif"})
OTHER_RECORDINGS = frozenset({".m4a", ".mp4", ".aac", ".webm", ".3gp", ".amr", ".wma", ".opus", ".caf", ".raw", ".pcm"})
"""Recordings too, so they are not passed over in silence; what cannot be decoded is said of each."""

_LOOKED_AT = 1000  # rows that tell whether a column lists sound files


@dataclass(frozen=True)
class Recording:
    """A file that was named as a recording, nothing opened yet.

    Parameters
    ----------
    path : absolute; ``None`` when ``problem`` says why there is none
    shown : as a person named it
    """

    path: str | None
    shown: str
    problem: str | None = None


@dataclass(frozen=True)
class Found:
    """The recordings of a folder, sorted by name.

    Parameters
    ----------
    classes : name of the sub-folder of each recording
    """

    recordings: tuple[Recording, ...]
    classes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def recordings_by_class(root: Path) -> Found:
    """The recordings of every sub-folder, whose names are the classes.

    Raises
    ------
    DataError
        If there are no sub-folders, or recordings lie beside or below them.
    """
    folders = [entry for entry in _visible(root) if entry.is_dir() and not entry.is_symlink()]
    if not folders:
        raise DataError(
            f"{root} has no sub-folder per class, so nothing says which class a recording is",
            hint="make a folder for each class, or take the label from the file names: --label 'name:^([^_]+)_'",
        )
    _require_one_level(root, folders)
    by_class = {folder.name: _sounds_in(folder) for folder in folders}
    pairs = [(file, name) for name, files in by_class.items() for file in files]
    empty = [name for name, files in by_class.items() if not files]
    notes = [f"{counted(len(empty), 'folder')} without sound files: {quoted(empty)}."] if empty else []
    notes += [note for folder in (root, *folders) for note in _aside_notes(folder, root)]
    recordings = tuple(Recording(str(file.absolute()), str(file.relative_to(root))) for file, _ in pairs)
    return Found(recordings, tuple(name for _, name in pairs), tuple(notes))


def recordings_in(root: Path) -> Found:
    """The recordings that lie in the folder itself.

    Raises
    ------
    DataError
        If there are none.
    """
    files = _sounds_in(root)
    if not files:
        raise DataError(
            f"{root} holds no sound files ({', '.join(sorted(SOUND_SUFFIXES))})",
            hint="give the folder that holds them, or a table",
        )
    return Found(tuple(Recording(str(f.absolute()), f.name) for f in files), notes=_aside_notes(root, root))


def recordings_below(root: Path) -> tuple[Path, ...]:
    """Every recording in the folder and its sub-folders, sorted; links to folders are not followed."""
    found = [Path(folder) / name for folder, _, names in os.walk(root) for name in names]
    return tuple(sorted(file for file in found if is_recording(file.name)))


def is_recording(name: str) -> bool:
    """Whether a file name ends as recordings do."""
    return not name.startswith(".") and Path(name).suffix.lower() in SOUND_SUFFIXES | OTHER_RECORDINGS


def sound_columns(frame: pd.DataFrame) -> tuple[str, ...]:
    """Columns most of whose cells end in the suffix of a sound file."""
    import pandas as pd

    candidates = [n for n in frame.columns if pd.api.types.is_string_dtype(frame[n]) or frame[n].dtype == object]
    return tuple(name for name in candidates if _lists_sounds(texts(frame[name].head(_LOOKED_AT)).dropna()))


def listed_recordings(cells: pd.Series, folder: Path) -> tuple[Recording, ...]:
    """The recordings that the cells of a column name, relative to the folder of their table.

    A table may come from anyone, so a URL is not fetched and a path may not leave the folder.
    """
    root = os.path.abspath(folder)  # noqa: PTH100 - resolve() would follow the links of the folder
    return tuple(_listed(cell, root, row) for row, cell in enumerate(texts(cells), start=1))


def with_paths(frame: pd.DataFrame, recordings: Mapping[str, Sequence[Recording]]) -> pd.DataFrame:
    """The frame with the path of each recording in its column, ``None`` where there is none."""
    import pandas as pd

    paths = {name: pd.Series([r.path for r in listed], dtype=object) for name, listed in recordings.items()}
    return frame.assign(**paths)


def outside_note(recordings: Iterable[Recording], root: Path) -> tuple[str, ...]:
    """A note on links that lead out of the folder; they are followed, but do not travel with it."""
    home = root.resolve()
    links = [r.shown for r in recordings if r.path and os.path.islink(r.path)]  # noqa: PTH114
    outside = [shown for shown in links if not (root / shown).resolve().is_relative_to(home)]
    return (f"{counted(len(outside), 'link')} to files outside the folder: {listed(outside)}.",) if outside else ()


def _lists_sounds(present: pd.Series) -> bool:
    if present.empty:
        return False
    suffixes = present.astype("str").str.casefold().str.endswith(tuple(SOUND_SUFFIXES))
    return bool(suffixes.mean() >= 0.5)


def _listed(cell: object, root: str, row: int) -> Recording:
    if not isinstance(cell, str):
        return Recording(None, f"row {row}", "no file is named")
    if "://" in cell:
        return Recording(None, cell, "a URL; only files are read, nothing is fetched")
    path = os.path.normpath(os.path.join(root, cell))  # noqa: PTH118 - Path keeps "..", which is judged here
    if not path.startswith(root.rstrip(os.sep) + os.sep):
        absolute = "absolute, and " if os.path.isabs(cell) else ""  # noqa: PTH117
        return Recording(None, cell, f"{absolute}outside the folder of the table")
    return Recording(path, cell)


def _visible(folder: Path) -> list[Path]:
    try:
        return sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    except OSError as err:
        raise DataError(f"{folder} cannot be read: {err.strerror}", hint="check who may read it") from err


def _sounds_in(folder: Path) -> list[Path]:
    return [entry for entry in _visible(folder) if is_recording(entry.name) and not entry.is_dir()]


def _require_one_level(root: Path, folders: Sequence[Path]) -> None:
    deeper = [inner for f in folders for inner in _visible(f) if inner.is_dir() and not inner.is_symlink()]
    if nested := [inner.relative_to(root) for inner in deeper if _sounds_in(inner)]:
        raise DataError(
            f"{root}: recordings lie in nested sub-folders ({listed(nested)}); one level was expected, one per class",
            hint=f"give the folder above the classes, such as {nested[0].parent}, or list the files in a table",
        )
    if beside := _sounds_in(root):
        raise DataError(
            f"{root}: {counted(len(beside), 'recording')} beside the class folders: {listed(f.name for f in beside)}",
            hint="move them into the folder of their class",
        )


def _aside_notes(folder: Path, root: Path) -> tuple[str, ...]:
    """Notes on files that are no recordings, and on links to folders, which are not followed."""
    entries = _visible(folder)
    loops = [entry.relative_to(root) for entry in entries if entry.is_symlink() and entry.is_dir()]
    notes = [f"{counted(len(loops), 'link')} to folders not followed: {listed(loops)}."] if loops else []
    others = [e.suffix.lower() or e.name for e in entries if not e.is_dir() and not is_recording(e.name)]
    if others and folder != root:
        kinds = listed(f"{n} {suffix}" for suffix, n in Counter(others).most_common())
        notes.append(f"{folder.name}/: {counted(len(others), 'file')} left aside that are no recordings: {kinds}.")
    return tuple(notes)
