"""What the pool makes of what a worker says."""

import socket
from dataclasses import dataclass

import numpy as np
import pytest
from acting import ask

from automl.core.trial import TrialResult, TrialState
from automl.execution import messages
from automl.execution.frames import frame
from automl.execution.handle import WorkerHandle


@dataclass
class Process:
    """A worker process of which only the channel exists."""

    channel: socket.socket
    tree: None = None
    exit_code: int | None = None

    def kill(self) -> None:
        self.channel.close()


@pytest.fixture
def ends(tmp_path):
    """A handle, and the worker's end of its channel."""
    ours, theirs = socket.socketpair()
    yield WorkerHandle(Process(ours), kind=(), log=tmp_path / "0.log"), theirs
    ours.close()
    theirs.close()


def packed(number, **values):
    return frame(messages.pack_result(TrialResult(number, TrialState.COMPLETE, loss=0.5, **values)))


def test_all_that_has_come_is_heard_at_once(ends):
    handle, worker = ends
    handle.assign(ask(7))
    worker.sendall(frame(messages.READY) + frame(messages.TAKEN) + packed(7, oof=np.ones((2, 2))))
    assert handle.hear().number == 7
    assert handle.trial is None


def test_a_trial_that_was_sent_has_not_reached_the_worker_until_it_says_so(ends):
    handle, worker = ends
    handle.assign(ask(7))
    worker.sendall(frame(messages.READY))
    assert handle.hear() is None
    assert not handle.has_trial
    worker.sendall(frame(messages.TAKEN))
    assert handle.hear() is None
    assert handle.has_trial


@pytest.mark.parametrize(
    "message",
    [packed(8), frame(b"\x00" * 30), frame(b"noise"), frame(b""), frame((2).to_bytes(8) + b"{}")],
    ids=["another trial's", "zeros", "noise", "empty", "no result"],
)
def test_what_is_no_result_of_the_trial_is_refused(ends, message):
    handle, worker = ends
    handle.assign(ask(7))
    worker.sendall(frame(messages.READY) + frame(messages.TAKEN) + message)
    with pytest.raises(ValueError, match=r"."):
        handle.hear()


def test_long_texts_are_cut_and_the_end_of_a_traceback_is_kept():
    long = {"error": "e" * 10**6, "traceback": "t" * 10**6 + "end", "warnings": ("w" * 10**6,) * 1000}
    result = messages.unpack_result(messages.pack_result(TrialResult(7, TrialState.FAILED, **long)))
    assert result.traceback.startswith("... 800003 characters before this are left out\nttt")
    assert result.traceback.endswith("end")
    assert len(result.error) + len(result.traceback) + sum(map(len, result.warnings)) < 400_000
