"""A clip to a row of numbers: how spectrum and loudness are distributed over its frames.

One short-time Fourier transform feeds everything. The level is kept as recorded: loudness can be the class
(speech or silence). Clips of any length, silence included, give finite numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from automl.sound.resample import resample

Statistics: TypeAlias = Literal["mean_std", "quantiles", "all"]

_QUANTILES = {"q05": 0.05, "q25": 0.25, "median": 0.5, "q75": 0.75, "q95": 0.95}
_STATISTICS: dict[Statistics, tuple[str, ...]] = {
    "mean_std": ("mean", "std"),
    "quantiles": tuple(_QUANTILES),
    "all": ("mean", "std", *_QUANTILES),
}
_SPECTRAL = ("centroid", "bandwidth", "rolloff", "flatness", "zero_crossing_rate", "rms")
_HOP_SHARE = 0.4  # of the frame: 10 ms of 25 ms, as is usual for speech
_SMALLEST_FFT = 512  # below it the lowest of 64 mel bands hold no bin of the spectrum
_DELTA_WIDTH = 9


@dataclass(frozen=True)
class SoundSettings:
    """How a clip becomes numbers.

    Parameters
    ----------
    sr : Hz; every clip is resampled to it
    frame_ms : length of a frame; the hop is 0.4 of it
    n_mels : bands of the mel spectrogram, over 0 to ``sr / 2``
    n_mfcc : cepstral coefficients kept, at most ``n_mels``
    deltas : add the first and second differences of the coefficients
    statistics : of every series over the frames: mean and standard deviation, five quantiles, or all seven
    """

    sr: int = 16_000
    frame_ms: float = 25.0
    n_mels: int = 64
    n_mfcc: int = 20
    deltas: bool = True
    statistics: Statistics = "mean_std"

    def __post_init__(self) -> None:
        if self.sr < 1000 or self.n_mels < 1 or self.n_mfcc < 1 or not 2 <= self.frame_ms <= 1000:
            raise ValueError(f"sr >= 1000, n_mels >= 1, n_mfcc >= 1 and 2 <= frame_ms <= 1000 must hold in {self}")
        if self.statistics not in get_args(Statistics):
            raise ValueError(f"statistics is one of {get_args(Statistics)}, not {self.statistics!r}")

    @property
    def win_length(self) -> int:
        """Samples of a frame; even, so that every series has the same number of frames."""
        return 2 * round(self.sr * self.frame_ms / 2000)

    @property
    def hop_length(self) -> int:
        """Samples from one frame to the next."""
        return max(1, round(_HOP_SHARE * self.win_length))

    @property
    def n_fft(self) -> int:
        """Length of the Fourier transform, a power of two; the frame is padded with zeros to it."""
        return max(_SMALLEST_FFT, 1 << (self.win_length - 1).bit_length())

    @property
    def shape(self) -> tuple[int, ...]:
        """Of what `sound_features` gives."""
        return (len(feature_names(self)),)

    def of(self, y: NDArray[np.float32], sr: int) -> NDArray[np.float32]:
        """`sound_features` of a clip."""
        return sound_features(y, sr, self)


def sound_features(y: NDArray[np.float32], sr: int, settings: SoundSettings) -> NDArray[np.float32]:
    """Statistics of every series over the frames of a clip, in the order of `feature_names`.

    Parameters
    ----------
    y : (n_frames,), mono, finite; 1.0 is full scale
    sr : its sample rate in Hz
    """
    series = _series(_at_rate(y, sr, settings), settings).astype(np.float64)
    values = {"mean": series.mean(axis=1), "std": series.std(axis=1)}
    names = _STATISTICS[settings.statistics]
    if settings.statistics != "mean_std":
        values |= dict(zip(_QUANTILES, np.quantile(series, list(_QUANTILES.values()), axis=1), strict=True))
    return np.stack([values[n] for n in names], axis=1).ravel().astype(np.float32)


@cache
def feature_names(settings: SoundSettings) -> tuple[str, ...]:
    """``series_statistic`` of every number that `sound_features` gives."""
    return tuple(f"{s}_{t}" for s in _series_names(settings) for t in _STATISTICS[settings.statistics])


def widest(settings: SoundSettings) -> SoundSettings:
    """The settings of the same spectrogram whose features include those of ``settings``.

    A search varies coefficients, differences and statistics over few spectrograms, so this is what is worth keeping.
    """
    return replace(settings, n_mfcc=settings.n_mels, deltas=True, statistics="all")


@lru_cache(maxsize=1024)
def positions_in_widest(settings: SoundSettings) -> NDArray[np.intp]:
    """Where the features of ``settings`` stand among those of ``widest(settings)``."""
    position = {name: i for i, name in enumerate(feature_names(widest(settings)))}
    return np.array([position[name] for name in feature_names(settings)], dtype=np.intp)


def _series_names(settings: SoundSettings) -> tuple[str, ...]:
    kinds = ("mfcc", "mfcc_delta", "mfcc_delta2") if settings.deltas else ("mfcc",)
    n_mfcc = min(settings.n_mfcc, settings.n_mels)
    cepstral = [f"{kind}_{i + 1}" for kind in kinds for i in range(n_mfcc)]
    return (*cepstral, *(f"log_mel_{i + 1}" for i in range(settings.n_mels)), *_SPECTRAL)


def _at_rate(y: NDArray[np.float32], sr: int, settings: SoundSettings) -> NDArray[np.float32]:
    """The clip at the rate of the settings, zeros at its end where it is shorter than one Fourier transform."""
    y = resample(y, sr, settings.sr)
    return np.pad(y, (0, max(0, settings.n_fft - len(y))))


def _series(y: NDArray[np.float32], settings: SoundSettings) -> NDArray[np.float32]:
    """(n_series, n_frames), in the order of `_series_names`."""
    import librosa

    frames = {"hop_length": settings.hop_length, "win_length": settings.win_length}
    magnitude = np.abs(librosa.stft(y, n_fft=settings.n_fft, **frames))
    mel = librosa.feature.melspectrogram(S=magnitude**2, sr=settings.sr, n_fft=settings.n_fft, n_mels=settings.n_mels)
    log_mel = librosa.power_to_db(mel)
    mfcc = librosa.feature.mfcc(S=log_mel, n_mfcc=min(settings.n_mfcc, settings.n_mels))
    deltas = [_delta(mfcc, order) for order in (1, 2)] if settings.deltas else []
    return np.concatenate([mfcc, *deltas, log_mel, _spectral(y, magnitude, settings)])


def _delta(mfcc: NDArray[np.float32], order: int) -> NDArray[np.float32]:
    """Differences over the frames, the window odd and no wider than the clip.

    A clip has three frames or more: it is as long as a Fourier transform, and that is 2.5 hops or more.
    """
    import librosa

    n_frames = mfcc.shape[1]
    width = min(_DELTA_WIDTH, n_frames - 1 + n_frames % 2)
    delta: NDArray[np.float32] = librosa.feature.delta(mfcc, width=width, order=order)
    return delta


def _spectral(y: NDArray[np.float32], magnitude: NDArray[np.float32], settings: SoundSettings) -> NDArray[np.float32]:
    """(6, n_frames), in the order of ``_SPECTRAL``."""
    import librosa

    spectrum = {"S": magnitude, "sr": settings.sr, "n_fft": settings.n_fft}
    frames = {"frame_length": settings.win_length, "hop_length": settings.hop_length}
    return np.concatenate(
        [
            librosa.feature.spectral_centroid(**spectrum),
            librosa.feature.spectral_bandwidth(**spectrum),
            librosa.feature.spectral_rolloff(**spectrum),
            librosa.feature.spectral_flatness(S=magnitude),
            librosa.feature.zero_crossing_rate(y, **frames),
            librosa.feature.rms(y=y, **frames),
        ]
    )
