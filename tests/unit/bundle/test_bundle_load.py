"""A bundle from somebody else: whatever was done to it, nothing in it runs."""

from __future__ import annotations

import io
import os
import pickle
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import pytest
from bundle_examples import Example, edit_manifest, reseal
from sklearn.preprocessing import FunctionTransformer

from automl.bundle.load import load_bundle
from automl.bundle.model_file import model_content
from automl.errors import BundleError, DataError


class Planted:
    """Creates a file when it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return open, (str(self.marker), "w")


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    """Exists once planted code has run."""
    return tmp_path / "planted_code_ran"


def test_a_bundle_predicts_what_the_fitted_winner_does(bundle: Path, example: Example) -> None:
    loaded = load_bundle(bundle)
    X = example.dataset.X
    assert np.array_equal(loaded.predict_proba(X), example.fitted.predict_proba(X))
    assert np.array_equal(loaded.predict_indices(loaded.predict_proba(X)), example.fitted.pipeline.predict(X))
    assert loaded.notes == ()


def test_what_was_said_of_a_model_is_read_back(bundle: Path, example: Example) -> None:
    loaded = load_bundle(bundle)
    assert loaded.facts == example.facts
    assert (loaded.study, loaded.trial, loaded.positive) == ("wards-1", 17, "ill")
    assert loaded.estimates == example.facts.estimates


def test_columns_may_come_in_another_order_and_with_others(bundle: Path, example: Example) -> None:
    X = example.dataset.X
    loaded = load_bundle(bundle)
    shuffled = X[["ward", "dose", "smoker"]].assign(name="x")
    assert np.array_equal(loaded.predict_proba(shuffled), loaded.predict_proba(X))
    assert loaded.predict_proba(X.iloc[:0]).shape == (0, 2)


def test_missing_columns_are_named(bundle: Path, example: Example) -> None:
    with pytest.raises(DataError, match=r"2 of the 3 columns the model needs are missing\ndose\nward"):
        load_bundle(bundle).predict_proba(example.dataset.X[["smoker"]])


def test_a_changed_scaler_is_found(bundle: Path, marker: Path) -> None:
    (bundle / "scaler.pkl").write_bytes(pickle.dumps(Planted(marker)))
    with pytest.raises(BundleError, match=r"scaler\.pkl has changed"):
        load_bundle(bundle)
    assert not marker.exists()


def test_a_scaler_with_a_right_checksum_is_not_opened_either(bundle: Path, marker: Path, example: Example) -> None:
    reseal(bundle, "scaler.pkl", pickle.dumps(Planted(marker)))
    load_bundle(bundle).predict_proba(example.dataset.X)
    assert not marker.exists()


def test_a_pickle_is_no_model(bundle: Path, marker: Path) -> None:
    reseal(bundle, "model.skops", pickle.dumps(Planted(marker)))
    with pytest.raises(BundleError, match=r"model\.skops is corrupt, truncated, or not a skops file"):
        load_bundle(bundle)
    assert not marker.exists()


def test_types_that_are_not_ours_to_trust_are_named_and_refused(bundle: Path, marker: Path) -> None:
    reseal(bundle, "model.skops", model_content(FunctionTransformer(os.mkdir, kw_args={"path": str(marker)})))
    edit_manifest(bundle, lambda table: table.update(trusted=["posix.mkdir"]))
    with pytest.raises(BundleError, match=r"types that are not trusted; it was not opened\n.*mkdir"):
        load_bundle(bundle)
    assert not marker.exists()


def test_a_model_cut_in_half_is_found(bundle: Path) -> None:
    content = (bundle / "model.skops").read_bytes()
    (bundle / "model.skops").write_bytes(content[: len(content) // 2])
    with pytest.raises(BundleError, match=r"model\.skops has changed: it has"):
        load_bundle(bundle)


def test_a_model_cut_in_half_with_a_right_checksum_is_corrupt(bundle: Path) -> None:
    content = (bundle / "model.skops").read_bytes()
    reseal(bundle, "model.skops", content[: len(content) // 2])
    with pytest.raises(BundleError, match=r"model\.skops is corrupt"):
        load_bundle(bundle)


def test_one_changed_bit_is_found(bundle: Path) -> None:
    content = bytearray((bundle / "model.skops").read_bytes())
    content[len(content) // 2] ^= 1
    (bundle / "model.skops").write_bytes(content)
    with pytest.raises(BundleError, match=r"model\.skops has changed: its sha256"):
        load_bundle(bundle)


def test_a_claimed_size_is_not_believed(bundle: Path) -> None:
    edit_manifest(bundle, lambda table: table["files"]["model.skops"].update(size=10**15))
    with pytest.raises(BundleError, match=r"not the 1000000000000000 of manifest\.json"):
        load_bundle(bundle)


def test_every_file_that_is_not_as_listed_is_named(bundle: Path) -> None:
    (bundle / "scaler.pkl").unlink()
    (bundle / "README.md").write_text("")
    with pytest.raises(BundleError, match=r"2 of 5 files.*\n(?s:.)*scaler\.pkl is missing\nREADME\.md has changed"):
        load_bundle(bundle)


@pytest.mark.parametrize("name", ["surprise.py", "sitecustomize.py"])
def test_an_unlisted_file_is_noted_and_never_run(bundle: Path, marker: Path, name: str) -> None:
    (bundle / name).write_text(f"open({str(marker)!r}, 'w')")
    assert name in load_bundle(bundle).notes[0]
    assert not marker.exists()


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", "a/b", "..", ".hidden", "a\\b", ""])
def test_a_listed_name_that_leads_outside_is_refused(bundle: Path, name: str) -> None:
    edit_manifest(bundle, lambda table: table["files"].update({name: table["files"]["README.md"]}))
    with pytest.raises(BundleError, match="a path may lead outside"):
        load_bundle(bundle)


def test_a_link_is_not_followed(bundle: Path, tmp_path: Path) -> None:
    (bundle / "model.skops").rename(tmp_path / "elsewhere")
    (bundle / "model.skops").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BundleError, match=r"model\.skops is a link"):
        load_bundle(bundle)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_named_pipe_is_not_waited_for(bundle: Path) -> None:
    (bundle / "README.md").unlink()
    os.mkfifo(bundle / "README.md")
    with pytest.raises(BundleError, match=r"README\.md is not a regular file"):
        load_bundle(bundle)


def test_only_model_skops_is_a_model(bundle: Path) -> None:
    (bundle / "model.skops").rename(bundle / "model.keras")
    edit_manifest(bundle, lambda table: table["files"].update({"model.keras": table["files"].pop("model.skops")}))
    with pytest.raises(BundleError, match=r"lists no model\.skops, and no other file is trusted as a model"):
        load_bundle(bundle)


def test_an_archive_is_not_unpacked(tmp_path: Path) -> None:
    archive = tmp_path / "bundle.zip"
    archive.write_bytes(b"PK")
    with pytest.raises(BundleError, match=r"bundle\.zip is a file.*outside"):
        load_bundle(archive)


def test_a_folder_without_manifest_is_no_bundle(bundle: Path, tmp_path: Path) -> None:
    (bundle / "manifest.json").unlink()
    with pytest.raises(BundleError, match=r"manifest\.json is missing: not a bundle"):
        load_bundle(bundle)
    with pytest.raises(BundleError, match="does not exist"):
        load_bundle(tmp_path / "nowhere")


def test_renamed_columns_are_found(bundle: Path) -> None:
    edit_manifest(bundle, lambda table: table["input"][0].update(name="weight"))
    with pytest.raises(BundleError, match="columns of the model are not those of the manifest: dose, weight"):
        load_bundle(bundle)


def test_reordered_columns_are_found(bundle: Path) -> None:
    edit_manifest(bundle, lambda table: table["input"].reverse())
    with pytest.raises(BundleError, match="columns of the model are not those of the manifest: their order"):
        load_bundle(bundle)


@pytest.mark.parametrize(("column", "kind", "branch"), [(0, "categorical", "numeric"), (2, "numeric", "encode")])
def test_changed_kinds_are_found(bundle: Path, column: int, kind: str, branch: str) -> None:
    edit_manifest(bundle, lambda table: table["input"][column].update(kind=kind))
    with pytest.raises(BundleError, match=f'reads columns as "{branch}" that are not so'):
        load_bundle(bundle)


def test_added_classes_are_found(bundle: Path) -> None:
    edit_manifest(bundle, lambda table: table["classes"].append("cured"))
    with pytest.raises(BundleError, match=r"knows the classes \[0, 1\], the manifest 3"):
        load_bundle(bundle)


def test_a_model_that_is_no_pipeline_is_refused(bundle: Path) -> None:
    reseal(bundle, "model.skops", model_content(FunctionTransformer()))
    with pytest.raises(BundleError, match="the model is not a pipeline of ours"):
        load_bundle(bundle)


def test_another_scikit_learn_is_noted(bundle: Path) -> None:
    edit_manifest(bundle, lambda table: table["versions"].update({"scikit-learn": "1.8.0"}))
    assert load_bundle(bundle).notes[0].startswith("made with scikit-learn 1.8.0 and read with ")


def test_a_small_file_that_unpacks_to_a_huge_one_is_refused(bundle: Path) -> None:
    content = io.BytesIO()
    with ZipFile(content, "w", ZIP_DEFLATED) as archive:
        archive.writestr("schema.json", bytes(100 * 1024**2))
    reseal(bundle, "model.skops", content.getvalue())
    with pytest.raises(BundleError, match="which no model does"):
        load_bundle(bundle)
