"""Files that are replaced whole or not at all, and what to say of a disk that takes no more."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Where to write what takes the place of ``path`` in one step, when it is whole and on the disk.

    For one writer at a time: what a killed one left is written over. After an error nothing is left.
    """
    draft = path.with_name(f".{path.name}.part")
    try:
        yield draft
        with draft.open("rb+") as file:
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise


def why_not_written(path: Path, err: OSError) -> str:
    """Why nothing can be written at ``path``; where there is no room, how much is left, too."""
    reason = err.strerror or type(err).__name__
    if err.errno not in _NO_ROOM:
        return reason
    folder = next((p for p in path.absolute().parents if p.is_dir()), path)
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        return reason
    return f"{reason} ({free} bytes free in {folder})"
