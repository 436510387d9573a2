from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.base import clone

from automl.errors import SoundError
from automl.pipeline.registry import StageContext, stage
from automl.preprocess.sound_features import STAGE, SoundFeatures

Clip = Callable[..., Path]


def context(lowest_sr: int | None) -> StageContext:
    rows = np.zeros(4, dtype=np.int64)
    return StageContext(seed=0, n_features=1, y=rows, groups=rows, lowest_sr=lowest_sr)


def build(lowest_sr: int | None = 8000, **params: object) -> SoundFeatures:
    built: SoundFeatures = STAGE.options["mfcc"].build(params, context(lowest_sr))  # type: ignore[arg-type]
    return built


@pytest.fixture
def X(clip: Clip) -> pd.DataFrame:
    return pd.DataFrame({"path": pd.Series([str(clip(f"{i}.wav", shape=2000 + 500 * i)) for i in range(3)])})


def test_the_registry_finds_the_stage() -> None:
    assert stage("sound_features") is STAGE


def test_the_rate_is_capped_by_the_lowest_of_the_data() -> None:
    assert build(8000, sr=22050).sr == 8000
    assert build(44100, sr=22050).sr == 22050
    assert build(None).sr == 16000


def test_every_recording_is_a_row_of_named_numbers(X: pd.DataFrame) -> None:
    features = build(n_mels=20, n_mfcc=5)
    matrix = features.fit_transform(X)
    assert matrix.shape == (3, len(features.get_feature_names_out()))
    assert matrix.dtype == np.float64
    assert features.get_feature_names_out()[0] == "path_mfcc_1_mean"


def test_columns_of_recordings_stand_side_by_side(X: pd.DataFrame) -> None:
    both = X.assign(second=X["path"][::-1].to_numpy())
    features = build(n_mels=20)
    matrix = features.fit_transform(both)
    left, right = np.hsplit(matrix, 2)
    np.testing.assert_array_equal(left, right[::-1])
    assert matrix.shape[1] == len(set(features.get_feature_names_out()))


def test_no_rows_give_a_matrix_of_the_same_width(X: pd.DataFrame) -> None:
    features = build().fit(X)
    assert features.transform(X.iloc[:0]).shape == (0, len(features.get_feature_names_out()))


def test_clones_pickles_and_skops_files_give_the_same_bits(X: pd.DataFrame, tmp_path: Path) -> None:
    features = build(frame_ms=46, deltas=False, statistics="quantiles")
    expected = features.fit_transform(X).tobytes()
    skops.io.dump(features, tmp_path / "f.skops")
    copies = [
        clone(features).fit(X),
        pickle.loads(pickle.dumps(features)),
        skops.io.load(tmp_path / "f.skops", trusted=list(STAGE.trusts)),
    ]
    assert all(copy.transform(X).tobytes() == expected for copy in copies)


def test_a_recording_that_went_is_named(X: pd.DataFrame) -> None:
    Path(X["path"][1]).unlink()
    with pytest.raises(SoundError, match=r"1\.wav: there is no such file"):
        build().fit(X).transform(X)


def test_the_module_does_not_import_librosa() -> None:
    code = "import sys, automl.preprocess.sound_features; assert not {'librosa', 'soundfile'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
