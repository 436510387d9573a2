from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from automl.sound.spectrogram import MelSettings, fixed_length, mel_spectrogram

SETTINGS = MelSettings(sr=8000, n_mels=32, n_frames=40)
SR = 8000


def tone(hz: float, seconds: float, level: float = 0.5) -> np.ndarray:
    return (level * np.sin(2 * np.pi * hz * np.arange(int(SR * seconds)) / SR)).astype(np.float32)


@pytest.mark.parametrize("seconds", [0, 0.01, 0.3, 0.8, 5])
@pytest.mark.parametrize("scale", ["log", "pcen"])
def test_a_clip_of_any_length_gives_a_finite_spectrogram_of_one_size(seconds: float, scale: str) -> None:
    made = mel_spectrogram(tone(500, seconds), SR, replace(SETTINGS, scale=scale))
    assert made.shape == SETTINGS.shape
    assert made.dtype == np.float32
    assert np.isfinite(made).all()


def test_a_higher_tone_lights_a_higher_band() -> None:
    bands = [int(mel_spectrogram(tone(hz, 1), SR, SETTINGS).mean(axis=1).argmax()) for hz in (200, 600, 1500, 3500)]
    assert bands == sorted(set(bands))


def test_decibels_keep_the_level_of_the_recording() -> None:
    loud, soft = (mel_spectrogram(tone(500, 0.8, level), SR, SETTINGS) for level in (0.5, 0.05))
    np.testing.assert_allclose((loud - soft)[loud > loud.max() - 50], 20, atol=0.1)


def test_energy_normalisation_forgets_most_of_the_level() -> None:
    loud, soft = (mel_spectrogram(tone(500, 1, level), SR, replace(SETTINGS, scale="pcen")) for level in (0.5, 0.05))
    assert np.abs(loud - soft).max() < 0.2 * np.abs(loud).max()


def test_a_clip_at_another_rate_is_resampled() -> None:
    time = np.arange(16_000) / 16_000
    same = mel_spectrogram((0.5 * np.sin(2 * np.pi * 500 * time)).astype(np.float32), 16_000, SETTINGS)
    assert same.mean(axis=1).argmax() == mel_spectrogram(tone(500, 1), SR, SETTINGS).mean(axis=1).argmax()


def test_a_shorter_clip_is_padded_or_repeated() -> None:
    clip = tone(500, 0.3)
    padded = fixed_length(clip, SETTINGS)
    tiled = fixed_length(clip, replace(SETTINGS, shorter="tile"))
    assert len(padded) == len(tiled) == SETTINGS.n_samples
    np.testing.assert_array_equal(padded[len(clip) :], 0)
    np.testing.assert_array_equal(tiled[len(clip) : 2 * len(clip)], clip)


@pytest.mark.parametrize(("longer", "place"), [("start", 0.0), ("center", 1.1), ("loudest", 1.6)])
def test_of_a_longer_clip_the_stretch_asked_for_is_taken(longer: str, place: float) -> None:
    clip = np.concatenate([tone(500, 1.6, 0.01), tone(500, 0.8), tone(500, 0.6, 0.01)])
    start = int(place * SR)
    taken = fixed_length(clip, replace(SETTINGS, longer=longer))
    np.testing.assert_array_equal(taken, clip[start : start + SETTINGS.n_samples])


@pytest.mark.parametrize("settings", [SETTINGS, replace(SETTINGS, n_mels=150), MelSettings(f_min=100, f_max=900)])
def test_every_band_hears_something(settings: MelSettings) -> None:
    noise = np.random.default_rng(0).uniform(-1, 1, 3 * settings.sr).astype(np.float32)
    made = mel_spectrogram(noise, settings.sr, settings)
    assert made.min() > made.max() - 60


@pytest.mark.parametrize("wrong", [{"f_min": 9000}, {"scale": "linear"}, {"n_frames": 0}, {"longer": "end"}])
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        MelSettings(**wrong)  # type: ignore[arg-type]
