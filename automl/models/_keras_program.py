"""A network that is trained by one traced function call per epoch, and anew without being built again.

``Model.fit`` spends most of its time on a small table between the steps (new iterators every epoch). Here the rows are
tensors and an epoch is a loop inside the graph; and where the network of a fold is made like the last one, it gets
fresh weights instead of being built and traced again.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.models._keras_augment import Augmentation, Costs, Draws, changed_images, mixed
from automl.models._keras_network import LOGITS, Predictor, Weights, values
from automl.models._keras_optimizers import Optimizer
from automl.pipeline.network import Parts


@dataclass(frozen=True)
class Objective:
    """What is minimised, and by what.

    Parameters
    ----------
    optimizer, weight_decay : see `automl.models._keras_optimizers.Optimizer`
    l2 : times the sum of the squared weights, without biases and normalisations, is added to the loss
    label_smoothing : share of a row's target that is spread over all classes
    """

    optimizer: str
    weight_decay: float
    l2: float
    label_smoothing: float


@dataclass(frozen=True)
class NetworkRows:
    """Rows to train on or to look at between epochs.

    Parameters
    ----------
    y : (n_rows,) class indices
    weight : (n_rows,), not all 0
    """

    parts: Parts
    y: NDArray[np.int64]
    weight: NDArray[np.float64]

    def take(self, rows: NDArray[np.intp]) -> NetworkRows:
        """Some of them."""
        return NetworkRows([part[rows] for part in self.parts], self.y[rows], self.weight[rows])


class Program:
    """A network that is trained again and again from fresh weights, by the same traced functions.

    What comes out depends on rows, course and seed, and not on what was trained in it before.

    Parameters
    ----------
    build : makes the Keras model: inputs are a list, the last layer but one is called ``logits``, the last a softmax.
        All that is random in it follows from Python's generator, as Keras does where no seed is given
    augmentation : changes the rows of every step, and none that is only looked at
    seed : of the first training, so that the network need not be built twice for it
    """

    def __init__(
        self, build: Callable[[], Any], objective: Objective, augmentation: Augmentation, *, seed: int
    ) -> None:
        self._build = build
        self._objective = objective
        self._augmentation = augmentation
        self._draws = Draws() if augmentation.is_on else None
        self._seed = seed
        with _seeded(seed):
            model = build()
        self._initial = values(model.variables)
        self.predictor = Predictor(model)
        self._optimizer = Optimizer(objective.optimizer, model.trainable_variables, weight_decay=objective.weight_decay)
        self._epoch = self._traced_epoch()

    def start(self, seed: int) -> None:
        """Give the network the weights it would have if it were built with this seed, and let the optimiser forget."""
        if self._seed != seed:
            with _seeded(seed):
                self._initial = values(self._build().variables)
            self._seed = seed
        self.predictor.let_go()
        for variable, value in zip(self.predictor.model.variables, self._initial, strict=True):
            variable.assign(value)
        self._optimizer.forget()
        if self._draws is not None:
            self._draws.start(seed)

    def epoch(
        self, rows: Sequence[Any], order: NDArray[np.int32], ends: NDArray[np.int32], *, learning_rate: float
    ) -> tuple[float, float]:
        """Train on all rows once; (loss, accuracy) as in :class:`History`.

        Parameters
        ----------
        rows : from :meth:`tensors`
        order : (n_rows,) permutation
        ends : (n_batches + 1,) where the batches begin and end in ``order``
        """
        self._optimizer.learning_rate.assign(learning_rate)
        loss, hits = self._epoch(*rows, order, ends)
        return float(loss) / len(order), float(hits) / len(order)

    def tensors(self, rows: NetworkRows) -> list[Any]:
        """The rows for :meth:`epoch`."""
        import tensorflow as tf

        parts = [tf.constant(part) for part in rows.parts]
        return [parts, tf.constant(rows.y.astype(np.int32)), tf.constant(rows.weight.astype(np.float32))]

    def weights(self) -> Weights:
        """A copy of the weights it has now."""
        return values(self.predictor.model.weights)

    def _traced_epoch(self) -> Any:
        import tensorflow as tf

        step = self._step()

        def epoch(parts: Any, y: Any, weight: Any, order: Any, ends: Any) -> Any:
            def batch(i: Any, loss: Any, hits: Any) -> Any:
                rows = order[ends[i] : ends[i + 1]]
                more_loss, more_hits = step(
                    [tf.gather(p, rows) for p in parts], tf.gather(y, rows), tf.gather(weight, rows)
                )
                return i + 1, loss + more_loss, hits + more_hits

            start = (tf.constant(0), tf.constant(0.0), tf.constant(0.0))
            n_batches = tf.shape(ends)[0] - 1
            return tf.while_loop(lambda i, *_: i < n_batches, batch, start, parallel_iterations=1)[1:]

        specs = [tf.TensorSpec([None, *i.shape[1:]], tf.float32) for i in self.predictor.model.inputs]
        numbers = tf.TensorSpec([None], tf.int32)
        signature = [specs, numbers, tf.TensorSpec([None], tf.float32), numbers, numbers]
        # XLA made an epoch four times as slow on a CPU, and takes seconds to compile.
        return tf.function(epoch, input_signature=signature, autograph=False, jit_compile=False)

    def _step(self) -> Callable[[Any, Any, Any], Any]:
        """One step on one batch, to be traced: (summed weighted log loss, number of hits)."""
        import keras
        import tensorflow as tf

        model, optimizer, objective = self.predictor.model, self._optimizer, self._objective
        logits_of = keras.Model(model.inputs, model.get_layer(LOGITS).output)
        n_classes = model.output.shape[-1]
        variables = model.trainable_variables
        kernels = [v for v in variables if len(v.shape) > 1]

        def step(parts: Any, y: Any, weight: Any) -> Any:
            own = tf.one_hot(y, n_classes)
            smooth = objective.label_smoothing
            parts, costs = self._augmented(parts, own * (1 - smooth) + smooth / n_classes, weight)
            with tf.GradientTape() as tape:
                logits = logits_of(parts, training=True)
                log_proba = tf.nn.log_softmax(logits)
                losses = [w * tf.reduce_sum(target * log_proba, axis=1) for target, w in costs]
                loss = -tf.reduce_mean(tf.add_n(losses))
                if objective.l2:
                    loss += objective.l2 * tf.add_n([tf.reduce_sum(tf.square(k)) for k in kernels])
            optimizer.apply(tape.gradient(loss, variables, unconnected_gradients=tf.UnconnectedGradients.ZERO))
            hits = tf.equal(tf.argmax(logits, axis=1, output_type=tf.int32), y)
            own_loss = -tf.reduce_sum(weight * tf.reduce_sum(own * log_proba, axis=1))
            return own_loss, tf.reduce_sum(tf.cast(hits, tf.float32))

        return step

    def _augmented(self, parts: Sequence[Any], target: Any, weight: Any) -> tuple[Sequence[Any], Costs]:
        """The rows of a step as they are trained on; nothing is traced where nothing is changed."""
        if self._draws is None:
            return parts, [(target, weight)]
        self._draws.next_step()
        parts = changed_images(parts, self._augmentation, self._draws)
        if not self._augmentation.mixup:
            return parts, [(target, weight)]
        return mixed(parts, target, weight, alpha=self._augmentation.mixup, draws=self._draws)


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Python's generator at ``seed``, from which Keras draws the seeds it is not given; afterwards as it was."""
    state = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(state)
