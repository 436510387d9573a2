"""The stage that turns recordings into spectrograms, for networks that look at pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from automl.core.dataset import ColumnKind
from automl.pipeline.registry import InputKind, Params, StageContext, StageKind, StageOption
from automl.preprocess._rate import at_common_rate
from automl.sound.cache import cached, default_cache_dir
from automl.sound.spectrogram import Longer, MelSettings, Scale, Shorter

if TYPE_CHECKING:
    import pandas as pd


class MelSpectrogram(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """One column of paths to mel spectrograms of one size, each flattened band by band.

    Every band is standardised with its mean and standard deviation over all frames of the rows it was fitted on. The
    parameters are those of `automl.sound.spectrogram.MelSettings`.

    Attributes
    ----------
    mean_, scale_ : (n_mels,) what is subtracted from each band, and what it is divided by then
    output_shape_ : (n_mels, n_frames)
    """

    def __init__(
        self,
        *,
        sr: int = 16_000,
        n_mels: int = 64,
        n_frames: int = 128,
        hop_ms: float = 20.0,
        f_min: float = 0.0,
        f_max: float = 0.0,
        scale: Scale = "log",
        shorter: Shorter = "pad",
        longer: Longer = "loudest",
    ) -> None:
        self.sr = sr
        self.n_mels = n_mels
        self.n_frames = n_frames
        self.hop_ms = hop_ms
        self.f_min = f_min
        self.f_max = f_max
        self.scale = scale
        self.shorter = shorter
        self.longer = longer

    def fit(self, X: pd.DataFrame, y: object = None) -> MelSpectrogram:
        """Learn the mean and the standard deviation of each band.

        Raises
        ------
        SoundError
            If a file cannot be decoded.
        """
        self._learn(X)
        return self

    def fit_transform(self, X: pd.DataFrame, y: object = None) -> NDArray[np.float64]:
        """``fit(X).transform(X)``, and every file is looked up once."""
        return self._standardized(self._learn(X))

    def transform(self, X: pd.DataFrame) -> NDArray[np.float64]:
        """(n_samples, n_mels * n_frames) of the recordings that the cells name.

        Raises
        ------
        SoundError
            If a file cannot be decoded.
        """
        check_is_fitted(self)
        return self._standardized(self._spectrograms(X))

    def get_feature_names_out(self, input_features: object = None) -> NDArray[np.object_]:
        """``column_mel_band_frame`` of every number, bands and frames from 1."""
        check_is_fitted(self)
        column, (n_mels, n_frames) = self.feature_names_in_[0], self.output_shape_
        names = [f"{column}_mel_{band + 1}_{frame + 1}" for band in range(n_mels) for frame in range(n_frames)]
        return np.array(names, dtype=object)

    def _learn(self, X: pd.DataFrame) -> NDArray[np.float32]:
        if X.shape[1] != 1:
            raise ValueError(f"one column of recordings makes one spectrogram a row, got {X.shape[1]}: {list(X)}")
        self.feature_names_in_ = np.array([str(name) for name in X.columns], dtype=object)
        self.n_features_in_ = 1
        self.output_shape_ = self._settings().shape
        spectrograms = self._spectrograms(X)
        self.mean_ = spectrograms.mean(axis=(0, 2), dtype=np.float64)
        scale = spectrograms.std(axis=(0, 2), dtype=np.float64)
        self.scale_ = np.where(scale > 0, scale, 1.0)
        return spectrograms

    def _spectrograms(self, X: pd.DataFrame) -> NDArray[np.float32]:
        return cached([str(path) for path in X.iloc[:, 0]], self._settings(), default_cache_dir())

    def _standardized(self, spectrograms: NDArray[np.float32]) -> NDArray[np.float64]:
        standardized = (spectrograms - self.mean_[:, None]) / self.scale_[:, None]
        flat: NDArray[np.float64] = standardized.reshape(len(spectrograms), -1)
        return flat

    def _settings(self) -> MelSettings:
        return MelSettings(**self.get_params())


def _build(params: Params, context: StageContext) -> MelSpectrogram:
    return MelSpectrogram(**at_common_rate(params, context, MelSettings.sr))


STAGE = StageKind(
    name="mel",
    title="mel spectrograms of recordings",
    role="featurize",
    column_kind=ColumnKind.SOUND,
    output=InputKind.IMAGE,
    per_column=True,
    options={
        "spectrogram": StageOption(
            _build, params=("sr", "n_mels", "n_frames", "hop_ms", "f_min", "f_max", "scale", "shorter", "longer")
        )
    },
    trusts=("automl.preprocess.mel.MelSpectrogram",),
)
