"""One writer per study: a lock of the kernel, so a dead process holds nothing."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from automl.core.disk import why_not_written
from automl.errors import StudyError

_N_BYTES = 20  # a process id and its line's end; whatever else a file of this name holds is not read


@dataclass(frozen=True)
class LockState:
    """What a study's lock tells to somebody who only looks.

    Parameters
    ----------
    is_held : a living process writes to the study
    pid : of the process that holds it, or did until it was killed; ``None`` after one that left as it should, and
        where the file names none
    """

    is_held: bool = False
    pid: int | None = None


class StudyLock:
    """Held while a search writes to its folder; the file names the process that holds it.

    The name is taken out again on leaving, by an exception too: where it stands and nobody holds the lock, a process
    was killed.

    Raises
    ------
    StudyError
        On entering, if another living process holds it, or the file cannot be written or locked.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "lock"
        self._fd = -1

    def __enter__(self) -> Self:
        try:
            self._fd = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as err:
            raise self._cannot("written", err) from err
        try:
            self._take()
            self._sign()
        except BaseException:
            os.close(self._fd)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, err: BaseException | None, tb: TracebackType | None) -> None:
        with suppress(OSError):  # of a folder that cannot be written any more, which is what ``err`` says
            os.ftruncate(self._fd, 0)
        os.close(self._fd)

    def _take(self) -> None:
        try:
            is_ours = _wait_for(self._fd)
        except OSError as err:
            raise self._cannot("locked", err) from err
        if not is_ours:
            holder = _read_pid(self._fd) or "unknown"
            raise StudyError(
                f"study {self.path.parent.name} is in use by process {holder} on this computer",
                hint="wait for it, or stop it with Ctrl-C",
            )

    def _sign(self) -> None:
        try:
            os.ftruncate(self._fd, 0)
            os.write(self._fd, f"{os.getpid()}\n".encode())
        except OSError as err:
            raise self._cannot("written", err) from err

    def _cannot(self, what: str, err: OSError) -> StudyError:
        why = why_not_written(self.path, err)
        return StudyError(f"{self.path} cannot be {what}: {why}", hint="make room or mend the folder")


def read_lock(folder: Path) -> LockState:
    """Who writes to a study; changes nothing, and no search waits for it longer than an instant.

    Raises
    ------
    OSError
        If there is a lock file and it cannot be read.
    """
    try:
        fd = os.open(folder / "lock", os.O_RDONLY)
    except FileNotFoundError:
        return LockState()
    try:
        # the lock is kept while the file is read: a search that began or ended in between would look like a killed one
        is_free = _try(fd, shared=True)
        return LockState(not is_free, _read_pid(fd))
    finally:
        os.close(fd)


def _wait_for(fd: int) -> bool:
    """Whether the lock was to be had, once those who only look have gone."""
    deadline = time.monotonic() + _PATIENCE_S
    while not _try(fd, shared=False):
        if _is_held_by_a_search(fd) or time.monotonic() > deadline:
            return False
        time.sleep(os.urandom(1)[0] / 25_000)  # up to 10 ms, uneven, so that two that begin together part
    return True


def _read_pid(fd: int) -> int | None:
    os.lseek(fd, 0, os.SEEK_SET)
    text = os.read(fd, _N_BYTES).strip()
    return int(text) if text.isdigit() else None


if sys.platform == "win32":  # pragma: no cover - other platforms take the branch below
    import msvcrt

    _PATIENCE_S = 0.3  # there is no lock to share, so who looks cannot be told from who writes

    def _try(fd: int, *, shared: bool) -> bool:
        # the byte lies far behind the text, which others must be able to read
        os.lseek(fd, 1 << 20, os.SEEK_SET)
        try:
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _is_held_by_a_search(fd: int) -> bool:
        return False

else:
    import fcntl

    _PATIENCE_S = 5.0

    def _try(fd: int, *, shared: bool) -> bool:
        try:
            fcntl.flock(fd, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _is_held_by_a_search(fd: int) -> bool:
        """Whether not even a share is to be had: only a search takes the whole."""
        if not _try(fd, shared=True):
            return True
        fcntl.flock(fd, fcntl.LOCK_UN)
        return False
