"""A clip at another sample rate."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def resample(y: NDArray[np.float32], sr: int, target_sr: int) -> NDArray[np.float32]:
    """The clip at ``target_sr`` Hz, as librosa resamples (soxr, high quality)."""
    import librosa

    if sr == target_sr or not len(y):
        return y
    resampled: NDArray[np.float32] = librosa.resample(y, orig_sr=sr, target_sr=target_sr)
    return resampled
