"""One worker as the pool holds it: what it does, since when, and what it holds."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Hashable
from contextlib import suppress
from pathlib import Path

from automl.core.trial import Suggestion, TrialResult, TrialState
from automl.execution import messages
from automl.execution.frames import Inbox, frame
from automl.execution.ports import WorkerProcess

_LAST_WORDS = 2000
_MAX_LOG_BYTES = 50 * 2**20


class WorkerHandle:
    """A worker that starts, waits, or owns one trial.

    Parameters
    ----------
    kind : workers of one kind can stand in for each other
    log : what it prints; what the file holds already is of other workers or sessions

    Attributes
    ----------
    trial : what it was assigned; ``None`` while it is idle
    has_trial : whether that has reached it; until then its end is not the trial's fault
    peak_mb : most resident memory seen during the trial
    """

    def __init__(self, process: WorkerProcess, *, kind: Hashable, log: Path) -> None:
        self.process = process
        self.kind = kind
        self.log = log
        self.trial: Suggestion | None = None
        self.has_trial = False
        self.peak_mb = 0.0
        self._is_ready = False
        self._inbox = Inbox(process.channel)
        self._begun = time.monotonic()
        self._n_old_bytes = _size(log)

    @property
    def elapsed_s(self) -> float:
        """Since it took its trial; before that, since it was started or sent the trial."""
        return time.monotonic() - self._begun

    def assign(self, trial: Suggestion) -> None:
        """Give it a trial, which it gets when it is ready."""
        self.trial = trial
        if self._is_ready:
            self._send()

    def hear(self) -> TrialResult | None:
        """What it has finished, ``None`` when that is nothing yet; never waits.

        Raises
        ------
        EOFError
            If its end of the channel is closed.
        ValueError
            If it says what no worker says.
        """
        while (message := self._inbox.receive()) is not None:  # to the last: nobody is told again of what was read
            if message == messages.READY:
                self._is_ready = True
                self._send()
            elif message == messages.TAKEN:
                self.has_trial = True
                self._begun = time.monotonic()
            else:
                return self._finish(messages.unpack_result(message))
        return None

    def measure(self) -> float:
        """Resident memory in MB of it and all it started; its log is kept from filling the disk."""
        if _size(self.log) > _MAX_LOG_BYTES:
            os.truncate(self.log, 0)
            self._n_old_bytes = 0
        resident_mb = self.process.tree.resident_mb() if self.process.tree else 0.0
        self.peak_mb = max(self.peak_mb, resident_mb)
        return resident_mb

    def lost(self, state: TrialState, error: str) -> TrialResult:
        """The result of its trial, which it will not give."""
        assert self.trial is not None, "it owns a trial"
        return TrialResult(
            number=self.trial.number,
            state=state,
            seconds=self.elapsed_s,
            peak_memory_mb=self.peak_mb or None,
            error=error,
            traceback=self.last_words() or None,
        )

    def cause(self) -> str:
        """Name of the signal that ended it, or its exit code."""
        code = self.process.exit_code
        if code is None:
            return "it closed its connection"
        if code == -signal.SIGKILL:
            return "SIGKILL, as the system does when memory runs out"
        return signal.Signals(-code).name if code < 0 else f"exit code {code}"

    def last_words(self) -> str:
        """The end of what it printed since the trial was given to it."""
        if not self.log.exists():
            return ""
        with self.log.open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            file.seek(max(self._n_old_bytes, end - 4 * _LAST_WORDS))
            return file.read().decode(errors="replace")[-_LAST_WORDS:]

    def _finish(self, result: TrialResult) -> TrialResult:
        if self.trial is None or result.number != self.trial.number:
            raise ValueError(f"a result of trial {result.number}, which it was not given")
        self.trial = None
        self.has_trial = False
        return result

    def _send(self) -> None:
        assert self.trial is not None, "a worker is sent the trial it waits with"
        self._begun = time.monotonic()
        self._n_old_bytes = _size(self.log)
        self.peak_mb = 0.0
        with suppress(OSError):  # it died idle, and the trial goes to another
            self.process.channel.sendall(frame(messages.pack_suggestion(self.trial)))


def _size(log: Path) -> int:
    try:
        return log.stat().st_size
    except FileNotFoundError:
        return 0
