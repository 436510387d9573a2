"""The truth about a study: one JSON line per event, on the disk before anyone else hears of it.

::

    {"format": 3, "study": "coughs-1", "digest": "..."}          request, space, split and data, hashed
    {"event": "session", "n_trials": 100}                        a search or a resume begins
    {"event": "asked", "attempt": 1, "number": 1, "seed": ..., "config": {...}, "bars": [...]}
    {"event": "finished", "number": 1, "state": "complete", "loss": 0.31, ...}
    {"event": "released", "number": 2}                           cancelled by the user; will be asked again

Each line ends with ``"crc"``, the CRC-32 of the line without it: a digit that has changed is damage like any other.
Format 1, without it, is read as well, and 2, which has no bars. Out-of-fold probabilities of complete trials lie beside
the journal, in ``oof/``, written before their line.
"""

from __future__ import annotations

import errno
import io
import json
import os
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from automl.core.disk import why_not_written
from automl.core.records import Record, read_result, read_suggestion, result_record, suggestion_record
from automl.core.trial import Suggestion, Trial
from automl.errors import StudyError

FORMAT = 3
JOURNAL_NAME = "trials.jsonl"
_OOF = "oof"
_SEAL_BYTES = len(b',"crc":"00000000"}')
_RESTORE = "restore the file, or begin a new study"


@dataclass(frozen=True)
class InFlight:
    """A suggestion that was being evaluated when a session ended; ``attempts`` sessions began it."""

    suggestion: Suggestion
    attempts: int


@dataclass(frozen=True)
class JournalState:
    """Everything the journal knows.

    Parameters
    ----------
    trials : finished ones, in the order they finished, ``oof`` absent
    in_flight : begun and not finished, by number
    n_trials : budget of the study in all
    torn : text of a half-written last line that was left out, ``None`` when the journal is whole
    """

    study: str
    digest: str
    trials: tuple[Trial, ...] = ()
    in_flight: tuple[InFlight, ...] = ()
    n_trials: int = 0
    torn: str | None = None

    @property
    def next_number(self) -> int:
        """Number of the next new trial."""
        asked = [t.number for t in self.trials] + [f.suggestion.number for f in self.in_flight]
        return max(asked, default=0) + 1


def read_journal(folder: Path) -> JournalState:
    """What stands in the journal of a study folder; changes nothing, so it may be read while a search writes.

    Raises
    ------
    StudyError
        If there is none, it has a newer format, or a line other than the last is damaged.
    """
    path = folder / JOURNAL_NAME
    try:
        text = path.read_bytes()
    except OSError as err:
        raise StudyError(
            f"{folder} is not a study: {JOURNAL_NAME} cannot be read ({err.strerror})", hint=_RESTORE
        ) from err
    *lines, tail = text.split(b"\n")
    records = [_parse(line, number, path) for number, line in enumerate(lines, 1)]
    if not records:
        raise StudyError(f"{path} is not a journal: it has no whole line", hint=_RESTORE)
    header = records[0]
    if not isinstance(header.get("format"), int) or not {"study", "digest"} <= header.keys():
        raise StudyError(f"{path}, line 1: not a journal's first line", hint=_RESTORE)
    if header["format"] > FORMAT:
        raise StudyError(
            f"{path} has format {header['format']}, newer than this version reads ({FORMAT})",
            hint="upgrade automl-search",
        )
    for number, line in enumerate(lines, 1):
        if header["format"] > 1 or b'"crc":' in line:
            _require_sealed(line, number, path)
    state = _replay(records[1:], JournalState(header["study"], header["digest"]), path)
    return replace(state, torn=tail.decode(errors="replace") or None)


def _parse(line: bytes, number: int, path: Path) -> Record:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as err:
        raise StudyError(f"{path}, line {number} is damaged: {line[:60]!r}", hint=_RESTORE) from err
    if not isinstance(record, dict):
        raise StudyError(f"{path}, line {number} is damaged: expected an object, found {line[:60]!r}", hint=_RESTORE)
    return record


def _sealed(record: Mapping[str, Any]) -> bytes:
    text = json.dumps(record, allow_nan=False, separators=(",", ":")).encode()
    return text[:-1] + _seal(text) + b"\n"


def _seal(text: bytes) -> bytes:
    return b',"crc":"%08x"}' % zlib.crc32(text)


def _require_sealed(line: bytes, number: int, path: Path) -> None:
    if line[-_SEAL_BYTES:] != _seal(line[:-_SEAL_BYTES] + b"}"):
        raise StudyError(f"{path}, line {number} is damaged: its checksum does not fit: {line[:60]!r}", hint=_RESTORE)


def _replay(records: list[Record], state: JournalState, path: Path) -> JournalState:
    trials: dict[int, Trial] = {}
    in_flight: dict[int, InFlight] = {}
    n_trials = 0
    for line, record in enumerate(records, 2):
        try:
            match record["event"]:
                case "session":
                    n_trials = record["n_trials"]
                case "asked":
                    suggestion = read_suggestion(record)
                    in_flight[suggestion.number] = InFlight(suggestion, record["attempt"])
                case "released":
                    held = in_flight[record["number"]]
                    in_flight[record["number"]] = replace(held, attempts=held.attempts - 1)
                case "finished":
                    held = in_flight.pop(record["number"])
                    trials[record["number"]] = Trial(held.suggestion, read_result(record))
                case unknown:
                    raise KeyError(unknown)
        except (KeyError, TypeError, ValueError) as err:
            raise StudyError(f"{path}, line {line} is damaged: {type(err).__name__} {err}", hint=_RESTORE) from err
    return replace(
        state,
        trials=tuple(trials.values()),
        in_flight=tuple(in_flight[n] for n in sorted(in_flight)),
        n_trials=n_trials,
    )


class Journal:
    """Appends to the journal of a study folder. Every method returns when its line is on the disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / JOURNAL_NAME
        self._fd = -1

    @classmethod
    def create(cls, folder: Path, *, study: str, digest: str, n_trials: int) -> None:
        """Write the first lines of a new journal: what the study is, and its budget.

        Raises
        ------
        OSError
            If that cannot be done.
        """
        journal = cls(folder)
        journal._fd = os.open(journal.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        with journal:
            journal._write({"format": FORMAT, "study": study, "digest": digest})
            journal._write(_session_record(n_trials))
            (folder / _OOF).mkdir()

    @classmethod
    def open(cls, folder: Path) -> tuple[Self, JournalState]:
        """A journal to write to, and what stands in it; a half-written last line is cut off.

        Raises
        ------
        StudyError
            As ``read_journal``, and when the file cannot be written.
        """
        state = read_journal(folder)
        journal = cls(folder)
        try:
            _require_writable(folder)
            journal._fd = os.open(journal.path, os.O_RDWR | os.O_APPEND)
            if state.torn is not None:
                size = journal.path.stat().st_size
                os.ftruncate(journal._fd, size - len(_tail(journal.path)))
        except OSError as err:
            journal.close()
            raise journal._cannot_write(Path(err.filename or journal.path), err) from err
        return journal, state

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; twice is fine."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def session(self, n_trials: int) -> None:
        """A search or resume begins; ``n_trials`` is the study's budget in all."""
        self._append(_session_record(n_trials))

    def asked(self, suggestion: Suggestion, attempt: int) -> None:
        """A suggestion is about to be evaluated for the ``attempt``-th time."""
        self._append({"event": "asked", "attempt": attempt, **suggestion_record(suggestion)})

    def released(self, number: int) -> None:
        """A trial was cancelled by the user: this attempt does not count."""
        self._append({"event": "released", "number": number})

    def finished(self, trial: Trial) -> None:
        """A trial ended, in whatever state; its out-of-fold probabilities are kept first."""
        if trial.result.oof is not None:
            self._write_oof(trial.number, trial.result.oof)
        self._append({"event": "finished", **result_record(trial.result)})

    def _write_oof(self, number: int, oof: NDArray[np.float64]) -> None:
        path = oof_path(self.folder, number)
        content = io.BytesIO()  # numpy (2.4) does not notice when the last bytes of a file find no room
        np.save(content, oof, allow_pickle=False)
        try:
            with path.open("wb") as file:
                file.write(content.getbuffer())
                file.flush()
                os.fsync(file.fileno())
        except OSError as err:
            with suppress(OSError):  # half of it is of no use, and its room is
                path.unlink(missing_ok=True)
            raise self._cannot_write(path, err) from err

    def _append(self, record: Mapping[str, Any]) -> None:
        try:
            self._write(record)
        except OSError as err:
            raise self._cannot_write(self.path, err) from err

    def _write(self, record: Mapping[str, Any]) -> None:
        left = _sealed(record)
        size = os.fstat(self._fd).st_size
        try:
            while left:
                left = left[os.write(self._fd, left) :]
            os.fsync(self._fd)
        except BaseException:
            self._cut_back(size)
            raise

    def _cut_back(self, size: int) -> None:
        """Take half a line out again; where that fails nothing may be written behind it."""
        try:
            os.ftruncate(self._fd, size)
        except OSError:
            self.close()

    def _cannot_write(self, path: Path, err: OSError) -> StudyError:
        return StudyError(
            f"{path} cannot be written: {why_not_written(path, err)}. Everything finished so far is kept",
            hint=f"make room or mend the folder, then: automl resume {self.folder}",
        )


def oof_path(folder: Path, number: int) -> Path:
    """Where the out-of-fold probabilities of a complete trial are kept."""
    return folder / _OOF / f"{number:06d}.npy"


def read_oof(folder: Path, trials: tuple[Trial, ...]) -> Iterator[NDArray[np.float64]]:
    """(n_dev, n_classes) out-of-fold probabilities of each trial, in turn.

    Raises
    ------
    StudyError
        If one is missing or damaged.
    """
    for trial in trials:
        path = oof_path(folder, trial.number)
        try:
            yield np.load(path, allow_pickle=False)
        except (OSError, ValueError, EOFError) as err:
            raise StudyError(
                f"{path}, the predictions of trial {trial.number}, cannot be read: {err}", hint=_RESTORE
            ) from err


def _tail(path: Path) -> bytes:
    return path.read_bytes().rsplit(b"\n", 1)[-1]


def _session_record(n_trials: int) -> Record:
    return {"event": "session", "n_trials": n_trials}


def _require_writable(folder: Path) -> None:
    """Asked before the first trial, because ``oof`` is written after it and other files after the last."""
    (folder / _OOF).mkdir(exist_ok=True)  # an empty folder does not survive every copy
    for place in (folder, folder / _OOF):
        if not os.access(place, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, "Permission denied", str(place))
