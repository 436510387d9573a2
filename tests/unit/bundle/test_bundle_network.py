"""Bundles of networks: ``model.keras`` and ``model.onnx`` beside the steps before them."""

from __future__ import annotations

import importlib
import io
import json
import pickle
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import onnx
import pytest
from bundle_examples import LOGISTIC, Example, edit_manifest, made_example, reseal
from onnx import TensorProto, helper

from automl.bundle.copy import copy_bundle
from automl.bundle.load import load_bundle
from automl.bundle.write import write_bundle
from automl.errors import BundleError, DataError, MissingPackageError

MLP = {**LOGISTIC, "model": "mlp", "model.mlp.epochs": 2, "model.mlp.width": 16, "model.mlp.activation": "gelu"}
FILES = {"model.skops", "model.keras", "model.onnx", "scaler.pkl", "manifest.json", "requirements.txt", "predict.py"}


@pytest.fixture(scope="module")
def deep() -> Example:
    """A scaled multilayer perceptron."""
    return made_example(MLP)


@pytest.fixture(scope="module")
def _written_deep(deep: Example, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundles") / "deep"
    write_bundle(folder, deep.fitted, deep.facts, X_check=deep.dataset.X)
    return folder


@pytest.fixture
def bundle(_written_deep: Path, tmp_path: Path) -> Path:
    """A copy of a network's bundle, for a test to spoil."""
    return shutil.copytree(_written_deep, tmp_path / "bundle")


@pytest.fixture
def hidden() -> Iterator[Any]:
    """Makes packages look as if they were not installed."""
    kept: dict[str, Any] = {}

    def hide(*names: str) -> None:
        for name in names:
            kept[name] = sys.modules.get(name)
            sys.modules[name] = None  # type: ignore[assignment]

    yield hide
    for name, module in kept.items():
        del sys.modules[name]
        if module is not None:
            sys.modules[name] = module
    importlib.invalidate_caches()


def test_a_network_is_in_two_files_beside_the_steps_before_it(bundle: Path, deep: Example) -> None:
    assert {path.name for path in bundle.iterdir()} == FILES | {"README.md"}
    manifest = load_bundle(bundle).manifest
    assert manifest.network == ((6,),)
    assert manifest.onnx is not None
    assert (manifest.onnx.rows, manifest.onnx.refused) == (len(deep.dataset.X), None)
    with ZipFile(bundle / "model.skops") as archive:
        assert not any(b"automl" in archive.read(part) for part in archive.namelist())


def test_through_keras_a_bundle_gives_the_probabilities_bit_for_bit(bundle: Path, deep: Example) -> None:
    found = load_bundle(bundle, runtime="keras").predict_proba(deep.dataset.X)
    assert np.array_equal(found, deep.fitted.predict_proba(deep.dataset.X))


def test_through_onnx_it_gives_nearly_the_same_and_they_sum_to_one(bundle: Path, deep: Example) -> None:
    loaded = load_bundle(bundle)
    found, expected = loaded.predict_proba(deep.dataset.X), deep.fitted.predict_proba(deep.dataset.X)
    assert loaded.manifest.onnx is not None
    assert np.abs(found - expected).max() == loaded.manifest.onnx.difference
    assert loaded.manifest.onnx.difference < 1e-6
    assert np.abs(found.sum(axis=1) - 1).max() < 1e-12
    assert np.array_equal(loaded.predict_indices(found), loaded.pipeline.predict(deep.dataset.X))


def test_many_rows_come_out_as_each_alone(bundle: Path, deep: Example, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = load_bundle(bundle)
    whole = loaded.predict_proba(deep.dataset.X)
    monkeypatch.setattr("automl.bundle.onnx_file._BATCH_ROWS", 7)
    assert np.abs(loaded.predict_proba(deep.dataset.X) - whole).max() < 1e-6
    assert loaded.predict_proba(deep.dataset.X.iloc[:0]).shape == (0, 2)


def test_a_bundle_in_memory_can_be_pickled(bundle: Path, deep: Example) -> None:
    loaded = load_bundle(bundle)
    again = pickle.loads(pickle.dumps(loaded))
    assert np.array_equal(again.predict_proba(deep.dataset.X), loaded.predict_proba(deep.dataset.X))


def test_a_network_of_a_bundle_is_not_trained_again(bundle: Path, deep: Example) -> None:
    with pytest.raises(DataError, match="a network from a bundle is not trained again"):
        load_bundle(bundle).pipeline.fit(deep.dataset.X, deep.dataset.y)


def test_numbers_beyond_single_precision_are_named(bundle: Path, deep: Example) -> None:
    with pytest.raises(DataError, match="1 of 60 rows hold, after preprocessing, numbers that a network cannot take"):
        load_bundle(bundle).predict_proba(deep.dataset.X.assign(dose=[1e200, *[1.0] * 59]))


def test_a_copy_has_the_network_too(bundle: Path, tmp_path: Path) -> None:
    copy_bundle(bundle, tmp_path / "copy")
    assert {path.name for path in (tmp_path / "copy").iterdir()} == FILES | {"README.md"}


def test_requirements_ask_for_onnxruntime_and_not_for_tensorflow(bundle: Path) -> None:
    names = [line.split("==")[0] for line in (bundle / "requirements.txt").read_text().splitlines()]
    assert names == ["numpy", "scipy", "pandas", "scikit-learn", "skops", "onnxruntime"]
    assert "keras" in load_bundle(bundle).manifest.versions


def test_without_rows_to_check_it_on_there_is_no_model_onnx(deep: Example, tmp_path: Path) -> None:
    found = write_bundle(tmp_path / "best", deep.fitted, deep.facts)
    assert found is not None
    assert found.refused == "there is no row to check it on"
    assert {path.name for path in (tmp_path / "best").iterdir()} == FILES - {"model.onnx", "predict.py"} | {"README.md"}
    assert "keras" in (tmp_path / "best" / "requirements.txt").read_text()


def test_without_what_converts_the_bundle_says_what_to_install(deep: Example, tmp_path: Path, hidden: Any) -> None:
    hidden("tf2onnx")
    found = write_bundle(tmp_path / "best", deep.fitted, deep.facts, X_check=deep.dataset.X)
    assert found is not None
    assert found.refused == (
        'model.onnx of a network needs tf2onnx, and that is not installed (pip install "automl-search[onnx]")'
    )
    X = deep.dataset.X
    assert np.array_equal(load_bundle(tmp_path / "best").predict_proba(X), deep.fitted.predict_proba(X))


class Inexact:
    """A network whose ``.onnx`` content is that of another."""

    def __init__(self, network: Any, other: Any) -> None:
        self.network, self.other = network, other

    def __getattr__(self, name: str) -> Any:
        return getattr(self.other if name == "onnx_content" else self.network, name)


def test_a_model_onnx_that_answers_otherwise_is_refused_with_the_difference(deep: Example, tmp_path: Path) -> None:
    other = made_example({**MLP, "model.mlp.epochs": 1})
    model = deep.fitted.pipeline.named_steps["model"]
    own = model.network_
    model.network_ = Inexact(own, other.fitted.pipeline.named_steps["model"].network_)
    try:
        found = write_bundle(tmp_path / "best", deep.fitted, deep.facts, X_check=deep.dataset.X)
    finally:
        model.network_ = own
    assert found is not None
    assert found.difference is not None
    assert found.difference > 1e-4
    assert found.refused is not None
    assert found.refused.endswith("on 60 rows; at most 1e-04 is accepted")
    assert load_bundle(tmp_path / "best").manifest.onnx == found
    assert not (tmp_path / "best" / "model.onnx").exists()


def test_without_onnxruntime_keras_predicts_and_says_so(bundle: Path, deep: Example, hidden: Any) -> None:
    hidden("onnxruntime")
    loaded = load_bundle(bundle)
    assert loaded.notes[0].startswith("the network runs through TensorFlow, which starts slowly")
    X = deep.dataset.X
    assert np.array_equal(loaded.predict_proba(X), deep.fitted.predict_proba(X))


def test_without_anything_that_computes_it_the_smaller_package_is_asked_for(bundle: Path, hidden: Any) -> None:
    hidden("onnxruntime", "tensorflow")
    with pytest.raises(MissingPackageError, match=r"model\.onnx of this bundle needs onnxruntime") as caught:
        load_bundle(bundle)
    assert caught.value.hint == 'pip install "automl-search[onnx]"'


@pytest.mark.parametrize("name", ["model.onnx", "model.keras"])
def test_a_changed_network_is_refused_before_it_is_opened(bundle: Path, name: str) -> None:
    (bundle / name).write_bytes(b"#" * (bundle / name).stat().st_size)
    with pytest.raises(BundleError, match=rf"{name} has changed: its sha256 is not the one"):
        load_bundle(bundle)


def test_a_missing_network_is_named(bundle: Path) -> None:
    (bundle / "model.keras").unlink()
    with pytest.raises(BundleError, match=r"model\.keras is missing"):
        load_bundle(bundle)


def test_what_is_no_onnx_model_is_refused_in_one_line(bundle: Path) -> None:
    reseal(bundle, "model.onnx", b"no model")
    with pytest.raises(BundleError, match=r"^model\.onnx cannot be read: .*$"):
        load_bundle(bundle)


def made_onnx(n_features: int, weights: TensorProto) -> bytes:
    node = helper.make_node("MatMul", ["x", "w"], ["y"])
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, n_features])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 2])
    graph = helper.make_graph([node], "made", [x], [y], [weights])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    content: bytes = model.SerializeToString()
    return content


def test_a_network_of_another_shape_does_not_belong_to_the_manifest(bundle: Path) -> None:
    weights = onnx.numpy_helper.from_array(np.ones((5, 2), dtype=np.float32), "w")
    reseal(bundle, "model.onnx", made_onnx(5, weights))
    with pytest.raises(BundleError, match=r"model\.onnx makes \[\(2,\)\] of \[\(5,\)\], the manifest says"):
        load_bundle(bundle)


def test_weights_in_other_files_are_never_looked_for(bundle: Path) -> None:
    weights = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[6, 2], data_location=TensorProto.EXTERNAL)
    weights.external_data.add(key="location", value="../../secret")
    reseal(bundle, "model.onnx", made_onnx(6, weights))
    with pytest.raises(BundleError, match=r"model\.onnx holds .* it was not opened") as caught:
        load_bundle(bundle)
    assert caught.value.details == ("weights in another file",)


@pytest.mark.parametrize(
    "content", [b"[" * 100_000, json.dumps({"class_name": "Dense"}).encode() + b" " * 2**25], ids=["deep", "large"]
)
def test_a_keras_file_that_would_eat_the_machine_is_not_opened(bundle: Path, content: bytes) -> None:
    packed = io.BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        archive.writestr("config.json", content)
    reseal(bundle, "model.keras", packed.getvalue())
    with pytest.raises(BundleError, match=r"the network is no \.keras file"):
        load_bundle(bundle, runtime="keras")


def test_what_cannot_be_probabilities_is_not_given(bundle: Path, deep: Example) -> None:
    weights = onnx.numpy_helper.from_array(np.full((6, 2), np.nan, dtype=np.float32), "w")
    reseal(bundle, "model.onnx", made_onnx(6, weights))
    with pytest.raises(BundleError, match="cannot be probabilities of 2 classes"):
        load_bundle(bundle).predict_proba(deep.dataset.X)


def test_a_keras_file_with_a_strange_layer_is_not_opened(bundle: Path) -> None:
    packed = io.BytesIO()
    with ZipFile(bundle / "model.keras") as old, ZipFile(packed, "w") as new:
        for part in old.namelist():
            content = old.read(part)
            if part == "config.json":
                config = json.loads(content)
                config["config"]["layers"][1]["class_name"] = "Lambda"
                content = json.dumps(config).encode()
            new.writestr(part, content)
    reseal(bundle, "model.keras", packed.getvalue())
    with pytest.raises(BundleError, match="classes that are not trusted; it was not opened") as caught:
        load_bundle(bundle, runtime="keras")
    assert caught.value.details == ("keras.layers.Lambda",)


def test_a_family_that_holds_no_network_opens_no_keras_file(bundle: Path) -> None:
    edit_manifest(bundle, lambda table: table["config"].update(model="knn"))
    with pytest.raises(BundleError, match=r'nothing installed reads model\.keras of the family "knn"'):
        load_bundle(bundle, runtime="keras")


def test_a_whole_model_is_no_preprocessing_of_a_network(bundle: Path, tmp_path: Path) -> None:
    classical = made_example(LOGISTIC)
    write_bundle(tmp_path / "classical", classical.fitted, classical.facts)
    reseal(bundle, "model.skops", (tmp_path / "classical" / "model.skops").read_bytes())
    with pytest.raises(BundleError, match=r"model\.skops holds no preprocessing for a network"):
        load_bundle(bundle)


def test_a_model_that_lacks_a_class_is_not_written(deep: Example, tmp_path: Path) -> None:
    facts = replace(deep.facts, class_names=("healthy", "ill", "cured"))
    with pytest.raises(BundleError, match="no row of these classes: cured"):
        write_bundle(tmp_path / "best", deep.fitted, facts)
