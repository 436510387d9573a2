from __future__ import annotations

import json
import os
import pickle
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from bundle_examples import LOGISTIC, Example
from faults import full_disk

from automl.bundle.copy import copy_bundle
from automl.bundle.load import load_bundle
from automl.bundle.write import write_bundle
from automl.core.trial import Config
from automl.errors import BundleError, DataError

FILES = {"model.skops", "scaler.pkl", "manifest.json", "requirements.txt", "predict.py", "README.md"}


@pytest.fixture
def open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def before_scaling(example: Example, columns: Sequence[str]) -> pd.DataFrame:
    """The matrix a scaler gets."""
    return pd.DataFrame(example.fitted.pipeline[:2].transform(example.dataset.X), columns=list(columns))


def test_a_bundle_has_six_files(bundle: Path) -> None:
    assert {path.name for path in bundle.iterdir()} == FILES


@pytest.mark.skipif(os.name != "posix", reason="this system has no such permissions")
def test_a_bundle_is_for_its_owner_only(example: Example, tmp_path: Path, open_umask: None) -> None:
    write_bundle(tmp_path / "best", example.fitted, example.facts)
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "best").iterdir()}
    assert (tmp_path / "best").stat().st_mode & 0o777 == 0o700
    assert modes == dict.fromkeys(FILES, 0o600)


def test_the_date_is_the_one_given(example: Example, tmp_path: Path) -> None:
    write_bundle(tmp_path / "best", example.fitted, example.facts, created=datetime(2026, 11, 3, 12, tzinfo=UTC))
    assert load_bundle(tmp_path / "best").manifest.created == "2026-11-03T12:00:00+00:00"


def test_nothing_is_overwritten(example: Example, tmp_path: Path) -> None:
    taken = [tmp_path / "folder", tmp_path / "file", tmp_path / "link"]
    taken[0].mkdir()
    taken[1].touch()
    taken[2].symlink_to(tmp_path / "nowhere")
    for out in taken:
        with pytest.raises(BundleError, match="exists already, and nothing is overwritten"):
            write_bundle(out, example.fitted, example.facts)
    assert not any(taken[0].iterdir())


def test_an_error_after_the_files_are_written_leaves_nothing(example: Example, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="columns the model needs are missing"):
        write_bundle(tmp_path / "best", example.fitted, example.facts, X_check=example.dataset.X[["dose"]])
    assert list(tmp_path.iterdir()) == []


def test_a_bundle_that_cannot_be_read_back_is_not_written(example: Example, tmp_path: Path) -> None:
    facts = replace(example.facts, class_names=("healthy", "ill"), kinds={"weight": example.facts.kinds["dose"]})
    with pytest.raises(BundleError, match="columns of the model are not those of the manifest"):
        write_bundle(tmp_path / "best", example.fitted, facts)
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_answers_otherwise_is_not_written(example: Example, tmp_path: Path) -> None:
    turned_round = replace(example.fitted, classes=(1, 0))
    with pytest.raises(BundleError, match="gives other probabilities"):
        write_bundle(tmp_path / "best", turned_round, example.facts, X_check=example.dataset.X)
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_lacks_a_class_is_not_written(example: Example, tmp_path: Path) -> None:
    facts = replace(example.facts, class_names=("healthy", "ill", "cured"))
    with pytest.raises(BundleError, match="no row of these classes: cured"):
        write_bundle(tmp_path / "best", example.fitted, facts)


def test_a_place_that_cannot_be_written_is_named(example: Example, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BundleError, match=r"file/best cannot be written: (Not a directory|File exists)"):
        write_bundle(tmp_path / "file" / "best", example.fitted, example.facts)


def test_a_bundle_for_which_there_is_no_room_is_one_line_and_leaves_nothing(example: Example, tmp_path: Path) -> None:
    wanted = r"best cannot be written: File too large \(\d+ bytes free in "
    for n_bytes in (0, 1000, 5000):  # less than the smallest file, and than the largest
        with full_disk(n_bytes), pytest.raises(BundleError, match=wanted):
            write_bundle(tmp_path / "best", example.fitted, example.facts)
        assert list(tmp_path.iterdir()) == []


def test_a_copy_for_which_there_is_no_room_is_one_line_and_leaves_nothing(bundle: Path, tmp_path: Path) -> None:
    with full_disk(1000), pytest.raises(BundleError, match=r"copy cannot be written: File too large \(\d+ bytes free"):
        copy_bundle(bundle, tmp_path / "copy")
    assert not any(path.name.startswith((".copy", "copy")) for path in tmp_path.iterdir())


def test_what_a_killed_process_left_is_in_nobodys_way(example: Example, tmp_path: Path) -> None:
    left = tmp_path / f".best.{os.getpid()}.partial"
    left.mkdir()
    (left / "manifest.json").write_text("{")
    write_bundle(tmp_path / "best", example.fitted, example.facts)
    assert [path.name for path in tmp_path.iterdir()] == ["best"]


def test_missing_folders_above_are_made(example: Example, tmp_path: Path) -> None:
    write_bundle(tmp_path / "a" / "b", example.fitted, example.facts)
    assert load_bundle(tmp_path / "a" / "b").trial == 17


def test_the_scaler_alone_does_what_it_does_in_the_pipeline(bundle: Path, example: Example) -> None:
    scaler = pickle.loads((bundle / "scaler.pkl").read_bytes())
    facts = json.loads((bundle / "manifest.json").read_text())["scaler"]
    assert (facts["step"], facts["identity"]) == ("standard", False)
    assert facts["columns"] == scaler.feature_names_in_.tolist()
    frame = before_scaling(example, facts["columns"])
    in_pipeline = example.fitted.pipeline.named_steps["scale"].transform(frame.to_numpy())
    assert np.array_equal(scaler.transform(frame), in_pipeline)


def test_writing_the_scaler_leaves_the_fitted_one_as_it_was(example: Example) -> None:
    assert not hasattr(example.fitted.scaler.transformer, "feature_names_in_")


@pytest.mark.parametrize("scale", [{"scale": "none"}, {}])
def test_a_model_that_scales_nothing_has_a_scaler_that_changes_nothing(
    example_of: Callable[[Config], Example], tmp_path: Path, scale: Config
) -> None:
    config = {**{k: v for k, v in LOGISTIC.items() if k != "scale"}, "select": "kbest_f", **scale}
    example = example_of(config)
    write_bundle(tmp_path / "best", example.fitted, example.facts)
    facts = load_bundle(tmp_path / "best").manifest.scaler
    scaler = pickle.loads((tmp_path / "best" / "scaler.pkl").read_bytes())
    assert (facts.step, facts.identity) == ("none", True)
    assert facts.columns == ("dose", "smoker", "ward_east", "ward_north", "ward_west", "ward_nan")
    frame = before_scaling(example, facts.columns)
    assert type(scaler).__module__.startswith("sklearn.")
    assert scaler.transform(frame).equals(frame)
    assert tuple(scaler.feature_names_in_) == facts.columns


def test_requirements_are_the_installed_versions_of_third_parties(bundle: Path) -> None:
    lines = (bundle / "requirements.txt").read_text().splitlines()
    assert [line.split("==")[0] for line in lines] == ["numpy", "scipy", "pandas", "scikit-learn", "skops"]


def test_requirements_name_the_distribution_that_brings_xgboost(
    example_of: Callable[[Config], Example], tmp_path: Path
) -> None:
    example = example_of({**LOGISTIC, "model": "xgboost", "model.xgboost.n_estimators": 2})
    write_bundle(tmp_path / "best", example.fitted, example.facts)
    assert "\nxgboost" in (tmp_path / "best" / "requirements.txt").read_text()
