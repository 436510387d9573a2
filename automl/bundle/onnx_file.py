"""``model.onnx``: opened with ONNX Runtime, which is all that prediction with a network needs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.bundle.files import ONNX
from automl.bundle.onnx_structure import strange_parts
from automl.errors import BundleError
from automl.pipeline.network import Parts

_BATCH_NUMBERS = 2**20  # what layers make of a batch of images can be sixteen times as large as the batch
_BATCH_ROWS = 2**14
_FATAL = 4


def open_session(content: bytes) -> Any:
    """An ONNX Runtime session that says nothing and computes in the thread that asks it.

    Raises
    ------
    BundleError
        If the content is no model.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # no pool, so none that spins between calls
    options.log_severity_level = _FATAL
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as err:  # onnxruntime's errors have no common base
        raise BundleError(f"{ONNX} cannot be read: {_one_line(err)}", hint="export the model again") from err


def run_session(session: Any, feed: dict[str, Any]) -> list[NDArray[Any]]:
    """What a session answers.

    Raises
    ------
    BundleError
        If it cannot compute that.
    """
    try:
        answer: list[NDArray[Any]] = session.run(None, feed)
    except Exception as err:  # onnxruntime's errors have no common base
        raise BundleError(f"{ONNX} cannot be computed: {_one_line(err)}", hint="export the model again") from err
    return answer


class OnnxNetwork:
    """The network in the content of an ``.onnx`` file, see `automl.pipeline.network.Network`.

    Parameters
    ----------
    shapes : of its inputs, for one row

    Raises
    ------
    BundleError
        If it cannot be read, holds what no network of ours does (the details name it; it is not opened then), or does
        not make probabilities of ``n_classes`` classes of such inputs.
    """

    def __init__(self, content: bytes, shapes: Sequence[tuple[int, ...]], n_classes: int) -> None:
        self._content, self._shapes, self._n_classes = content, tuple(shapes), n_classes
        self._open()

    def predict_proba(self, parts: Parts) -> NDArray[np.float64]:
        """(n_rows, n_classes) the softmax of the network, its rows divided by their sum in double precision."""
        names = [i.name for i in self._session.get_inputs()]
        n_rows = len(parts[0])
        size = max(1, min(_BATCH_ROWS, _BATCH_NUMBERS // sum(map(math.prod, self._shapes))))
        batches = [
            run_session(self._session, {name: part[i : i + size] for name, part in zip(names, parts, strict=True)})[0]
            for i in range(0, max(1, n_rows), size)
        ]
        proba = np.concatenate(batches).astype(np.float64)
        total: NDArray[np.float64] = proba.sum(axis=1, keepdims=True)
        return proba / total

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_session"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._open()

    def _open(self) -> None:
        _check_structure(self._content)
        self._session = open_session(self._content)
        found = [tuple(i.shape[1:]) for i in self._session.get_inputs()]
        made = [tuple(o.shape[1:]) for o in self._session.get_outputs()]
        if found != list(self._shapes) or made != [(self._n_classes,)]:
            raise BundleError(
                f"{ONNX} makes {made} of {found}, the manifest says {[(self._n_classes,)]} of {list(self._shapes)}",
                hint="export the model again",
            )


def _check_structure(content: bytes) -> None:
    try:
        strange = strange_parts(content)
    except ValueError as err:
        raise BundleError(f"{ONNX} cannot be read: {err}", hint="export the model again") from err
    if strange:
        raise BundleError(
            f"{ONNX} holds {len(strange)} things that no network of this tool does; it was not opened",
            hint="do not use this file",
            details=strange,
        )


def _one_line(err: Exception) -> str:
    return " ".join(f"{type(err).__name__}: {err}".split())[:300]
