"""A clip to a mel spectrogram of a fixed size: the picture that a convolutional network looks at."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from automl.sound.resample import resample

Scale: TypeAlias = Literal["log", "pcen"]
Shorter: TypeAlias = Literal["tile", "pad"]
Longer: TypeAlias = Literal["loudest", "center", "start"]

_FRAME_HOPS = 2.5  # 25 ms every 10 ms, as is usual for speech
_SMALLEST_FFT = 512
_TOP_DB = 80.0  # below the loudest cell; else what a short clip is padded with would be far from everything recorded
_PCEN_SCALE = 2.0**31  # librosa's constants of PCEN are for samples of 32-bit integers


@dataclass(frozen=True)
class MelSettings:
    """How a clip becomes a spectrogram.

    Parameters
    ----------
    sr : Hz; every clip is resampled to it
    n_mels, n_frames : size of the spectrogram
    hop_ms : from one frame to the next; a frame is 2.5 hops long, and the spectrogram shows ``n_frames`` hops
    f_min, f_max : Hz, the range of the mel bands; an ``f_max`` of 0, or above ``sr / 2``, means ``sr / 2``
    scale : decibels of the power (``log``), or per-channel energy normalisation (``pcen``: Wang et al. 2017, Trainable
        Frontend for Robust and Far-Field Keyword Spotting, ICASSP), which follows the level of each band
    shorter : what is done to a shorter clip: repeat it, or pad it with zeros
    longer : which part of a longer clip is looked at: the one with the most energy, the middle, or the beginning
    """

    sr: int = 16_000
    n_mels: int = 64
    n_frames: int = 128
    hop_ms: float = 20.0
    f_min: float = 0.0
    f_max: float = 0.0
    scale: Scale = "log"
    shorter: Shorter = "pad"
    longer: Longer = "loudest"

    def __post_init__(self) -> None:
        if self.sr < 1000 or self.n_mels < 1 or self.n_frames < 1 or not 1 <= self.hop_ms <= 1000:
            raise ValueError(f"sr >= 1000, n_mels >= 1, n_frames >= 1 and 1 <= hop_ms <= 1000 must hold in {self}")
        if not 0 <= self.f_min < self.top_hz:
            raise ValueError(f"f_min must be at least 0 and below {self.top_hz:g} Hz in {self}")
        for name, known in (("scale", Scale), ("shorter", Shorter), ("longer", Longer)):
            if getattr(self, name) not in get_args(known):
                raise ValueError(f"{name} is one of {get_args(known)}, not {getattr(self, name)!r}")

    @property
    def shape(self) -> tuple[int, int]:
        """Of the spectrogram."""
        return (self.n_mels, self.n_frames)

    @property
    def top_hz(self) -> float:
        """Upper end of the mel bands."""
        return min(self.f_max, self.sr / 2) or self.sr / 2

    @property
    def hop_length(self) -> int:
        """Samples from one frame to the next."""
        return max(1, round(self.sr * self.hop_ms / 1000))

    @property
    def win_length(self) -> int:
        """Samples of a frame."""
        return max(2, round(_FRAME_HOPS * self.hop_length))

    @property
    def n_samples(self) -> int:
        """Length of the stretch that is looked at."""
        return self.n_frames * self.hop_length

    def of(self, y: NDArray[np.float32], sr: int) -> NDArray[np.float32]:
        """`mel_spectrogram` of a clip."""
        return mel_spectrogram(y, sr, self)


def mel_spectrogram(y: NDArray[np.float32], sr: int, settings: MelSettings) -> NDArray[np.float32]:
    """(n_mels, n_frames), low bands first; finite for every clip, silence included.

    Parameters
    ----------
    y : (n_frames,), mono, finite; 1.0 is full scale
    sr : its sample rate in Hz
    """
    import librosa

    n_fft = _n_fft(settings)
    stretch = fixed_length(resample(y, sr, settings.sr), settings)
    stretch = np.pad(stretch, (0, max(0, n_fft - len(stretch))))
    spectrum = librosa.stft(stretch, n_fft=n_fft, hop_length=settings.hop_length, win_length=settings.win_length)
    power = np.abs(spectrum[:, : settings.n_frames]) ** 2
    mel = _mel_filters(settings) @ power
    if settings.scale == "pcen":
        scaled = librosa.pcen(mel * _PCEN_SCALE, sr=settings.sr, hop_length=settings.hop_length)
    else:
        scaled = librosa.power_to_db(mel, top_db=_TOP_DB)
    return np.asarray(scaled, dtype=np.float32)


def fixed_length(y: NDArray[np.float32], settings: MelSettings) -> NDArray[np.float32]:
    """(n_samples,) of a clip at the rate of the settings: cut, padded or repeated."""
    n = settings.n_samples
    if len(y) >= n:
        start = _start(y, n, settings.longer)
        return y[start : start + n]
    if settings.shorter == "tile" and len(y):
        return np.tile(y, -(-n // len(y)))[:n]
    return np.pad(y, (0, n - len(y)))


def _start(y: NDArray[np.float32], n: int, longer: Longer) -> int:
    if longer == "start":
        return 0
    if longer == "center":
        return (len(y) - n) // 2
    energy = np.concatenate([[0.0], np.cumsum(np.square(y, dtype=np.float64))])
    return int(np.argmax(energy[n:] - energy[:-n]))


@lru_cache(maxsize=64)
def _mel_filters(settings: MelSettings) -> NDArray[np.float32]:
    from librosa.filters import mel

    weights: NDArray[np.float32] = mel(
        sr=settings.sr,
        n_fft=_n_fft(settings),
        n_mels=settings.n_mels,
        fmin=settings.f_min,
        fmax=settings.top_hz,
    )
    return weights


def _n_fft(settings: MelSettings) -> int:
    """A power of two, so large that every mel band holds a bin of the spectrum; frames are padded with zeros to it."""
    import librosa

    edges = librosa.mel_frequencies(n_mels=settings.n_mels + 2, fmin=settings.f_min, fmax=settings.top_hz)
    narrowest = float(np.diff(edges).min())
    n_fft = max(_SMALLEST_FFT, settings.win_length, int(np.ceil(settings.sr / narrowest)))
    return 1 << (n_fft - 1).bit_length()
