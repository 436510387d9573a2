"""The life of one worker process: get the evaluator once, then one trial after another."""

from __future__ import annotations

import io
import os
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO, TypeAlias

from automl.core.ports import Evaluate
from automl.core.trial import Suggestion, TrialResult, TrialState
from automl.execution.frames import receive, send
from automl.execution.messages import READY, TAKEN, pack_result, unpack_suggestion

Task: TypeAlias = tuple[Callable[[], Evaluate], int, float | None]
"""What a worker is given once: the maker of its evaluator, its number of threads, its limit of memory in MB."""

_MARGIN_MB = 1024.0
"""Between the limit that is watched and the one the kernel keeps, for what is reserved and never touched."""


def work(channel: socket.socket, task: Callable[[], Task], log: int) -> None:
    """Serve until the driver closes the channel.

    Parameters
    ----------
    channel : suggestions come from it, answers are results; blocking
    task : called once
    log : descriptor of the file that takes whatever is printed to file descriptors 1 and 2
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    redirect_output(log)
    _offer_to_the_kernel()
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        evaluate = _prepare(task)
        send(channel, READY)
        while True:
            suggestion = unpack_suggestion(receive(channel))
            send(channel, TAKEN)
            send(channel, _outcome(evaluate, suggestion))


def _outcome(evaluate: Evaluate, suggestion: Suggestion) -> bytes:
    """The packed result. Whatever cannot be evaluated or packed has failed, and nothing it started goes on."""
    _forget_peak()
    try:
        return pack_result(evaluate(suggestion))
    except Exception as err:  # noqa: BLE001 - the border of a trial: one failure must not end a search
        state = TrialState.OUT_OF_MEMORY if isinstance(err, MemoryError) else TrialState.FAILED
        error = f"{type(err).__name__}: {err}"
        return pack_result(TrialResult(suggestion.number, state, error=error, traceback=traceback.format_exc()))
    finally:
        _end_children()


def redirect_output(log: int) -> None:
    """Send what this process prints to a file."""
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    sys.stdout = _text(1)
    sys.stderr = _text(2)


class _Log(io.FileIO):
    """A file that may run out of room: what does not fit is lost, and no trial fails for it."""

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except OSError:
            return len(data)


def _text(fd: int) -> TextIO:
    log = io.BufferedWriter(_Log(fd, "wb", closefd=False))
    return io.TextIOWrapper(log, errors="backslashreplace", line_buffering=True)


def _prepare(task: Callable[[], Task]) -> Evaluate:
    from threadpoolctl import threadpool_limits

    make, n_threads, memory_mb = task()
    threadpool_limits(n_threads)
    evaluate = make()
    if memory_mb is not None:
        _limit_memory(memory_mb)
    return evaluate


def _limit_memory(memory_mb: float) -> None:
    """Let an allocation far beyond the limit fail at once, before the driver could see it.

    ``RLIMIT_DATA`` counts what is writable and private. ``RLIMIT_AS`` would count addresses, of which TensorFlow
    reserves 2.5 GB and CUDA 100.
    """
    if sys.platform != "linux":
        return
    import resource

    data_bytes = int(Path("/proc/self/statm").read_text().split()[5]) * resource.getpagesize()
    most = data_bytes + round((memory_mb + _MARGIN_MB) * 2**20)
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if hard == resource.RLIM_INFINITY or most < hard:
        resource.setrlimit(resource.RLIMIT_DATA, (most, hard))


def _offer_to_the_kernel() -> None:
    """When the machine runs out of memory, let it end a trial and not the search."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500")


def _forget_peak() -> None:
    """Begin to measure the peak of resident memory anew, on Linux."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _end_children() -> None:
    """Kill what a trial started and left running."""
    if not hasattr(os, "waitid"):
        return
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:  # the usual case, at the price of one system call
        return
    import psutil

    children = psutil.Process().children(recursive=True)
    for child in children:
        with suppress(psutil.Error):
            child.kill()
    psutil.wait_procs(children, timeout=1)
