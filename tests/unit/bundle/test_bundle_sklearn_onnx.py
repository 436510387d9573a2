"""``model.onnx`` of pipelines of scikit-learn."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pandas as pd
import pytest
from bundle_examples import LOGISTIC, ONEHOT, Example, made_example
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.pipeline import Pipeline

from automl.bundle.copy import copy_with_onnx
from automl.bundle.load import load_bundle
from automl.bundle.sklearn_onnx import pipeline_as_onnx
from automl.bundle.write import write_bundle
from automl.core.dataset import ColumnKind
from automl.core.trial import Config
from automl.errors import BundleError, MissingPackageError

IMPUTED: Config = {**ONEHOT, "impute": "mean"}


def answer(path: Path, X: pd.DataFrame) -> Any:
    """What somebody gets who only knows the card."""
    session = onnxruntime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
    return session.run(
        None,
        {
            "dose": X[["dose"]].to_numpy(dtype=np.float32),
            "smoker": X[["smoker"]].to_numpy(dtype=np.float32),
            "ward": X[["ward"]].fillna("nan").to_numpy(dtype=object),
        },
    )[1]


def test_a_copy_with_onnx_has_one_file_more_and_says_how_far_it_is_off(
    bundle: Path, example: Example, tmp_path: Path
) -> None:
    X = example.dataset.X
    found = copy_with_onnx(bundle, tmp_path / "copy", X)
    copied = load_bundle(tmp_path / "copy")
    assert set(copied.manifest.files) == {*load_bundle(bundle).manifest.files, "model.onnx"}
    assert copied.manifest.onnx == found
    assert found.difference is not None
    assert found.difference < 1e-5
    assert "on 60 rows of the training data" in (tmp_path / "copy" / "README.md").read_text()
    assert np.abs(answer(tmp_path / "copy" / "model.onnx", X) - copied.predict_proba(X)).max() <= found.difference
    assert np.array_equal(copied.predict_proba(X), example.fitted.predict_proba(X))


@pytest.mark.parametrize(
    "config",
    [
        {**LOGISTIC, "model": "svm"},
        {**LOGISTIC, "select": "pca"},
        {"encode": "ordinal", "impute": "mean", "model": "naive_bayes"},
        {**IMPUTED, "model": "forest", "model.forest.n_estimators": 5},
        {**IMPUTED, "model": "xgboost", "model.xgboost.n_estimators": 3},
    ],
    ids=lambda config: config["model"],
)
def test_a_bundle_may_be_written_with_model_onnx_at_once(config: Config, tmp_path: Path) -> None:
    example = made_example(config)
    found = write_bundle(tmp_path / "best", example.fitted, example.facts, X_check=example.dataset.X, with_onnx=True)
    assert found is not None
    assert found.refused is None
    assert (tmp_path / "best" / "model.onnx").exists()
    assert "onnx" not in (tmp_path / "best" / "requirements.txt").read_text()


CANNOT = {
    "scale": ({"scale": "quantile"}, r'the conversion stops at step "scale" \(QuantileTransformer\): .*not supported'),
    "model": (
        {"model": "boosting", "model.boosting.max_iter": 2},
        r'the conversion stops at step "model" \(HistGradientBoostingClassifier\): ',
    ),
}


@pytest.mark.parametrize("part", CANNOT)
def test_the_part_that_cannot_be_converted_is_named_and_nothing_is_written(part: str, tmp_path: Path) -> None:
    changed, message = CANNOT[part]
    example = made_example({**LOGISTIC, **changed})
    with pytest.raises(BundleError, match=f"^cannot write model.onnx, because {message}"):
        write_bundle(tmp_path / "best", example.fitted, example.facts, X_check=example.dataset.X, with_onnx=True)
    assert list(tmp_path.iterdir()) == []


def test_a_model_without_any_converter_is_named(example: Example) -> None:
    class Oracle(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
        classes_ = np.array([0, 1])

        def fit(self, X: Any, y: Any) -> Any:
            return self

        def predict_proba(self, X: Any) -> Any:
            return np.full((len(X), 2), 0.5)

    pipeline = Pipeline([*example.fitted.pipeline.steps[:-1], ("model", Oracle())])
    with pytest.raises(BundleError, match=r'there is no converter for step "model" \(Oracle\)$'):
        pipeline_as_onnx(pipeline, example.dataset.X, example.facts.kinds)


def test_answers_that_differ_too_much_are_refused_with_the_difference(example: Example) -> None:
    X = example.dataset.X.assign(dose=example.dataset.X["dose"] + 1e8)  # single precision knows multiples of 8 there
    pipeline = clone(example.fitted.pipeline).fit(X, example.dataset.y)
    with pytest.raises(
        BundleError, match=r"the probabilities differ by up to .* on 60 rows; at most 1e-04 is accepted"
    ):
        pipeline_as_onnx(pipeline, X, example.facts.kinds)


def test_a_model_of_sounds_has_none(example: Example) -> None:
    with pytest.raises(BundleError, match='ONNX reads no sound files, and the column "cough" holds them'):
        pipeline_as_onnx(example.fitted.pipeline, example.dataset.X, {"cough": ColumnKind.SOUND})


def test_a_level_that_was_not_seen_is_read_as_the_model_does_or_refused(tmp_path: Path) -> None:
    for encode in ("onehot", "ordinal"):
        example = made_example({"encode": encode, "impute": "mean", "model": "logistic"})
        content, _ = pipeline_as_onnx(example.fitted.pipeline, example.dataset.X, example.facts.kinds)
        (tmp_path / encode).write_bytes(content)
    unseen = example.dataset.X.iloc[:2].assign(ward="moon")
    expected = example.fitted.predict_proba(unseen)
    assert np.abs(answer(tmp_path / "ordinal", unseen) - expected).max() < 1e-5
    with pytest.raises(Exception, match="Unknown Category"):
        answer(tmp_path / "onehot", unseen)


def test_the_package_that_is_missing_is_named(example: Example, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "skl2onnx", None)
    with pytest.raises(MissingPackageError, match=r"LogisticRegression needs skl2onnx, and that is not inst") as caught:
        pipeline_as_onnx(example.fitted.pipeline, example.dataset.X, example.facts.kinds)
    assert caught.value.hint == 'pip install "automl-search[onnx]"'
