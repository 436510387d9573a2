"""The estimator keeps scikit-learn's contract, and the search's."""

import json
import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import cross_val_score
from sklearn.utils.estimator_checks import check_estimator

import automl
from automl import AutoMLClassifier
from automl.errors import BundleError, DataError

SMALL = {"budget": 2, "folds": 2, "models": ["logistic", "knn"]}


@pytest.fixture(scope="module")
def cancer():
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    return X.iloc[::3, :6], y.iloc[::3]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_it_is_a_scikit_learn_classifier():
    results = check_estimator(AutoMLClassifier(**SMALL), on_fail=None, on_skip=None)
    failed = {r["check_name"]: r["exception"] for r in results if r["status"] == "failed"}
    assert failed == {}
    assert len(results) > 50


def test_labels_of_any_kind_come_back(cancer):
    X, y = cancer
    for labels in (y.map({0: "ill", 1: "well"}), y == 1, y * 7 - 3):
        clf = AutoMLClassifier(**SMALL).fit(X, labels)
        assert set(clf.predict(X)) == set(labels)
        assert clf.score(X, labels) > 0.8
        assert np.allclose(clf.predict_proba(X).sum(axis=1), 1)


def test_labels_that_would_become_one_class_are_refused(cancer):
    X, _ = cancer
    labels = np.resize(["ill", "ill ", "well"], len(X))
    with pytest.raises(DataError, match='differ only in blanks around them: "ill", "ill "'):
        AutoMLClassifier(**SMALL).fit(X, labels)


@pytest.mark.parametrize("random_state", [np.int64(3), None, np.random.RandomState(3)])
def test_a_random_state_is_what_it_is_in_scikit_learn(cancer, random_state):
    assert AutoMLClassifier(**SMALL | {"budget": 1}, random_state=random_state).fit(*cancer).score(*cancer) > 0.8


def test_it_writes_nothing_unless_asked(cancer, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    AutoMLClassifier(**SMALL).fit(*cancer)
    assert list(tmp_path.iterdir()) == []


def test_a_mixed_frame_is_taken_by_column_name(cancer):
    X, y = cancer
    rng = np.random.default_rng(0)
    X = X.assign(sex=rng.choice(["f", "m", None], len(X)), smoker=rng.choice([True, False], len(X)))
    X.iloc[::7, 0] = np.nan
    clf = AutoMLClassifier(**SMALL).fit(X, y)
    assert list(clf.feature_names_in_) == list(X.columns)
    with pytest.raises(ValueError, match="feature names should match"):
        clf.predict(X[X.columns[::-1]])


def test_groups_are_kept_apart_and_name_the_unit(cancer):
    X, y = cancer
    patients = pd.Series(np.arange(len(y)) // 3, name="patient")
    clf = AutoMLClassifier(**SMALL).fit(X, y, groups=patients)
    assert clf.estimates_[0].unit == "patient"
    assert clf.estimates_[0].n_units == len(set(patients))


def test_the_study_is_kept_and_tracked_where_asked(cancer, tmp_path):
    AutoMLClassifier(**SMALL, study_dir=tmp_path / "cancer").fit(*cancer)
    assert (tmp_path / "cancer" / "best" / "manifest.json").exists()
    assert (tmp_path / "mlflow.db").exists()


def test_a_limit_of_a_trial_takes_a_worker_that_can_be_stopped(cancer, tracked_runs):
    AutoMLClassifier(**SMALL, trial_timeout_s=600.0, study_dir=tracked_runs / "cancer").fit(*cancer)
    asked = json.loads((tracked_runs / "cancer" / "study.json").read_text())["request"]
    assert (asked["workers"], asked["trial_timeout_s"]) == (1, 600.0)


def test_the_function_takes_limits_as_the_estimator_does(people, tracked_runs):
    options = {"label": "outcome", "budget": 1, "models": "logistic", "runs": str(tracked_runs)}
    automl.search(people, **options, name="limited", trial_memory_mb=4000.0)
    automl.search(people, **options, name="free")
    asked = {
        name: json.loads((tracked_runs / name / "study.json").read_text())["request"] for name in ("limited", "free")
    }
    assert (asked["limited"]["workers"], asked["limited"]["trial_memory_mb"]) == (1, 4000.0)
    assert (asked["free"]["workers"], asked["free"]["trial_memory_mb"]) == (0, None)


def test_what_is_exported_predicts_the_same_everywhere(cancer, tmp_path):
    X, y = cancer
    clf = AutoMLClassifier(**SMALL).fit(X, y)
    model = automl.load(clf.export(tmp_path / "model"))
    assert np.array_equal(model.predict_proba(X[X.columns[::-1]]), clf.predict_proba(X))
    assert np.array_equal(pickle.loads(pickle.dumps(clf)).predict_proba(X), clf.predict_proba(X))
    with pytest.raises(BundleError, match="exists already"):
        clf.export(tmp_path / "model")


def test_it_clones_and_cross_validates(cancer):
    scores = cross_val_score(clone(AutoMLClassifier(**SMALL)), *cancer, cv=2)
    assert scores.min() > 0.8


def test_the_same_seed_searches_the_same(cancer):
    boards = [AutoMLClassifier(budget=6, folds=2, random_state=5).fit(*cancer).leaderboard_ for _ in range(2)]
    pd.testing.assert_frame_equal(*[b.drop(columns="seconds") for b in boards])


def test_recordings_are_taken_as_a_list_of_paths(tmp_path):
    import soundfile

    rng = np.random.default_rng(0)
    paths: list[Path] = []
    for k in range(20):
        t = np.arange(4000) / 8000
        wave = np.sin(2 * np.pi * (300 if k % 2 else 900) * t) + 0.1 * rng.standard_normal(len(t))
        paths.append(tmp_path / f"{k}.wav")
        soundfile.write(paths[-1], 0.5 * wave, 8000)
    labels = np.array(["low", "high"] * 10)[::-1]
    clf = AutoMLClassifier(budget=1, folds=2, models=["logistic"]).fit(paths, labels)
    assert clf.score(paths, labels) == 1.0
