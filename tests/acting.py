"""Trials that do what their config says, for tests of the worker pool."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time

import numpy as np

from automl.core.trial import Suggestion, TrialResult, TrialState


class UnpicklableError(Exception):
    """Holds what cannot be pickled."""

    def __init__(self) -> None:
        super().__init__("cannot be pickled")
        self.held = lambda: None


def act(suggestion: Suggestion) -> TrialResult:
    """Do what the config says, then give a result whose loss is the process id."""
    action = str(suggestion.config["do"])
    warnings = ACTIONS[action](suggestion) if action in ACTIONS else ()
    n_rows = 6_500_000 if action == "large result" else 3
    oof = np.full((n_rows, 2), suggestion.number / 7)
    return TrialResult(
        suggestion.number, TrialState.COMPLETE, loss=float(os.getpid()), oof=oof, warnings=warnings or ()
    )


def ask(number: int, do: str = "work", **config: object) -> Suggestion:
    """A suggestion for ``act``."""
    return Suggestion(number, {"model": "knn", "do": do, **config}, seed=0)


def make():
    """What a worker calls."""
    return act


def _hang_in_c(suggestion):
    while True:
        ctypes.PyDLL(None).usleep(10_000_000)  # PyDLL keeps the interpreter lock


def _leave_a_child(suggestion):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"])
    return (str(child.pid),)


def _leave_a_child_in_a_session(suggestion):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"], start_new_session=True)
    return (str(child.pid),)


def _allocate(suggestion):
    gigabytes = int(suggestion.config["gb"])
    return (str(np.ones(gigabytes * 2**27).sum()),)


_KEPT = []


def _keep(suggestion):
    _KEPT.append(np.ones(int(suggestion.config["mb"]) * 2**17))


def _allocate_slowly(suggestion):
    held = []
    while True:
        held.append(np.ones(2**21))  # 16 MB at a time
        time.sleep(0.03)


def _print(suggestion):
    print("printed by a library", flush=True)
    os.write(2, b"written to a descriptor\n")


def _print_much(suggestion):
    for _ in range(100):
        os.write(1, b"x" * 2**20)


def _raise(error):
    def action(suggestion):
        raise error()

    return action


def _threads(suggestion):
    from threadpoolctl import threadpool_info

    n = max([pool["num_threads"] for pool in threadpool_info()], default=0)
    return (str(n), os.environ["OMP_NUM_THREADS"], os.environ["OPENBLAS_NUM_THREADS"])


ACTIONS = {
    "exit": lambda s: os._exit(3),
    "sys.exit": lambda s: sys.exit(4),
    "print then exit": lambda s: (print("about to exit", flush=True), os._exit(3)),
    "kill": lambda s: os.kill(os.getpid(), signal.SIGKILL),
    "segfault": lambda s: ctypes.string_at(0),
    "abort": lambda s: os.abort(),
    "hang": lambda s: time.sleep(1000),
    "hang in C": _hang_in_c,
    "stop": lambda s: os.kill(os.getpid(), signal.SIGSTOP),
    "sleep": lambda s: time.sleep(float(s.config["s"])),
    "child": _leave_a_child,
    "child then hang": lambda s: (_leave_a_child_in_a_session(s), _leave_a_child(s), time.sleep(1000)),
    "child and hang": lambda s: (_leave_a_child(s), time.sleep(1000)),
    "keep": _keep,
    "allocate": _allocate,
    "allocate slowly": _allocate_slowly,
    "long error": _raise(lambda: ValueError("x" * 100_000_000)),
    "unpicklable": _raise(UnpicklableError),
    "print": _print,
    "print much": _print_much,
    "threads": _threads,
    "modules": lambda s: tuple(name for name in str(s.config["names"]).split() if name in sys.modules),
    "environment": lambda s: tuple(f"{k}={v}" for k, v in os.environ.items()),
}
