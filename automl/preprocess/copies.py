"""Append changed copies of the training rows.

The changes are those that a network can draw anew in every epoch; copies are drawn once, and any family that takes
images can learn from them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.errors import SpaceError
from automl.pipeline.params import with_defaults
from automl.pipeline.registry import InputKind, InputSpec, Params, Rows, StageContext, StageKind, StageOption

_AUGMENTED: Params = {
    "n_copies": 1,
    "gain": 0.3,
    "noise": 0.1,
    "time_shift": 0.1,
    "freq_mask": 0.1,
    "time_mask": 0.1,
}
_SHARES = ("time_shift", "freq_mask", "time_mask")


def _none(params: Params, context: StageContext) -> None:
    with_defaults(params, {})


def _augmented(params: Params, context: StageContext) -> Callable[[Rows], Rows] | None:
    """``n_copies`` of every row; its images (standardised spectrograms, bands by frames) are changed, nothing else.

    Each is rolled by up to ``time_shift`` of its frames; a number up to ``gain`` is added or subtracted, and white
    noise of the standard deviation ``noise``; then a mask sets up to ``freq_mask`` of the bands to 0, another one up to
    ``time_mask`` of the frames.
    """
    chosen = with_defaults(params, _AUGMENTED)
    _check(chosen)
    images = [spec for spec in context.inputs if spec.kind is InputKind.IMAGE]
    return partial(_with_copies, chosen=chosen, images=images, seed=context.seed) if images else None


def _check(chosen: Mapping[str, Any]) -> None:
    for name, value in chosen.items():
        if not 0 <= value <= (1 if name in _SHARES else np.inf):
            hint = "a share lies between 0 and 1" if name in _SHARES else "it cannot be negative"
            raise SpaceError(f'{name}={value} of the stage "copies"', hint=hint)


def _with_copies(rows: Rows, *, chosen: Mapping[str, Any], images: Sequence[InputSpec], seed: int) -> Rows:
    """The rows, and after them all first copies, all second copies, and so on."""
    rng = np.random.default_rng(seed)
    copies = [_changed(rows.X, chosen, images, rng) for _ in range(chosen["n_copies"])]
    n_all = 1 + len(copies)
    weight = None if rows.sample_weight is None else np.tile(rows.sample_weight, n_all)
    parents = np.arange(len(rows.y)) if rows.parents is None else rows.parents
    return Rows(
        X=np.concatenate([rows.X, *copies]),
        y=np.tile(rows.y, n_all),
        groups=np.tile(rows.groups, n_all),
        sample_weight=weight,
        parents=np.tile(parents, n_all),
    )


def _changed(
    X: NDArray[np.float64], chosen: Mapping[str, Any], images: Sequence[InputSpec], rng: np.random.Generator
) -> NDArray[np.float64]:
    made = X.copy()
    for spec in images:
        image = X[:, spec.columns].reshape(-1, *spec.shape)
        image = _rolled(image, chosen["time_shift"], rng)
        image = image + rng.uniform(-chosen["gain"], chosen["gain"], size=(len(X), 1, 1))
        image += chosen["noise"] * rng.standard_normal(image.shape)
        for axis, share in ((1, chosen["freq_mask"]), (2, chosen["time_mask"])):
            image[_masked(image.shape, share, axis, rng)] = 0.0
        made[:, spec.columns] = image.reshape(len(X), -1)
    return made


def _rolled(image: NDArray[np.float64], share: float, rng: np.random.Generator) -> NDArray[np.float64]:
    n_rows, _, n_frames = image.shape
    furthest = round(share * n_frames)
    by = rng.integers(-furthest, furthest + 1, size=(n_rows, 1))
    frames = (np.arange(n_frames) - by) % n_frames
    return np.take_along_axis(image, frames[:, None, :], axis=2)


def _masked(shape: tuple[int, ...], share: float, axis: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Of each row a stretch of neighbours on an axis, anywhere."""
    n_places = shape[axis]
    length = rng.integers(0, round(share * n_places) + 1, size=shape[0])
    start = rng.integers(0, n_places - length + 1)
    places = np.arange(n_places)
    hidden = (places >= start[:, None]) & (places < (start + length)[:, None])
    return np.broadcast_to(np.expand_dims(hidden, 3 - axis), shape)


STAGE = StageKind(
    name="copies",
    title="changed copies of training rows",
    role="rows",
    options={
        "none": StageOption(build=_none),
        "augmented": StageOption(build=_augmented, params=tuple(_AUGMENTED)),
    },
)
