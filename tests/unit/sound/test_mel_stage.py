from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.base import clone

from automl.pipeline.registry import InputKind, StageContext, stage
from automl.preprocess.mel import STAGE, MelSpectrogram

Clip = Callable[..., Path]


@pytest.fixture
def X(clip: Clip) -> pd.DataFrame:
    return pd.DataFrame({"path": [str(clip(f"{i}.wav", shape=2000 + 500 * i)) for i in range(4)]})


def test_the_registry_finds_the_stage() -> None:
    assert stage("mel") is STAGE
    assert STAGE.output is InputKind.IMAGE


def test_the_rate_is_capped_by_the_lowest_of_the_data() -> None:
    rows = np.zeros(4, dtype=np.int64)
    context = StageContext(seed=0, n_features=1, y=rows, groups=rows, lowest_sr=8000)
    assert STAGE.options["spectrogram"].build({"sr": 22050}, context).sr == 8000


def test_every_band_is_standardised_on_the_rows_it_was_fitted_on_and_no_others(X: pd.DataFrame) -> None:
    mel = MelSpectrogram(sr=8000, n_mels=16, n_frames=30)
    bands = mel.fit_transform(X[:2]).reshape(2, 16, 30)
    np.testing.assert_allclose(bands.mean(axis=(0, 2)), 0, atol=1e-6)
    np.testing.assert_allclose(bands.std(axis=(0, 2)), 1, atol=1e-6)
    both = mel.transform(X)
    np.testing.assert_array_equal(both[:2], bands.reshape(2, -1))
    assert mel.output_shape_ == (16, 30)
    assert both.dtype == np.float64


def test_a_band_that_never_changes_stays_finite(clip: Clip) -> None:
    silence = pd.DataFrame({"path": [str(clip())]})
    mel = MelSpectrogram(sr=8000, n_frames=1).fit(silence)
    assert np.isfinite(mel.transform(silence)).all()


def test_every_number_has_a_name_of_its_own(X: pd.DataFrame) -> None:
    mel = MelSpectrogram(sr=8000, n_mels=3, n_frames=2).fit(X)
    names = mel.get_feature_names_out()
    assert names[0] == "path_mel_1_1"
    assert len(set(names)) == mel.transform(X).shape[1] == 6


def test_two_columns_of_recordings_do_not_make_one_spectrogram(X: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="one column of recordings"):
        MelSpectrogram().fit(X.assign(second=X["path"]))


def test_clones_pickles_and_skops_files_give_the_same_bits(X: pd.DataFrame, tmp_path: Path) -> None:
    mel = MelSpectrogram(sr=8000, n_mels=16, scale="pcen", shorter="tile")
    expected = mel.fit_transform(X).tobytes()
    skops.io.dump(mel, tmp_path / "f.skops")
    copies = [
        clone(mel).fit(X),
        pickle.loads(pickle.dumps(mel)),
        skops.io.load(tmp_path / "f.skops", trusted=list(STAGE.trusts)),
    ]
    assert all(copy.transform(X).tobytes() == expected for copy in copies)
