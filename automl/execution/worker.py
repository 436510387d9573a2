"""The life of one worker process: get the evaluator once, then one trial after another."""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from automl.core.ports import Evaluate
from automl.execution.messages import READY, pack_result, unpack_suggestion


def work(connection: Connection, lifeline: Connection, log: str) -> None:
    """Serve until the driver closes the connection or dies.

    Parameters
    ----------
    connection : first message: the pickled maker of the evaluator, then suggestions; answers are results
    lifeline : read end of a pipe that only the driver holds open; its end is the driver's end
    log : file that takes whatever is printed to file descriptors 1 and 2
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if hasattr(os, "setsid"):
        os.setsid()
    _redirect_output(Path(log))
    threading.Thread(target=_end_with, args=(lifeline,), daemon=True).start()
    try:
        evaluate = _receive_evaluator(connection)
        connection.send_bytes(READY)
        while True:
            suggestion = unpack_suggestion(connection.recv_bytes())
            connection.send_bytes(pack_result(evaluate(suggestion)))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return


def _receive_evaluator(connection: Connection) -> Evaluate:
    from threadpoolctl import threadpool_limits

    # our own driver wrote it, through a pipe that nobody else holds
    make, n_threads = pickle.loads(connection.recv_bytes())  # noqa: S301
    threadpool_limits(n_threads)
    evaluate: Evaluate = _call(make)
    return evaluate


def _call(make: Callable[[], Any]) -> Any:
    return make()


def _redirect_output(log: Path) -> None:
    fd = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(fd, 1)
    os.dup2(fd, 2)
    os.close(fd)
    sys.stdout = os.fdopen(1, "w", buffering=1, closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, closefd=False)


def _end_with(lifeline: Connection) -> None:
    """End this process, whatever it does, when the other end of ``lifeline`` is gone."""
    try:
        lifeline.recv_bytes()
    except (EOFError, OSError):
        os._exit(1)
