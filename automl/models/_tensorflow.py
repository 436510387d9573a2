"""TensorFlow, started without a word and held to its share of the machine."""

from __future__ import annotations

import logging
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from automl.errors import RequestError

ENVIRONMENT = {"KERAS_BACKEND": "tensorflow", "MPLBACKEND": "Agg", "TF_CPP_MIN_LOG_LEVEL": "3"}
"""Has to be set before the first import of TensorFlow; what the user has set goes before it."""

# TensorFlow 2.21 says that oneDNN is on whatever the log level, unless it is off. Without it a convolution takes 1.6
# times as long.
_CHATTER = re.compile(rb"WARNING: All log messages before absl::|[IW]\d{4} .*\.cc:\d+\]")

_log = logging.getLogger(__name__)


def start_tensorflow(n_threads: int | None = None) -> None:
    """Import TensorFlow and Keras, to use so many threads and no more memory of a GPU than they need.

    In a process where TensorFlow has computed something already, it keeps the threads it has.

    Parameters
    ----------
    n_threads : ``None`` to leave that to TensorFlow

    Raises
    ------
    RequestError
        If this process has loaded Keras on something else than TensorFlow.
    """
    _import_quietly()
    import keras

    if keras.config.backend() != "tensorflow":
        raise RequestError(
            f"Keras runs on {keras.config.backend()} here, and networks need it on TensorFlow",
            hint="set KERAS_BACKEND=tensorflow",
        )
    if n_threads is not None:
        _set_threads(n_threads)
    _let_gpu_memory_grow()


def device_name() -> str:
    """What TensorFlow computes on: ``CPU``, or the name of the first graphics card it sees."""
    import tensorflow as tf

    cards = tf.config.list_physical_devices("GPU")
    if not cards:
        return "CPU"
    return str(tf.config.experimental.get_device_details(cards[0]).get("device_name", "GPU"))


def _import_quietly() -> None:
    if "tensorflow" in sys.modules:
        return
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    with _without_chatter():
        import tensorflow as tf
    # It warns of every few networks that are traced, as if one were traced again and again.
    tf.get_logger().setLevel(logging.ERROR)


@contextmanager
def _without_chatter() -> Iterator[None]:
    """What is written to file descriptor 2 meanwhile comes afterwards, without TensorFlow's start-up lines."""
    try:
        stderr = os.dup(2)
    except OSError:  # there is none, so nothing can be seen on it
        yield
        return
    with tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
            file.seek(0)
            for line in file:
                if not _CHATTER.match(line):
                    os.write(2, line)


def _set_threads(n_threads: int) -> None:
    import tensorflow as tf

    try:
        tf.config.threading.set_intra_op_parallelism_threads(n_threads)
        tf.config.threading.set_inter_op_parallelism_threads(n_threads)
    except RuntimeError:
        _log.debug("TensorFlow has begun to compute and keeps its number of threads")


def _let_gpu_memory_grow() -> None:
    """Else the first process takes the whole memory of every GPU."""
    import tensorflow as tf

    try:
        for gpu in tf.config.list_physical_devices("GPU"):
            tf.config.experimental.set_memory_growth(gpu, True)
    except (RuntimeError, ValueError) as err:
        _log.debug("the memory of the GPU stays as it was set: %s", err)
