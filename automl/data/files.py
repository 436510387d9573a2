"""Paths that were given, before anything is opened."""

from __future__ import annotations

import stat
from pathlib import Path

from automl.data.wording import nearest, shortened
from automl.errors import DataError


def require_path(path: Path) -> Path:
    """The path, if there is something.

    Raises
    ------
    DataError
        If there is not; the hint names a near match in its folder.
    """
    try:
        path.stat()
    except FileNotFoundError as err:
        raise DataError(f"{path} does not exist", hint=_where_to_look(path)) from err
    except (OSError, ValueError) as err:
        why = err.strerror if isinstance(err, OSError) else str(err)
        raise DataError(f"{shortened(path)} cannot be read: {why}", hint="check the path") from err
    return path


def require_regular_file(path: Path) -> Path:
    """The path, if it is a file that can be read to its end: no folder, pipe or device.

    Raises
    ------
    DataError
        If it is not, or if it is empty.
    """
    status = require_path(path).stat()
    if stat.S_ISDIR(status.st_mode):
        raise DataError(f"{path} is a folder; a file was expected", hint="name a CSV, TSV or Parquet file in it")
    if not stat.S_ISREG(status.st_mode):
        raise DataError(f"{path} is not a regular file (a pipe or a device)", hint="save its content to a file first")
    if status.st_size == 0:
        raise DataError(f"{path} is empty (0 bytes)", hint="export or copy it again")
    return path


def _where_to_look(path: Path) -> str:
    if not path.parent.is_dir():
        return f"{path.parent} does not exist either"
    near = nearest(path.name, [p.name for p in path.parent.iterdir()])
    return f"did you mean {path.parent / near}?" if near else f"it was looked for in {path.parent.absolute()}"
