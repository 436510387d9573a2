"""Multilayer perceptron, trained with Keras."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from automl.errors import SpaceError
from automl.models._keras_classifier import KerasClassifier
from automl.models._keras_family import build_network, defaults_of, forget_rows
from automl.models._keras_layers import initializer_for, normalized, smoothly_clipped
from automl.models._keras_network import network_in
from automl.pipeline.registry import ModelFamily

_NARROWEST = 8


@dataclass(eq=False, repr=False, kw_only=True)
class KerasMLP(KerasClassifier):
    """Dense layers on a vector.

    Each is followed by its normalisation, activation and dropout. Parameters of the training: see `KerasClassifier`.

    Parameters
    ----------
    n_layers : without the last one, which tells the classes apart
    width : of the first layer
    shape : ``constant``, or ``funnel`` with each layer half as wide as the one before, but not below 8
    activation : of Keras: ``relu``, ``selu``, ``silu``, ``mish``, ``gelu``, ``tanh``
    normalization : ``none``, ``batch`` or ``layer``
    dropout : share of a layer's outputs that is dropped
    input_clip : draw numbers smoothly towards -3 and 3 (as RealMLP does, Holzmüller et al. 2024); for scaled columns
    """

    n_layers: int = 3
    width: int = 256
    shape: str = "constant"
    activation: str = "relu"
    normalization: str = "batch"
    dropout: float = 0.2
    input_clip: bool = True

    def layers(self, inputs: Sequence[Any]) -> Any:
        """The last hidden layer."""
        from keras import layers

        (x,) = inputs
        if self.input_clip:
            x = smoothly_clipped(x)
        for width in self._widths():
            x = layers.Dense(width, kernel_initializer=initializer_for(self.activation))(x)
            x = layers.Activation(self.activation)(normalized(x, self.normalization))
            if self.dropout:
                x = layers.Dropout(self.dropout)(x)
        return x

    def _widths(self) -> list[int]:
        if self.shape == "constant":
            return [self.width] * self.n_layers
        if self.shape == "funnel":
            return [max(_NARROWEST, self.width // 2**i) for i in range(self.n_layers)]
        raise SpaceError(f'there is no shape "{self.shape}" of a network', hint="there are: constant, funnel")


FAMILY = ModelFamily(
    name="mlp",
    title="multilayer perceptron",
    params=tuple(defaults_of(KerasMLP)),
    build=partial(build_network, KerasMLP),
    needs=("tensorflow", "keras"),
    extra="cpu",
    settle=forget_rows,
    read_network=network_in,
    trusts=("automl.models._keras_network.TrainedNetwork", "automl.models.mlp.KerasMLP"),
)
