"""A network with its weights: what is left when the training is over."""

from __future__ import annotations

import math
from collections.abc import Sequence
from threading import RLock
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from automl.models._keras_architecture import architecture_text
from automl.models._keras_file import check_classes, keras_content, read_network
from automl.models._keras_onnx import onnx_content
from automl.models._tensorflow import start_tensorflow
from automl.pipeline.network import Parts

Weights: TypeAlias = tuple[NDArray[Any], ...]
"""Of a Keras model, in its order."""

LOGITS = "logits"
"""Name of the layer before the softmax."""

_BATCH_NUMBERS = 2**23
_BATCH_ROWS = 2**14


def values(variables: Sequence[Any]) -> Weights:
    """Copies of what Keras variables hold: what TensorFlow hands out may be its own memory."""
    return tuple(np.array(v.numpy()) for v in variables)


class Predictor:
    """A Keras model behind one traced function, shared by all who were trained in it.

    Parameters
    ----------
    model : its inputs are a list, its output are probabilities

    Attributes
    ----------
    lock : to be held by whoever needs the weights to stay what they are
    """

    def __init__(self, model: Any) -> None:
        import tensorflow as tf

        self.model = model
        self.lock = RLock()
        self._held: Weights | None = None
        shapes = [tuple(i.shape[1:]) for i in model.inputs]
        # What a convolution makes of an image can be sixteen times as large as the image, and more.
        widest = max(sum(math.prod(s) for s in shapes), *(math.prod(i.output.shape[1:]) for i in model.layers))
        self._batch_rows = max(1, min(_BATCH_ROWS, _BATCH_NUMBERS // widest))
        # Batches of any length without tracing again. Keras' own ``predict`` takes 50 ms a call.
        self._run = tf.function(
            lambda parts: model(parts, training=False),
            input_signature=[[tf.TensorSpec([None, *s], tf.float32) for s in shapes]],
            autograph=False,
        )

    def hold(self, weights: Weights) -> None:
        """Give the model these weights, which nobody may write to."""
        if self._held is not weights:
            self.model.set_weights(list(weights))
            self._held = weights

    def let_go(self) -> None:
        """Forget whose weights the model has: they are about to change."""
        self._held = None

    def batches(self, parts: Parts) -> list[list[Any]]:
        """The rows as tensors, for :meth:`run`."""
        import tensorflow as tf

        n_rows = len(parts[0])
        starts = range(0, max(1, n_rows), self._batch_rows)
        return [[tf.constant(part[i : i + self._batch_rows]) for part in parts] for i in starts]

    def run(self, batches: Sequence[list[Any]]) -> NDArray[np.float64]:
        """(n_rows, n_classes) probabilities; they sum to 1 in double precision."""
        proba = np.concatenate([self._run(batch).numpy() for batch in batches]).astype(np.float64)
        total: NDArray[np.float64] = proba.sum(axis=1, keepdims=True)
        return proba / total


class TrainedNetwork:
    """A network as it came out of a training; travels as the bytes of a ``.keras`` file.

    Parameters
    ----------
    predictor : of a model it may be given to others too
    weights : its own
    """

    def __init__(self, predictor: Predictor, weights: Weights) -> None:
        self._predictor: Predictor | None = predictor
        self._weights = weights
        self._content: bytes | None = None

    def predict_proba(self, parts: Parts) -> NDArray[np.float64]:
        """(n_rows, n_classes) the softmax of the network, its rows divided by their sum in double precision."""
        predictor = self._opened()
        with predictor.lock:
            predictor.hold(self._weights)
            return predictor.run(predictor.batches(parts))

    def keras_model(self) -> Any:
        """An ordinary Keras model of its own, from inputs (a list) to probabilities, not compiled."""
        import keras

        model = keras.models.clone_model(self._opened().model)
        model.set_weights(list(self._weights))
        return model

    def keras_content(self) -> bytes:
        """The content of a ``.keras`` file that holds it."""
        if self._content is None:
            predictor = self._opened()
            with predictor.lock:
                predictor.hold(self._weights)
                self._content = keras_content(predictor.model)
        return self._content

    def onnx_content(self) -> bytes:
        """See `automl.models._keras_onnx.onnx_content`."""
        predictor = self._opened()
        with predictor.lock:
            predictor.hold(self._weights)
            return onnx_content(predictor.model)

    @property
    def n_parameters(self) -> int:
        """Number of weights, those of normalisations included."""
        self._opened()
        return sum(w.size for w in self._weights)

    @property
    def architecture(self) -> str:
        """See `automl.models._keras_architecture.architecture_text`."""
        return architecture_text(self._opened().model)

    def __getstate__(self) -> dict[str, bytes]:
        return {"keras": self.keras_content()}

    def __setstate__(self, state: dict[str, bytes]) -> None:
        self._content, self._predictor, self._weights = state["keras"], None, ()

    def _opened(self) -> Predictor:
        """The predictor. What was read from a file is opened only when it is needed."""
        if self._predictor is None:
            assert self._content is not None
            start_tensorflow()
            model = read_network(self._content)
            self._weights = values(model.weights)
            self._predictor = Predictor(model)
        return self._predictor


def network_in(content: bytes) -> TrainedNetwork:
    """The network in the content of a ``.keras`` file; the file is opened when the network is asked something.

    Raises
    ------
    BundleError
        If the file names a class that our networks do not consist of.
    """
    check_classes(content)
    network = TrainedNetwork.__new__(TrainedNetwork)
    network.__setstate__({"keras": content})
    return network
