from __future__ import annotations

from dataclasses import replace

import librosa
import numpy as np
import pytest

from automl.sound.features import SoundSettings, feature_names, positions_in_widest, sound_features, widest

SMALL = SoundSettings(sr=8000, n_mels=40, n_mfcc=13)


def noise(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-0.5, 0.5, n).astype(np.float32)


def named(y: np.ndarray, sr: int, settings: SoundSettings) -> dict[str, float]:
    return dict(zip(feature_names(settings), sound_features(y, sr, settings).tolist(), strict=True))


@pytest.mark.parametrize("settings", [SMALL, replace(SMALL, deltas=False), replace(SMALL, statistics="quantiles")])
def test_every_number_has_a_name_of_its_own(settings: SoundSettings) -> None:
    names = feature_names(settings)
    assert len(set(names)) == len(names) == len(sound_features(noise(4000), 8000, settings))


@pytest.mark.parametrize("n", [0, 1, 100, 511, 513, 700, 1148])
@pytest.mark.parametrize("frame_ms", [25, 93])
def test_clips_of_any_length_give_finite_numbers(n: int, frame_ms: float) -> None:
    features = sound_features(noise(n), 8000, replace(SMALL, frame_ms=frame_ms))
    assert np.isfinite(features).all()


@pytest.mark.parametrize("level", [0, 1e-20, 1, 1e6])
def test_silence_and_noise_of_any_level_give_finite_numbers(level: float) -> None:
    y = (level * np.ones(4000)).astype(np.float32)
    assert np.isfinite(sound_features(y, 8000, replace(SMALL, statistics="all"))).all()


@pytest.mark.parametrize("sr", [1000, 4000, 8000, 16000, 22050])
@pytest.mark.parametrize("n_mels", [40, 64])
def test_no_mel_band_is_empty_at_any_rate(sr: int, n_mels: int) -> None:
    """librosa warns of an empty band, and a warning fails the test."""
    settings = SoundSettings(sr=sr, n_mels=n_mels)
    assert np.isfinite(sound_features(noise(sr), sr, settings)).all()


@pytest.mark.parametrize("sr", [8000, 11025, 44100])
def test_clips_are_brought_to_the_rate_of_the_settings(sr: int) -> None:
    tone = np.sin(2 * np.pi * 1000 * np.arange(sr) / sr).astype(np.float32)
    found = named(tone, sr, replace(SMALL, sr=16000, statistics="quantiles"))
    assert found["centroid_median"] == pytest.approx(1000, rel=0.02)
    assert found["zero_crossing_rate_median"] == pytest.approx(2000 / 16000, rel=0.02)
    assert found["rms_median"] == pytest.approx(2**-0.5, rel=0.02)


def test_numbers_agree_with_librosa_call_by_call() -> None:
    y, win, hop = noise(4000), 200, 80
    stft = {"n_fft": 512, "win_length": win, "hop_length": hop}
    mel = librosa.power_to_db(librosa.feature.melspectrogram(y=y, sr=8000, n_mels=40, **stft))
    mfcc = librosa.feature.mfcc(S=mel, n_mfcc=13)
    found = named(y, 8000, SMALL)
    for i, series in enumerate(mfcc, start=1):
        assert found[f"mfcc_{i}_mean"] == pytest.approx(series.mean(), rel=1e-4, abs=1e-3)
    delta = librosa.feature.delta(mfcc, width=9, order=2)[4]
    rolloff = librosa.feature.spectral_rolloff(y=y, sr=8000, **stft)
    assert found["log_mel_7_std"] == pytest.approx(mel[6].std(), rel=1e-4)
    assert found["mfcc_delta2_5_std"] == pytest.approx(delta.std(), rel=1e-4)
    assert found["rolloff_mean"] == pytest.approx(rolloff.mean(), rel=1e-4)


def test_no_more_coefficients_than_bands() -> None:
    settings = replace(SMALL, n_mels=10, n_mfcc=40, deltas=False)
    assert sum(name.startswith("mfcc_") for name in feature_names(settings)) == 2 * 10


@pytest.mark.parametrize("statistics", ["mean_std", "quantiles", "all"])
@pytest.mark.parametrize("deltas", [True, False])
def test_the_widest_features_hold_those_of_narrower_settings(statistics: str, deltas: bool) -> None:
    settings = replace(SMALL, deltas=deltas, statistics=statistics)  # type: ignore[arg-type]
    y = noise(4000)
    wide = sound_features(y, 8000, widest(settings))
    np.testing.assert_allclose(
        wide[positions_in_widest(settings)], sound_features(y, 8000, settings), rtol=1e-4, atol=1e-4
    )


@pytest.mark.parametrize(
    "wrong", [{"sr": 10}, {"n_mels": 0}, {"n_mfcc": 0}, {"frame_ms": 0.1}, {"statistics": "median"}]
)
def test_settings_that_cannot_be_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(wrong))}"):
        SoundSettings(**wrong)  # type: ignore[arg-type]
