"""Rows that hold images: what reaches the network, and what the copies of its training rows are."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from automl.core.dataset import ColumnKind, Dataset
from automl.errors import SpaceError
from automl.pipeline.fit import fit_pipeline
from automl.pipeline.made_columns import SR, made_columns
from automl.pipeline.registry import InputKind

N_ROWS = 60
CONFIG = {
    "mel": "spectrogram",
    "mel.spectrogram.n_mels": 8,
    "mel.spectrogram.n_frames": 9,
    "impute": "median",
    "scale": "standard",
    "model": "cnn",
    "model.cnn.epochs": 2,
    "model.cnn.n_blocks": 2,
    "model.cnn.filters": 4,
}


@pytest.fixture(scope="module")
def sounds(tmp_path_factory) -> Dataset:
    """Two recordings and an age in every row, three rows a patient."""
    folder: Path = tmp_path_factory.mktemp("sounds")
    X = made_columns(ColumnKind.SOUND, N_ROWS, folder).reset_index(drop=True)
    y = (np.arange(N_ROWS) % 2).astype(np.int64)
    X["age"] = np.random.default_rng(0).normal(40, 9, N_ROWS) + 8 * y
    kinds = {"first": ColumnKind.SOUND, "second": ColumnKind.SOUND, "age": ColumnKind.NUMERIC}
    groups = np.repeat(np.arange(N_ROWS // 3), 3).astype(np.int64)
    return Dataset(
        name="sounds.csv",
        X=X,
        kinds=kinds,
        y=y,
        class_names=("a", "b"),
        fingerprint="0",
        groups=groups,
        group_name="patient",
        lowest_sr=SR,
    )


@pytest.fixture(autouse=True)
def no_cache(monkeypatch):
    monkeypatch.delenv("AUTOML_CACHE", raising=False)


def fitted(dataset, **config):
    return fit_pipeline({**CONFIG, **config}, dataset, np.arange(N_ROWS), 0)


def test_two_recordings_and_a_number_are_three_inputs_of_one_network(sounds):
    made = fitted(sounds)
    assert [(spec.kind, spec.shape) for spec in made.inputs] == [
        (InputKind.VECTOR, (1,)),
        (InputKind.IMAGE, (8, 9)),
        (InputKind.IMAGE, (8, 9)),
    ]
    shapes = [tuple(i.shape[1:]) for i in made.pipeline[-1].network_.keras_model().inputs]
    assert shapes == [(1,), (8, 9), (8, 9)]
    assert np.allclose(made.predict_proba(sounds.X).sum(axis=1), 1)


def test_a_network_for_images_is_refused_a_table(sounds):
    table = replace(sounds, X=sounds.X[["age"]], kinds={"age": ColumnKind.NUMERIC})
    with pytest.raises(SpaceError, match='"cnn" needs an input of the kind "image" in every row'):
        fitted(table)


def test_copies_of_training_rows_reach_the_network_and_no_other_step(sounds):
    plain, copied = fitted(sounds), fitted(sounds, **{"copies": "augmented", "copies.augmented.n_copies": 2})
    assert not np.array_equal(plain.predict_proba(sounds.X), copied.predict_proba(sounds.X))
    assert list(copied.pipeline.named_steps) == list(plain.pipeline.named_steps)


def test_no_copies_are_made_of_rows_without_images(sounds):
    table = replace(sounds, X=sounds.X[["age"]], kinds={"age": ColumnKind.NUMERIC})
    of_table = {"model": "naive_bayes", "impute": "median"}
    plain, copied = (
        fit_pipeline({**of_table, "copies": option}, table, np.arange(N_ROWS), 0) for option in ("none", "augmented")
    )
    assert np.array_equal(plain.predict_proba(table.X), copied.predict_proba(table.X))
