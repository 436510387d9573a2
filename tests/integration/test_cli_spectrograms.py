"""Convolutional networks from the recordings to the label: one sound, two sounds, sounds beside numbers."""

import csv
import io
import json
import subprocess
import sys

import numpy as np
import pytest
import soundfile
from without_training import PREDICT

SPACE = """
schema = 1
name = "pictures"
summary = "A very small network on spectrograms."

[[stage]]
name = "mel"
[stage.option.spectrogram]
n_mels = { fixed = 16 }
n_frames = { fixed = 24 }

[[stage]]
name = "impute"
[stage.option.median]

[[stage]]
name = "copies"
[stage.option.none]
[stage.option.augmented]
n_copies = { fixed = 1 }

[model.cnn]
n_blocks = { fixed = 1 }
filters = { choice = [4, 8] }
epochs = { fixed = 10 }
head = { fixed = "flatten" }
learning_rate = { fixed = 0.02 }
time_mask = { fixed = 0.1 }
"""
N_PEOPLE = 24


def tone(path, hz, seed):
    time = np.arange(4000 + 10 * seed) / 8000
    noise = 0.1 * np.random.default_rng(seed).standard_normal(len(time))
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, 0.5 * np.sin(2 * np.pi * hz * time) + 0.1 * noise, 8000)
    return path


@pytest.fixture
def table(tmp_path):
    """Two recordings of every person beside an age that is missing now and then."""
    lines = ["person,cough,vowel,age,ill"]
    for k in range(N_PEOPLE):
        ill = k % 2
        tone(tmp_path / f"cough{k}.wav", 900 if ill else 300, k)
        tone(tmp_path / f"vowel{k}.wav", 500, k)
        age = "" if k % 7 == 3 else 40 + k
        lines.append(f"p{k // 2 * 2 + ill},cough{k}.wav,vowel{k}.wav,{age},{'yes' if ill else 'no'}")
    (tmp_path / "people.csv").write_text("\n".join(lines) + "\n")
    (tmp_path / "space.toml").write_text(SPACE)
    return tmp_path / "people.csv"


@pytest.fixture
def search(automl, table, tracked_runs):
    def run(*options):
        return automl(
            "search", table, "--label", "ill", "--space", table.with_name("space.toml"), "--folds", 2, "--workers", 1,
            "--runs", tracked_runs, *options,
        )  # fmt: skip

    return run


def test_two_recordings_and_numbers_are_inputs_of_one_network(search, automl, table, tracked_runs):
    code, out, err = search("--budget", 2, "--json", "--drop", "person")
    assert code == 0, err
    result = json.loads(out.splitlines()[-1])
    assert result["n_complete"] == 2
    code, out, err = automl("predict", "people-1", table, "--runs", tracked_runs)
    assert code == 0, err
    labels = [row["label"] for row in csv.DictReader(io.StringIO(out))]
    right = sum(label == ("yes" if k % 2 else "no") for k, label in enumerate(labels))
    assert right >= N_PEOPLE - 2


def test_recordings_of_a_folder_are_learned_from_alone_and_labelled_without_tensorflow(automl, tmp_path, tracked_runs):
    for k in range(N_PEOPLE):
        tone(tmp_path / "clips" / ("high", "low")[k % 2] / f"{k}.wav", 300 if k % 2 else 900, k)
    (tmp_path / "space.toml").write_text(SPACE)
    code, out, err = automl(
        "search", tmp_path / "clips", "--space", tmp_path / "space.toml", "--budget", 1, "--folds", 2, "--workers", 1,
        "--runs", tracked_runs, "--json",
    )  # fmt: skip
    assert code == 0, err
    loss = json.loads(out.splitlines()[-1])["estimates"][0]
    assert loss["value"] < 0.5
    clips = [str(tmp_path / "clips" / "high" / "0.wav"), str(tmp_path / "clips" / "low" / "1.wav")]
    bundle = str(tracked_runs / "clips-1" / "best")
    done = subprocess.run(
        [sys.executable, "-c", PREDICT, "predict", bundle, *clips],
        capture_output=True, text=True, cwd=tmp_path, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert [row["label"] for row in csv.DictReader(io.StringIO(done.stdout))] == ["high", "low"]


def test_a_table_without_recordings_has_nothing_for_such_a_space(automl, tmp_path, tracked_runs):
    (tmp_path / "numbers.csv").write_text("x,y\n" + "".join(f"{k * k % 17},{k % 2}\n" for k in range(30)))
    (tmp_path / "space.toml").write_text(SPACE)
    code, _, err = automl(
        "search", tmp_path / "numbers.csv", "--label", "y", "--space", tmp_path / "space.toml", "--runs", tracked_runs
    )
    assert code == 2
    assert '"cnn" needs an input of the kind "image"' in err
