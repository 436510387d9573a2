"""One writer per study: a lock of the kernel, so a dead process holds nothing."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from automl.errors import StudyError


class StudyLock:
    """Held while a search writes to its folder; the file names the process that holds it.

    Raises
    ------
    StudyError
        On entering, if another living process holds it, or the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "lock"
        self._fd = -1

    def __enter__(self) -> Self:
        try:
            self._fd = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as err:
            raise StudyError(f"{self.path} cannot be written: {err.strerror}", hint="mend the folder") from err
        try:
            _lock(self._fd)
        except OSError as err:
            holder = os.read(self._fd, 20).decode(errors="replace").strip()
            os.close(self._fd)
            raise StudyError(
                f"study {self.path.parent.name} is in use by process {holder or 'unknown'} on this computer",
                hint="wait for it, or stop it with Ctrl-C",
            ) from err
        os.ftruncate(self._fd, 0)
        os.write(self._fd, f"{os.getpid()}\n".encode())
        return self

    def __exit__(self, kind: type[BaseException] | None, err: BaseException | None, tb: TracebackType | None) -> None:
        os.close(self._fd)


if sys.platform == "win32":  # pragma: no cover - other platforms take the branch below
    import msvcrt

    def _lock(fd: int) -> None:
        # the byte lies far behind the text, which others must be able to read
        os.lseek(fd, 1 << 20, os.SEEK_SET)
        msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        os.lseek(fd, 0, os.SEEK_SET)

else:
    import fcntl

    def _lock(fd: int) -> None:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
