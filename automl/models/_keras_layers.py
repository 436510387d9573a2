"""Layers that networks share. Only such as a ``.keras`` file in safe mode can hold (see ``_keras_file``)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from automl.errors import SpaceError
from automl.models._keras_network import LOGITS

_CLIP = 3.0
_BN_MOMENTUM = 0.9  # Keras' 0.99 needs hundreds of steps, and a small table has a few in an epoch


def with_head(layers: Callable[[Sequence[Any]], Any], shapes: Sequence[tuple[int, ...]], n_classes: int) -> Any:
    """The Keras model from inputs (a list) to probabilities.

    Parameters
    ----------
    layers : from the inputs, as Keras tensors, to a vector
    shapes : of the inputs, for one row
    """
    import keras

    inputs = [keras.Input(shape, name=f"input_{i}") for i, shape in enumerate(shapes)]
    logits = keras.layers.Dense(n_classes, name=LOGITS)(layers(inputs))
    return keras.Model(inputs, keras.layers.Activation("softmax", name="probabilities")(logits))


def smoothly_clipped(x: Any) -> Any:
    """Numbers near 0 as they are, others drawn towards the borders -3 and 3."""
    from keras import layers

    x = layers.Rescaling(1 / _CLIP)(x)
    x = layers.Activation("tanh")(x)
    return layers.Rescaling(_CLIP)(x)


def normalized(x: Any, normalization: str) -> Any:
    """After a normalisation: ``none``, ``batch`` or ``layer``.

    Raises
    ------
    SpaceError
        If there is no such normalisation.
    """
    from keras import layers

    made: dict[str, Callable[[], Any]] = {
        "none": lambda: lambda same: same,
        "batch": lambda: layers.BatchNormalization(momentum=_BN_MOMENTUM),
        "layer": lambda: layers.LayerNormalization(),
    }
    if normalization not in made:
        raise SpaceError(f'there is no normalization "{normalization}"', hint=f"there are: {', '.join(made)}")
    return made[normalization]()(x)


def initializer_for(activation: str) -> str:
    """The initial weights that keep the spread of numbers through layers of this activation."""
    return {"selu": "lecun_normal", "tanh": "glorot_uniform"}.get(activation, "he_normal")
