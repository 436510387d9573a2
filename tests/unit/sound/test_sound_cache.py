from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from automl.errors import SoundError
from automl.sound.cache import cached_features, clear_memory, default_cache_dir
from automl.sound.decode import decode
from automl.sound.features import SoundSettings, sound_features

SETTINGS = SoundSettings(sr=8000, n_mels=20, n_mfcc=5)
Clip = Callable[..., Path]


@pytest.fixture(autouse=True)
def forgetful() -> None:
    """Nothing of other tests is in memory."""
    clear_memory()


def entries(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_cached_features_are_those_of_the_file(clip: Clip, tmp_path: Path) -> None:
    path = clip()
    expected = sound_features(*decode(path), SETTINGS)
    for folder in (None, tmp_path / "cache", tmp_path / "cache"):
        clear_memory()
        np.testing.assert_allclose(cached_features([str(path)], SETTINGS, folder), [expected], rtol=1e-4, atol=1e-4)


def test_memory_and_folder_give_the_same_bits(clip: Clip, tmp_path: Path) -> None:
    path, folder = str(clip()), tmp_path / "cache"
    computed = cached_features([path], SETTINGS, folder)
    remembered = cached_features([path], SETTINGS, folder)
    clear_memory()
    stored = cached_features([path], SETTINGS, folder)
    assert computed.tobytes() == remembered.tobytes() == stored.tobytes()


def test_a_folder_entry_is_found_by_content(clip: Clip, tmp_path: Path) -> None:
    path, folder = clip(), tmp_path / "cache"
    cached_features([str(path)], SETTINGS, folder)
    cached_features([str(path.rename(tmp_path / "moved.wav"))], SETTINGS, folder)
    assert len(entries(folder)) == 1


def test_narrower_settings_of_one_spectrogram_share_an_entry(clip: Clip, tmp_path: Path) -> None:
    path, folder = str(clip()), tmp_path / "cache"
    for settings in (SETTINGS, replace(SETTINGS, n_mfcc=3), replace(SETTINGS, statistics="quantiles", deltas=False)):
        cached_features([path], settings, folder)
    assert len(entries(folder)) == 1
    cached_features([path], replace(SETTINGS, frame_ms=46), folder)
    assert len(entries(folder)) == 2


def test_a_file_that_changed_is_read_again(clip: Clip) -> None:
    path = clip()
    before = cached_features([str(path)], SETTINGS, None)
    clip(shape=5000)
    os.utime(path, ns=(1, 1))
    assert not np.array_equal(cached_features([str(path)], SETTINGS, None), before)


@pytest.mark.parametrize("damage", [b"", b"\x93NUMPY\x01\x00", b"noise" * 50])
def test_a_damaged_entry_is_computed_again(clip: Clip, tmp_path: Path, damage: bytes) -> None:
    path, folder = str(clip()), tmp_path / "cache"
    before = cached_features([path], SETTINGS, folder)
    (entry,) = entries(folder)
    whole = entry.read_bytes()
    entry.write_bytes(damage)
    clear_memory()
    np.testing.assert_array_equal(cached_features([path], SETTINGS, folder), before)
    assert entry.read_bytes() == whole


@pytest.mark.parametrize("wrong", [np.zeros(3, dtype=np.float32), np.array([{"a": 1}]), np.float32(np.nan)])
def test_an_entry_that_holds_something_else_is_computed_again(clip: Clip, tmp_path: Path, wrong: np.ndarray) -> None:
    path, folder = str(clip()), tmp_path / "cache"
    before = cached_features([path], SETTINGS, folder)
    (entry,) = entries(folder)
    np.save(entry, wrong)
    clear_memory()
    np.testing.assert_array_equal(cached_features([path], SETTINGS, folder), before)


def test_a_folder_that_cannot_be_written_is_said_and_does_no_harm(clip: Clip, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.warns(UserWarning, match="not kept"):
        features = cached_features([str(clip())], SETTINGS, tmp_path / "cache")
    assert features.shape[0] == 1


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    for folder in (None, tmp_path / "cache"):
        with pytest.raises(SoundError, match=r"gone\.wav: there is no such file"):
            cached_features([str(tmp_path / "gone.wav")], SETTINGS, folder)


def test_no_paths_give_no_rows() -> None:
    assert cached_features([], SETTINGS, None).shape[0] == 0


def test_the_environment_names_the_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AUTOML_CACHE", raising=False)
    assert default_cache_dir() is None
    monkeypatch.setenv("AUTOML_CACHE", "runs/cache")
    assert default_cache_dir() == Path("runs/cache")
