from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from automl.core.dataset import Dataset
from automl.data.frames import dataset_from_frame
from automl.data.load import load_dataset
from automl.data.source import DataSource

N = 200
Y = np.random.default_rng(0).choice(["elder", "hazel"], N)


def table(**columns: object) -> Dataset:
    frame = pd.DataFrame({"tidal": np.random.default_rng(1).normal(size=N)}).assign(**columns)
    return dataset_from_frame(frame, Y)


def said(dataset: Dataset, *parts: str) -> bool:
    return any(all(part in note for part in parts) for note in dataset.notes)


def test_good_data_has_no_notes() -> None:
    assert table().notes == ()


def test_a_copy_of_the_label_is_said() -> None:
    assert said(table(outcome_copy=Y), '"outcome_copy" alone predicts the label')


def test_a_code_of_the_label_with_a_few_errors_is_said() -> None:
    code = (np.where(Y == "elder", 3, 5)).astype(float)
    code[:2] = 8 - code[:2]
    assert said(table(code=code), '"code" alone predicts')


def test_a_weak_feature_is_no_leak() -> None:
    code = np.where(Y == "elder", 3, 5)
    code[:40] = 3
    assert not said(table(code=code), "predicts")


def test_a_feature_of_data_with_a_rare_class_is_no_leak_because_of_it() -> None:
    y = np.array(["elder"] * 3 + ["hazel"] * (N - 3))
    dataset = dataset_from_frame(pd.DataFrame({"bit": [0, 1] * (N // 2)}), y)
    assert not said(dataset, "predicts")
    assert said(dataset, 'Class "elder" is rare: 3 of 200')


def test_copies_of_rows_are_counted() -> None:
    dataset = table(tidal=[0.5] * 4 + list(range(N - 4)), outcome="x")
    assert said(dataset, "duplicates")


def test_a_column_of_persons_is_said_unless_it_is_the_group() -> None:
    speaker = [f"s{i % 20}" for i in range(N)]
    assert said(table(Speaker_no=speaker), "looks like a group", '--group "Speaker_no"')
    assert not said(dataset_from_frame(pd.DataFrame({"speaker": speaker}), Y, groups=speaker), "looks like")


def test_classes_that_differ_in_case_are_said() -> None:
    dataset = dataset_from_frame(np.arange(8).reshape(8, 1) % 3, ["Dog", "dog", "cat", "Dog"] * 2)
    assert said(dataset, "differ only in case", '"Dog", "dog"')


def test_silent_and_copied_recordings_are_named(clip: Callable[..., Path], two_classes: Path) -> None:
    clip("clips/elder/odd.wav", level=0)
    (two_classes / "elder/dup_a.wav").write_bytes((two_classes / "hazel/hazel_0.wav").read_bytes())
    dataset = load_dataset(DataSource(str(two_classes)))
    assert said(dataset, "1 silent recording", "odd.wav")
    assert said(dataset, "duplicates", "elder/dup_a.wav = hazel/hazel_0.wav")
    assert said(dataset, "different labels", "(elder, hazel)")


def test_a_format_or_length_that_tells_the_class_is_said(clip: Callable[..., Path], tmp_path: Path) -> None:
    for i in range(24):
        name, sr = ("elder", 8000) if i % 2 else ("hazel", 16000)
        clip(f"clips/{name}/{i}.wav", seed=i, sr=sr, n=2 * sr // 10 if i % 2 else sr // 10)
    dataset = load_dataset(DataSource(str(tmp_path / "clips")))
    assert said(dataset, "sample rate", "class")
    assert said(dataset, "duration", "class")
    assert dataset.lowest_sr == 8000
