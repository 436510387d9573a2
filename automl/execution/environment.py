"""The environment of workers: few threads, no screen, a silent TensorFlow."""

from __future__ import annotations

import os

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


_DEFAULTS = {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}
"""Read when TensorFlow is imported, which a template does before any trial; what the user has set goes before it."""


def worker_environment(n_threads: int) -> dict[str, str]:
    """This process's environment with the limits that libraries read when they are imported."""
    threads = dict.fromkeys(_THREAD_VARIABLES, str(n_threads))
    return {**_DEFAULTS, **os.environ, **threads, "MPLBACKEND": "Agg"}
