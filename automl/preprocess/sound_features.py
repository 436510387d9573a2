"""The stage that turns recordings into numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from automl.core.dataset import ColumnKind
from automl.pipeline.registry import Params, StageContext, StageKind, StageOption
from automl.preprocess._rate import at_common_rate
from automl.sound.cache import cached_features, default_cache_dir
from automl.sound.features import SoundSettings, Statistics, feature_names

if TYPE_CHECKING:
    import pandas as pd


class SoundFeatures(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Columns of paths to spectral statistics, side by side in the order of the columns.

    Nothing is learned from the rows. The parameters are those of `automl.sound.features.SoundSettings`.
    """

    def __init__(
        self,
        *,
        sr: int = 16_000,
        frame_ms: float = 25,
        n_mels: int = 64,
        n_mfcc: int = 20,
        deltas: bool = True,
        statistics: Statistics = "mean_std",
    ) -> None:
        self.sr = sr
        self.frame_ms = frame_ms
        self.n_mels = n_mels
        self.n_mfcc = n_mfcc
        self.deltas = deltas
        self.statistics = statistics

    def fit(self, X: pd.DataFrame, y: object = None) -> SoundFeatures:
        """Remember the names of the columns; no file is opened."""
        self.feature_names_in_ = np.array([str(name) for name in X.columns], dtype=object)
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X: pd.DataFrame) -> NDArray[np.float64]:
        """(n_samples, n_columns * n_features) of the recordings that the cells name.

        Raises
        ------
        SoundError
            If a file cannot be decoded.
        """
        check_is_fitted(self)
        settings, folder = self._settings(), default_cache_dir()
        columns = [cached_features([str(path) for path in X[name]], settings, folder) for name in X.columns]
        return np.concatenate(columns, axis=1, dtype=np.float64)

    def get_feature_names_out(self, input_features: object = None) -> NDArray[np.object_]:
        """``column_series_statistic`` of every number."""
        check_is_fitted(self)
        names = feature_names(self._settings())
        return np.array([f"{c}_{name}" for c in self.feature_names_in_ for name in names], dtype=object)

    def _settings(self) -> SoundSettings:
        return SoundSettings(**self.get_params())


def _build(params: Params, context: StageContext) -> SoundFeatures:
    return SoundFeatures(**at_common_rate(params, context, SoundSettings.sr))


STAGE = StageKind(
    name="sound_features",
    title="spectral statistics of recordings",
    role="featurize",
    column_kind=ColumnKind.SOUND,
    options={"mfcc": StageOption(_build, params=("sr", "frame_ms", "n_mels", "n_mfcc", "deltas", "statistics"))},
    trusts=("automl.preprocess.sound_features.SoundFeatures",),
)
