"""The process that workers are forked from: it has imported what they need, and does nothing else.

One for each set of modules, so that a worker for a nearest-neighbour model does not hold TensorFlow, and so that two
studies in one process each get their own. (``multiprocessing`` keeps one fork server per process for ever.)
"""

from __future__ import annotations

import gc
import os
import select
import signal
import socket
import struct
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from importlib import import_module

from automl.execution.lifeline import hang_on
from automl.execution.parcel import open_parcel
from automl.execution.worker import work

REQUEST = struct.Struct("=i")
"""To the template: the id of a worker to start, with the four descriptors of ``_FDS`` beside it."""

NEWS = struct.Struct("=iiii")
"""From the template: id; process id; ``STARTED`` or ``ENDED``; exit code, minus the signal if it was killed."""

STARTED, ENDED = 0, 1
_N_FDS = 4  # channel, lifeline, parcel, log


def serve(control_fd: int, lifeline: int, preload: Sequence[str]) -> None:
    """Fork a worker for each request until the driver closes the control socket.

    Parameters
    ----------
    control_fd : a socket; ``REQUEST`` comes in, ``NEWS`` go out
    preload : modules to import first; one that fails is left to the worker, which can say so
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    hang_on(lifeline)
    for module in preload:
        with suppress(Exception):
            import_module(module)
    gc.freeze()
    control = socket.socket(fileno=control_fd)
    wake = _wake_on_child_end()
    requests = control.fileno()
    ids: dict[int, int] = {}
    while True:
        ready = select.select([requests, wake], [], [])[0]
        if wake in ready:
            os.read(wake, 4096)
            _report_ended(control, ids)
        if requests in ready:
            request, fds, _, _ = socket.recv_fds(control, REQUEST.size, _N_FDS)
            if not request:
                return
            _fork(control, fds, REQUEST.unpack(request)[0], ids)


def _wake_on_child_end() -> int:
    """A descriptor that can be read when a child has ended."""
    wake, write = os.pipe()
    os.set_blocking(write, False)
    signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    return wake


def _report_ended(control: socket.socket, ids: dict[int, int]) -> None:
    while ids:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        if (worker_id := ids.pop(pid, None)) is not None:
            control.sendall(NEWS.pack(worker_id, pid, ENDED, os.waitstatus_to_exitcode(status)))


def _fork(control: socket.socket, fds: Sequence[int], worker_id: int, ids: dict[int, int]) -> None:
    pid = os.fork()
    if pid == 0:
        _become_worker(control, fds)
    for fd in fds:
        os.close(fd)
    ids[pid] = worker_id
    control.sendall(NEWS.pack(worker_id, pid, STARTED, 0))


def _become_worker(control: socket.socket, fds: Sequence[int]) -> None:
    """Serve the driver in this fork, and never return."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        control.close()
        os.setsid()
        channel, lifeline, parcel, log = fds
        hang_on(lifeline)
        work(socket.socket(fileno=channel), partial(open_parcel, parcel), log)
        code = 0
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 1
    except BaseException:  # noqa: BLE001 - the border of a process: above this frame is the template's loop
        sys.excepthook(*sys.exc_info())
    finally:
        with suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)
