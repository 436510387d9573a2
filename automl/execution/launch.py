"""Start a worker process: light, with few threads, and without running the user's script again."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from types import ModuleType

from automl.execution.worker import work

_THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
)
_HAS_TEMPLATE = "forkserver" in multiprocessing.get_all_start_methods()


def start_template(*, n_threads: int, preload: Sequence[str]) -> None:
    """Let the template of the workers begin to import ``preload``, on platforms that have one; returns at once."""
    if _HAS_TEMPLATE:
        from multiprocessing import forkserver

        multiprocessing.get_context("forkserver").set_forkserver_preload(list(preload))
        with _hidden_main(), _environment(n_threads):
            forkserver.ensure_running()


def launch(connection: Connection, lifeline: Connection, *, log: str, n_threads: int) -> BaseProcess:
    """A started worker.

    From a fork server whose template has imported what workers need where the platform has one (a new worker costs
    0.05 s and shares memory), spawned elsewhere. The thread limits are in its environment before numpy is imported.
    """
    start: Callable[..., BaseProcess] = multiprocessing.get_context("forkserver" if _HAS_TEMPLATE else "spawn").Process  # type: ignore[attr-defined]
    process = start(target=work, args=(connection, lifeline, log), daemon=True)
    with _hidden_main(), _environment(n_threads):
        process.start()
    return process


@contextmanager
def _hidden_main() -> Iterator[None]:
    """Hide ``__main__``, which a worker would import: a script without a ``__main__`` guard would begin again."""
    main = sys.modules["__main__"]
    blank = ModuleType("__main__")
    blank.__spec__ = None
    sys.modules["__main__"] = blank
    try:
        yield
    finally:
        sys.modules["__main__"] = main


@contextmanager
def _environment(n_threads: int) -> Iterator[None]:
    wanted = {name: str(n_threads) for name in _THREAD_VARIABLES} | {"MPLBACKEND": "Agg"}
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
