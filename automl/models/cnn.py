"""Convolutional network, trained with Keras; what else is known of a row is joined before the head."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from automl.errors import SpaceError
from automl.models._keras_augment import Augmentation
from automl.models._keras_classifier import KerasClassifier
from automl.models._keras_family import build_network, defaults_of, forget_rows
from automl.models._keras_layers import initializer_for, normalized, smoothly_clipped
from automl.models._keras_network import network_in
from automl.pipeline.registry import InputKind, ModelFamily

_BLOCKS = ("plain", "residual", "separable")
_HEADS = {
    "average_time": ("Flatten",),
    "average": ("GlobalAveragePooling2D",),
    "average_max": ("GlobalAveragePooling2D", "GlobalMaxPooling2D"),
    "flatten": ("Flatten",),
}


@dataclass(eq=False, repr=False, kw_only=True)
class KerasCNN(KerasClassifier):
    """Convolutions on images, for each image of a row its own; a vector goes through one dense layer beside them.

    An image is a standardised spectrogram of shape (n_bands, n_frames): 0 is the mean of a band, 1 its standard
    deviation. The changes of images are drawn for each training row anew in every epoch. Parameters of the training:
    see `KerasClassifier`.

    Parameters
    ----------
    block : ``plain``: convolutions, each with normalisation and activation; ``residual``: the same, with their input
        added before the last activation (He et al. 2016); ``separable``: each but the first in two steps, along the
        image and across the filters (Chollet 2017)
    n_blocks : each followed by its pooling
    n_convs : convolutions in a block
    filters : of the first block; each block has twice as many as the one before
    max_filters : no block has more
    kernel_size : side of a filter
    activation : of Keras: ``relu``, ``selu``, ``silu``, ``mish``, ``gelu``, ``tanh``
    normalization : ``none``, ``batch`` or ``layer``
    pool : how many times shorter the maximum over neighbours makes each side; one that has come to 1 stays
    head : what is left of an image at the end: ``average_time`` for the mean over the frames, band by band, since a
        sound is the same earlier or later but not higher or lower; ``average`` over the whole image; ``average_max``
        for the maximum too; ``flatten`` for everything
    dense_width : of a dense layer before the last one; 0 for none
    dropout : share of the numbers before the dense layer that is dropped
    vector_width : of the layer on the vector, whose numbers are drawn smoothly towards -3 and 3 first
    gain : largest number added to a whole image, or subtracted
    noise : standard deviation of white noise; 0.1 is a signal-to-noise ratio of 20 dB in the image (not in the sound),
        ``-20 * log10(noise)``
    time_shift : largest share of the frames by which an image is rolled
    freq_mask, time_mask : largest share of the bands, of the frames, that a mask sets to 0 (SpecAugment, Park et al.
        2019)
    n_masks : number of masks of either kind
    """

    block: str = "plain"
    n_blocks: int = 4
    n_convs: int = 1
    filters: int = 16
    max_filters: int = 64
    kernel_size: int = 3
    activation: str = "relu"
    normalization: str = "batch"
    pool: int = 2
    head: str = "average_time"
    dense_width: int = 0
    dropout: float = 0.3
    vector_width: int = 32
    gain: float = 0.0
    noise: float = 0.0
    time_shift: float = 0.0
    freq_mask: float = 0.0
    time_mask: float = 0.0
    n_masks: int = 1

    def augmentation(self) -> Augmentation:
        """How training rows are changed, anew in every epoch."""
        return Augmentation(
            gain=self.gain,
            noise=self.noise,
            time_shift=self.time_shift,
            freq_mask=self.freq_mask,
            time_mask=self.time_mask,
            n_masks=self.n_masks,
            mixup=self.mixup,
        )

    def layers(self, inputs: Sequence[Any]) -> Any:
        """What is known of a row, joined, after the dense layer of the head.

        Raises
        ------
        SpaceError
            If no input is an image, or there is no such block, head or normalisation.
        """
        from keras import layers

        images = [x for x in inputs if len(x.shape) == 3]
        if not images:
            raise SpaceError(
                "a convolutional network needs an image in every row, and there are numbers only",
                hint="leave the family out, or add a stage that makes images (mel, of sounds) for it",
            )
        parts = [part for image in images for part in self._image_parts(image)]
        x = _joined([*parts, *(self._vector_part(x) for x in inputs if len(x.shape) == 2)])
        if self.dropout:
            x = layers.Dropout(self.dropout)(x)
        return self._dense(x, self.dense_width) if self.dense_width else x

    def _image_parts(self, image: Any) -> list[Any]:
        """An image as one vector, or several."""
        from keras import layers

        _require("block", self.block, _BLOCKS)
        _require("head", self.head, tuple(_HEADS))
        x = layers.Reshape((*image.shape[1:], 1))(image)
        for i in range(self.n_blocks):
            x = self._block(x, min(self.filters * 2**i, self.max_filters))
        if self.head == "average_time":
            x = layers.AveragePooling2D((1, x.shape[2]))(x)
        return [getattr(layers, name)()(x) for name in _HEADS[self.head]]

    def _block(self, x: Any, n_filters: int) -> Any:
        """Convolutions, the last of them pooled before anything else is done to what it gives.

        The maximum over what ReLU gives is ReLU of the maximum, and a normalisation costs as much as the convolution
        (an epoch took twice as long with one before the pooling).
        """
        from keras import layers

        given = x
        for _ in range(self.n_convs - 1):
            x = normalized(self._convolution(x, n_filters, self.kernel_size), self.normalization)
            x = layers.Activation(self.activation)(x)
        x = self._pooled(self._convolution(x, n_filters, self.kernel_size))
        x = normalized(x, self.normalization)
        if self.block == "residual":
            x = layers.Add()([x, self._as_wide(self._pooled(given), n_filters)])
        return layers.Activation(self.activation)(x)

    def _as_wide(self, x: Any, n_filters: int) -> Any:
        """``x`` if it has so many filters, else mapped to them point by point."""
        if x.shape[-1] == n_filters:
            return x
        return normalized(self._convolution(x, n_filters, 1), self.normalization)

    def _convolution(self, x: Any, n_filters: int, side: int) -> Any:
        from keras import layers

        start = initializer_for(self.activation)
        common = {"padding": "same", "use_bias": self.normalization == "none"}
        # Of a single channel two steps would make but one filter, and its multiples.
        if self.block == "separable" and x.shape[-1] > 1:
            return layers.SeparableConv2D(
                n_filters, side, depthwise_initializer=start, pointwise_initializer=start, **common
            )(x)
        return layers.Conv2D(n_filters, side, kernel_initializer=start, **common)(x)

    def _pooled(self, x: Any) -> Any:
        from keras import layers

        size = tuple(min(self.pool, side) for side in x.shape[1:3])
        return x if size == (1, 1) else layers.MaxPooling2D(size)(x)

    def _vector_part(self, x: Any) -> Any:
        return self._dense(smoothly_clipped(x), self.vector_width)

    def _dense(self, x: Any, width: int) -> Any:
        from keras import layers

        x = layers.Dense(width, kernel_initializer=initializer_for(self.activation))(x)
        return layers.Activation(self.activation)(normalized(x, self.normalization))


def _joined(parts: Sequence[Any]) -> Any:
    from keras import layers

    return parts[0] if len(parts) == 1 else layers.Concatenate()(list(parts))


def _require(what: str, name: str, known: Sequence[str]) -> None:
    if name not in known:
        raise SpaceError(f'there is no {what} "{name}" of a network', hint=f"there are: {', '.join(known)}")


FAMILY = ModelFamily(
    name="cnn",
    title="convolutional network",
    params=tuple(defaults_of(KerasCNN)),
    build=partial(build_network, KerasCNN),
    takes=frozenset({InputKind.IMAGE, InputKind.VECTOR}),
    requires=frozenset({InputKind.IMAGE}),
    min_rows=200,
    min_rows_per_class=20,
    needs=("tensorflow", "keras"),
    extra="cpu",
    settle=forget_rows,
    read_network=network_in,
    trusts=("automl.models._keras_network.TrainedNetwork", "automl.models.cnn.KerasCNN"),
)
