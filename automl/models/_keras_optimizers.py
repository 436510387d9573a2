"""Adam, AdamW and SGD in one operation per weight.

Keras' own take a dozen each: an epoch of a small network took 1.3 times as long with them. And through
``tf.custom_gradient`` TensorFlow 2.21 kept every graph that held one for ever, 12 MB for each network of a search.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from automl.errors import SpaceError

_MOMENTUM = 0.9
_BETA_1, _BETA_2, _EPSILON = 0.9, 0.999, 1e-7  # those of Keras


class Optimizer:
    """Changes weights by their gradients.

    Parameters
    ----------
    name : ``adam``, ``adamw`` (Loshchilov & Hutter 2019), or ``sgd`` with Nesterov's momentum of 0.9
    weights : Keras variables
    weight_decay : of ``adamw``: in every step a weight loses this share of itself, times the learning rate; biases and
        normalisations do not

    Raises
    ------
    SpaceError
        If there is no such optimiser.
    """

    def __init__(self, name: str, weights: Sequence[Any], *, weight_decay: float) -> None:
        import tensorflow as tf

        if name not in _STEPS:
            raise SpaceError(f'there is no optimizer "{name}"', hint=f"there are: {', '.join(_STEPS)}")
        n_slots, self._step = _STEPS[name]
        self._decay = weight_decay if name == "adamw" else 0.0
        self._weights = [w.value for w in weights]
        self._slots = [[tf.Variable(tf.zeros_like(w)) for _ in range(n_slots)] for w in self._weights]
        self._n_steps = tf.Variable(0.0)
        self.learning_rate = tf.Variable(0.0)

    def forget(self) -> None:
        """Be as it was made."""
        import tensorflow as tf

        for variable in (self._n_steps, *(slot for slots in self._slots for slot in slots)):
            variable.assign(tf.zeros_like(variable))

    def apply(self, gradients: Sequence[Any]) -> None:
        """One step, to be traced; the gradients in the order of the weights."""
        rate, n_steps = self.learning_rate.read_value(), self._n_steps.assign_add(1.0)
        for weight, slots, gradient in zip(self._weights, self._slots, gradients, strict=True):
            if self._decay and len(weight.shape) > 1:
                weight.assign_sub(weight * (self._decay * rate))
            self._step(weight.handle, [slot.handle for slot in slots], gradient, rate, n_steps)


def _adam(weight: Any, slots: Sequence[Any], gradient: Any, rate: Any, n_steps: Any) -> None:
    import tensorflow as tf

    tf.raw_ops.ResourceApplyAdam(
        var=weight,
        m=slots[0],
        v=slots[1],
        beta1_power=tf.pow(_BETA_1, n_steps),
        beta2_power=tf.pow(_BETA_2, n_steps),
        lr=rate,
        beta1=_BETA_1,
        beta2=_BETA_2,
        epsilon=_EPSILON,
        grad=gradient,
    )


def _sgd(weight: Any, slots: Sequence[Any], gradient: Any, rate: Any, n_steps: Any) -> None:
    import tensorflow as tf

    tf.raw_ops.ResourceApplyKerasMomentum(
        var=weight, accum=slots[0], lr=rate, grad=gradient, momentum=_MOMENTUM, use_nesterov=True
    )


_STEPS: Mapping[str, tuple[int, Callable[..., None]]] = {"adamw": (2, _adam), "adam": (2, _adam), "sgd": (1, _sgd)}
