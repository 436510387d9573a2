"""Rows to predict: a table, a folder, or files; what cannot be read is reported and does not end the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from automl.core.dataset import ColumnKind
from automl.data.files import require_path
from automl.data.kinds import coerce_columns
from automl.data.recordings import Recording, is_recording, listed_recordings, recordings_below, with_paths
from automl.data.sound_check import check_sounds
from automl.data.tables import read_table
from automl.data.wording import listed, quoted
from automl.errors import DataError, RequestError

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class PredictionRows:
    """Rows that can be predicted.

    Parameters
    ----------
    X : typed by the kinds asked for, index 0..n_rows-1
    ids : of each row of ``X``: its number in the table (from 1, the header not counted), or its path as given
    id_name : what the ids are
    positions : of each row of ``X`` among all rows that were given; those left out fill the gaps
    bad : (id, reason) of the rows left out, in the order given
    notes : what was ignored
    """

    X: pd.DataFrame
    ids: tuple[str, ...]
    id_name: Literal["row", "path"]
    positions: tuple[int, ...] = ()
    bad: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()


def read_rows(paths: Sequence[str], kinds: Mapping[str, ColumnKind], *, drop_bad: bool = True) -> PredictionRows:
    """The rows in a table, or the recordings in files and folders.

    Parameters
    ----------
    paths : one table; or recordings and folders of them, for a model whose one column is a recording
    kinds : the columns the model was trained on
    drop_bad : leave out rows whose recordings cannot be used; otherwise they are an error

    Raises
    ------
    DataError
        If there is nothing to predict, columns are missing, or cells cannot be used.
    """
    if not all(paths) or not paths:
        raise RequestError("nothing to predict was given", hint="give a table, a folder or sound files")
    places = [require_path(Path(path)) for path in paths]
    is_sound = [place.is_dir() or is_recording(place.name) for place in places]
    if all(is_sound):
        return _from_files(places, kinds, drop_bad)
    if len(places) > 1:
        raise RequestError(
            f"one table at a time, or only recordings; given: {quoted(paths)}", hint="call predict once for each table"
        )
    return _from_table(places[0], kinds, drop_bad)


def _from_files(places: Sequence[Path], kinds: Mapping[str, ColumnKind], drop_bad: bool) -> PredictionRows:
    import pandas as pd

    if list(kinds.values()) != [ColumnKind.SOUND]:
        raise DataError(
            f"{listed(places)}: the model needs a table with the columns {quoted(kinds, limit=20)}",
            hint="give a CSV or Parquet file",
        )
    files = [file for place in places for file in (recordings_below(place) if place.is_dir() else (place,))]
    if not files:
        raise DataError(f"{listed(places)} holds no sound files", hint="give sound files, or a folder that holds some")
    recordings = [Recording(str(file.absolute()), str(file)) for file in files]
    X = pd.DataFrame({name: pd.Series([r.path for r in recordings], dtype=object) for name in kinds})
    ids = [recording.shown for recording in recordings]
    return _without_bad(X, ids, "path", dict.fromkeys(kinds, recordings), drop_bad)


def _from_table(path: Path, kinds: Mapping[str, ColumnKind], drop_bad: bool) -> PredictionRows:
    not_numbers = [name for name, kind in kinds.items() if kind is not ColumnKind.NUMERIC]
    table = read_table(path, as_text=not_numbers)
    frame = table.frame
    names = [name for name, kind in kinds.items() if kind is ColumnKind.SOUND and name in frame.columns]
    recordings = {name: listed_recordings(frame[name], path.parent) for name in names}
    X, notes = coerce_columns(with_paths(frame, recordings), kinds, where=path.name)
    ids = [str(row + 1) for row in range(len(X))]
    rows = _without_bad(X, ids, "row", recordings, drop_bad)
    return replace(rows, notes=(*table.notes, *notes))


def _without_bad(
    X: pd.DataFrame,
    ids: Sequence[str],
    id_name: Literal["row", "path"],
    recordings: Mapping[str, Sequence[Recording]],
    drop_bad: bool,
) -> PredictionRows:
    """The rows all of whose recordings can be used."""
    check = check_sounds(recording for listed in recordings.values() for recording in listed)
    if not drop_bad:
        check.require_good(where="rows to predict")
    reasons = dict(check.bad)
    problem = {
        row: f"{recording.shown}: {reasons[recording.shown]}" if id_name == "row" else reasons[recording.shown]
        for listed in recordings.values()
        for row, recording in enumerate(listed)
        if recording.shown in reasons
    }
    good = [row for row in range(len(ids)) if row not in problem]
    return PredictionRows(
        X=X.iloc[good].reset_index(drop=True),
        ids=tuple(ids[row] for row in good),
        id_name=id_name,
        positions=tuple(good),
        bad=tuple((ids[row], reason) for row, reason in sorted(problem.items())),
    )
