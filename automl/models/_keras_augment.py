"""Changes of training rows that are drawn anew in every step, inside the traced function.

The draws are stateless: which numbers come out follows from the seed and from how many steps were taken since
:meth:`Draws.start`, and not from what else was drawn in the process.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeAlias

from automl.errors import SpaceError

Costs: TypeAlias = list[tuple[Any, Any]]
"""Targets (n_rows, n_classes) with their weights (n_rows,): a row costs the weighted sum of its log losses."""

_SHARES = ("time_shift", "freq_mask", "time_mask")
_MOST_MASKS = 8


@dataclass(frozen=True)
class Augmentation:
    """What is changed in training rows; with the defaults nothing is.

    Parameters
    ----------
    gain, noise, time_shift, freq_mask, time_mask, n_masks : of images, see `automl.models.cnn.KerasCNN`
    mixup : see `automl.models._keras_classifier.KerasClassifier`

    Raises
    ------
    SpaceError
        If a number is negative, or a share above 1.
    """

    gain: float = 0.0
    noise: float = 0.0
    time_shift: float = 0.0
    freq_mask: float = 0.0
    time_mask: float = 0.0
    n_masks: int = 1
    mixup: float = 0.0

    def __post_init__(self) -> None:
        for name, value in ((f.name, getattr(self, f.name)) for f in fields(self)):
            if not 0 <= value <= (1 if name in _SHARES else float("inf")):
                raise SpaceError(
                    f"{name}={value} of an augmentation",
                    hint="a share lies between 0 and 1" if name in _SHARES else "it cannot be negative",
                )
        if self.n_masks > _MOST_MASKS:
            raise SpaceError(f"n_masks={self.n_masks} of an augmentation", hint=f"at most {_MOST_MASKS}")

    @property
    def is_on(self) -> bool:
        """Whether anything is changed."""
        masks = self.n_masks and (self.freq_mask or self.time_mask)
        return bool(self.gain or self.noise or self.time_shift or masks or self.mixup)


class Draws:
    """Random numbers inside a traced function: every call gives others, and each step of a training others again."""

    _CALLS_PER_STEP = 2**16

    def __init__(self) -> None:
        import tensorflow as tf

        self._state = tf.Variable([0, 0], dtype=tf.int64)
        self._step: Any = None
        self._n_calls = 0

    def start(self, seed: int) -> None:
        """Be as at the first step of a training with this seed."""
        self._state.assign([seed, 0])

    def next_step(self) -> None:
        """Give other numbers from here on, to be traced at the beginning of a step."""
        self._step = self._state.assign_add([0, self._CALLS_PER_STEP])
        self._n_calls = 0

    def uniform(self, shape: Any) -> Any:
        """From 0 to below 1."""
        import tensorflow as tf

        return tf.random.stateless_uniform(shape, self._seed())

    def normal(self, shape: Any) -> Any:
        """With mean 0 and standard deviation 1."""
        import tensorflow as tf

        return tf.random.stateless_normal(shape, self._seed())

    def beta(self, shape: Any, alpha: float) -> Any:
        """From the Beta distribution with both parameters ``alpha``."""
        import tensorflow as tf

        one, other = (tf.random.stateless_gamma(shape, self._seed(), alpha) for _ in range(2))
        # For an alpha near 0 both may be 0.
        return tf.math.divide_no_nan(one, one + other)

    def _seed(self) -> Any:
        import tensorflow as tf

        self._n_calls += 1
        assert self._n_calls < self._CALLS_PER_STEP
        return tf.add(self._step, [0, self._n_calls])


def changed_images(parts: Sequence[Any], augmentation: Augmentation, draws: Draws) -> list[Any]:
    """The inputs of a batch with every image ``(n_rows, n_bands, n_frames)`` among them changed, each row by itself."""
    return [_changed(part, augmentation, draws) if len(part.shape) == 3 else part for part in parts]


def mixed(parts: Sequence[Any], target: Any, weight: Any, *, alpha: float, draws: Draws) -> tuple[list[Any], Costs]:
    """Every row with the smaller part of the one before it mixed in, and what it costs (mixup, Zhang et al. 2018).

    The rows of a batch come in random order, so the row before is a random one. A part costs what its row weighs.
    """
    import tensorflow as tf

    drawn = draws.beta([tf.shape(weight)[0]], alpha)
    own = tf.maximum(drawn, 1 - drawn)

    def before(rows: Any) -> Any:
        return tf.roll(rows, 1, axis=0)

    def blended(part: Any) -> Any:
        share = tf.reshape(own, [-1, *[1] * (len(part.shape) - 1)])
        return share * part + (1 - share) * before(part)

    costs = [(target, own * weight), (before(target), (1 - own) * before(weight))]
    return [blended(part) for part in parts], costs


def _changed(image: Any, augmentation: Augmentation, draws: Draws) -> Any:
    import tensorflow as tf

    if augmentation.time_shift:
        image = _rolled(image, augmentation.time_shift, draws)
    if augmentation.gain:
        image += augmentation.gain * (2 * _of_each_row(image, draws) - 1)
    if augmentation.noise:
        image += augmentation.noise * draws.normal(tf.shape(image))
    for _ in range(augmentation.n_masks):
        image = _masked(image, augmentation.freq_mask, 1, draws=draws)
        image = _masked(image, augmentation.time_mask, 2, draws=draws)
    return image


def _rolled(image: Any, share: float, draws: Draws) -> Any:
    """Rolled along the frames, by a number of them up to a share of all."""
    import tensorflow as tf

    n_frames = image.shape[2]
    furthest = round(share * n_frames)
    by = tf.floor(_of_each_row(image, draws) * (2 * furthest + 1)) - furthest
    frames = tf.range(n_frames) - tf.cast(by[:, :, 0], tf.int32)
    return tf.gather(image, tf.math.floormod(frames, n_frames), axis=2, batch_dims=1)


def _masked(image: Any, share: float, axis: int, *, draws: Draws) -> Any:
    """With a stretch of neighbours on an axis set to 0: up to a share of them, anywhere."""
    import tensorflow as tf

    n_places = image.shape[axis]
    longest = round(share * n_places)
    if not longest:
        return image
    length = tf.floor(_of_each_row(image, draws) * (longest + 1))
    start = tf.floor(_of_each_row(image, draws) * (n_places - length + 1))
    places = tf.reshape(tf.range(n_places, dtype=tf.float32), [-1, 1] if axis == 1 else [1, -1])
    return tf.where((places >= start) & (places < start + length), 0.0, image)


def _of_each_row(image: Any, draws: Draws) -> Any:
    """(n_rows, 1, 1) from 0 to below 1."""
    import tensorflow as tf

    return draws.uniform([tf.shape(image)[0], 1, 1])
