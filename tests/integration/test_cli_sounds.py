"""Sounds from the folder to the label, real ones too."""

import csv
import io
import json

import numpy as np
import pytest
import soundfile


@pytest.fixture
def clips(tmp_path):
    """Twenty tones of two speakers, a folder per class."""
    rng = np.random.default_rng(0)
    for k in range(20):
        label = ("high", "low")[k % 2]
        t = np.arange(4000) / 8000
        wave = np.sin(2 * np.pi * (300 if label == "low" else 900) * t) + 0.1 * rng.standard_normal(len(t))
        folder = tmp_path / "clips" / label
        folder.mkdir(parents=True, exist_ok=True)
        soundfile.write(folder / f"s{k % 3}_{k:02d}.wav", 0.5 * wave, 8000)
    return tmp_path / "clips"


def test_a_bad_file_is_a_reported_row_in_its_place(automl, clips, tracked_runs, tmp_path):
    code, _, err = automl(
        "search", clips, "--budget", 1, "--models", "logistic", "--workers", 1, "--folds", 2, "--runs", tracked_runs
    )
    assert code == 0, err
    good = sorted(clips.rglob("*.wav"))[:2]
    (tmp_path / "odd.wav").write_bytes(b"no sound at all")
    code, out, err = automl("predict", "clips-1", good[0], tmp_path / "odd.wav", good[1], "--runs", tracked_runs)
    assert code == 0, err
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [row["path"] for row in rows] == [str(good[0]), str(tmp_path / "odd.wav"), str(good[1])]
    assert [row["label"] for row in rows] == ["high", "", "high"]
    assert "odd.wav has no label: " in err


def test_every_unreadable_recording_is_named_before_the_search(automl, clips, tracked_runs):
    (clips / "low" / "empty.wav").write_bytes(b"")
    (clips / "high" / "text.wav").write_text("this is text")
    code, _, err = automl("search", clips, "--dry-run")
    assert code == 2
    assert "2 recordings cannot be used" in err
    assert "low/empty.wav" in err
    assert "high/text.wav" in err


@pytest.mark.slow
def test_spoken_digits_are_searched_with_speakers_apart(automl, test_data, tracked_runs):
    code, out, err = automl(
        "search", test_data / "fsdd" / "recordings", "--label", r"name:^(\d)_", "--group",
        r"name:^\d_(?P<speaker>[^_]+)_", "--budget", 2, "--models", "logistic,lda", "--runs", tracked_runs, "--json",
    )  # fmt: skip
    assert code == 0, err
    result = json.loads(out.splitlines()[-1])
    first = result["estimates"][0]
    assert (first["unit"], first["n_units"]) == ("speaker", 6)
    assert first["value"] < 0.8 * first["no_skill"]
