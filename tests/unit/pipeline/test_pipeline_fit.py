import pickle
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from automl.core.dataset import ColumnKind, Dataset
from automl.errors import DataError, SpaceError
from automl.pipeline.fit import fit_pipeline
from automl.pipeline.registry import InputKind

PLAIN = {"encode": "onehot", "impute": "median", "scale": "standard", "select": "none", "rows": "none"}
TRAIN = np.arange(45)


def numeric(X: dict[str, np.ndarray], y: np.ndarray, **fields) -> Dataset:
    kinds = dict.fromkeys(X, ColumnKind.NUMERIC)
    names = tuple(f"class{k}" for k in range(int(y.max()) + 1))
    return Dataset("numbers.csv", pd.DataFrame(X), kinds, y.astype(np.int64), names, "0", **fields)


def test_steps_are_named_after_the_stages_and_those_with_nothing_to_do_are_left_out(mixed):
    fitted = fit_pipeline({**PLAIN, "model": "logistic"}, mixed, TRAIN, 0)
    assert list(fitted.pipeline.named_steps) == ["inputs", "impute", "scale", "model"]


def test_nothing_of_ours_is_in_a_pipeline_for_tables(mixed):
    fitted = fit_pipeline({**PLAIN, "encode": "target", "select": "kbest_mi", "model": "svm"}, mixed, TRAIN, 0)
    assert b"automl" not in pickle.dumps(fitted.pipeline)


def test_probabilities_are_of_every_class_in_the_order_of_the_data(mixed):
    fitted = fit_pipeline({**PLAIN, "model": "lda"}, mixed, TRAIN, 0)
    proba = fitted.predict_proba(mixed.X)
    assert proba.shape == (mixed.n_samples, 3)
    assert proba.dtype == np.float64
    assert np.array_equal(fitted.pipeline.predict(mixed.X), proba.argmax(axis=1))


@pytest.mark.parametrize("family", ["logistic", "xgboost"])
def test_class_absent_from_the_training_rows_has_probability_0(mixed, family):
    rows = np.flatnonzero(mixed.y != 1)
    fitted = fit_pipeline({**PLAIN, "model": family}, mixed, rows, 0)
    proba = fitted.predict_proba(mixed.X)
    assert fitted.classes == (0, 2)
    assert (proba[:, 1] == 0.0).all()
    assert np.allclose(proba.sum(axis=1), 1)


def test_training_rows_of_one_class_are_refused(mixed):
    with pytest.raises(DataError, match="all 20 training rows are of one class"):
        fit_pipeline({**PLAIN, "model": "knn"}, mixed, np.flatnonzero(mixed.y == 1), 0)


def test_columns_may_come_in_another_order_and_with_others(mixed):
    fitted = fit_pipeline({**PLAIN, "model": "forest"}, mixed, TRAIN, 0)
    shuffled = mixed.X[mixed.X.columns[::-1]].assign(remark="none")
    assert np.array_equal(fitted.predict_proba(shuffled), fitted.predict_proba(mixed.X))


@pytest.mark.parametrize("option", ["onehot", "ordinal", "target"])
def test_unseen_categories_and_missing_values_are_predicted(mixed, option):
    fitted = fit_pipeline({**PLAIN, "encode": option, "model": "logistic"}, mixed, TRAIN, 0)
    strange = mixed.X.iloc[:3].copy()
    strange["site"] = "moon"
    strange["ward"] = pd.Series(np.nan, index=strange.index, dtype=object)
    strange["age"] = np.nan
    assert np.isfinite(fitted.predict_proba(strange)).all()


def test_same_seed_gives_the_same_bits(mixed):
    config = {**PLAIN, "encode": "target", "select": "model", "model": "forest"}
    once, again = (fit_pipeline(config, mixed, TRAIN, 5).predict_proba(mixed.X) for _ in range(2))
    assert np.array_equal(once, again)
    assert not np.array_equal(once, fit_pipeline(config, mixed, TRAIN, 6).predict_proba(mixed.X))


@pytest.mark.parametrize("family", ["forest", "extra_trees", "xgboost", "knn", "boosting"])
def test_number_of_threads_changes_no_bit(mixed, family):
    config = {**PLAIN, "select": "model", "model": family}
    one, two = (fit_pipeline(config, mixed, TRAIN, 0, n_threads=n).predict_proba(mixed.X) for n in (1, 2))
    assert np.array_equal(one, two)


def test_weights_of_the_data_reach_the_model(mixed):
    weighted = replace(mixed, sample_weight=np.where(mixed.y == 2, 50.0, 1.0))
    config = {**PLAIN, "model": "logistic"}
    plain, heavy = (fit_pipeline(config, d, TRAIN, 0).predict_proba(mixed.X)[:, 2].mean() for d in (mixed, weighted))
    assert heavy > plain + 0.2


def test_weights_that_a_family_cannot_take_are_said(mixed):
    weighted = replace(mixed, sample_weight=np.ones(mixed.n_samples))
    with pytest.warns(UserWarning, match='"knn" takes no weights'):
        fit_pipeline({**PLAIN, "model": "knn"}, weighted, TRAIN, 0)


def test_class_weights_multiply_those_of_the_data(mixed):
    rows = np.concatenate([np.flatnonzero(mixed.y == 0)[:5], np.flatnonzero(mixed.y != 0)])
    config = {**PLAIN, "model": "naive_bayes"}
    fitted = fit_pipeline({**config, "rows": "class_weights"}, mixed, rows, 0)
    assert np.allclose(fitted.pipeline["model"].class_prior_, 1 / 3)
    weighted = replace(mixed, sample_weight=np.where(mixed.y == 0, 2.0, 1.0))
    fitted = fit_pipeline({**config, "rows": "class_weights"}, weighted, rows, 0)
    assert np.allclose(fitted.pipeline["model"].class_prior_, [1 / 2, 1 / 4, 1 / 4])


def test_missing_values_without_an_impute_stage_name_the_columns(mixed):
    config = {"encode": "onehot", "model": "logistic"}
    with pytest.raises(DataError, match='"logistic" cannot take missing or infinite numbers') as caught:
        fit_pipeline(config, mixed, TRAIN, 0)
    assert caught.value.details == ('"age": 7 of 45 rows', '"smoker": 5 of 45 rows')


def test_family_that_takes_missing_values_gets_them(mixed):
    fitted = fit_pipeline({"encode": "onehot", "model": "boosting"}, mixed, TRAIN, 0)
    assert list(fitted.pipeline.named_steps) == ["inputs", "model"]
    assert np.isfinite(fitted.predict_proba(mixed.X)).all()


def test_infinite_numbers_are_named_even_where_missing_ones_are_taken():
    dataset = numeric({"zeal": np.r_[np.inf, np.arange(19.0)]}, np.arange(20) % 2)
    with pytest.raises(DataError, match='"boosting" cannot take infinite numbers') as caught:
        fit_pipeline({"model": "boosting"}, dataset, np.arange(20), 0)
    assert caught.value.details == ('"zeal": 1 of 20 rows',)


def test_columns_that_no_stage_reads_are_named(mixed):
    with pytest.raises(SpaceError, match="no stage of the space turns 2 of 5 columns into numbers") as caught:
        fit_pipeline({"impute": "mean", "model": "knn"}, mixed, TRAIN, 0)
    assert caught.value.details == ('"site" is categorical', '"ward" is categorical')


def test_stage_without_columns_of_its_kind_is_left_out():
    dataset = numeric({"x": np.arange(20.0)}, np.arange(20) % 2)
    fitted = fit_pipeline({"encode": "target", "model": "knn"}, dataset, np.arange(20), 0)
    assert [name for name, _, _ in fitted.pipeline["inputs"].transformers_] == ["numeric"]


def test_model_is_told_how_wide_the_matrix_it_gets_is(mixed):
    config = {**PLAIN, "select": "kbest_f", "select.kbest_f.share": 0.5, "model": "knn"}
    fitted = fit_pipeline(config, mixed, TRAIN, 0)
    width = fitted.pipeline["model"].n_features_in_
    (spec,) = fitted.inputs
    assert (spec.kind, spec.columns, spec.shape) == (InputKind.VECTOR, slice(0, width), (width,))


def test_scaler_comes_with_the_names_of_its_columns(mixed):
    fitted = fit_pipeline({**PLAIN, "encode": "ordinal", "impute": "mean", "model": "knn"}, mixed, TRAIN, 0)
    assert fitted.scaler.transformer is fitted.pipeline["scale"]
    assert fitted.scaler.columns == ("age", "dose", "smoker", "site", "ward")


def test_scaler_names_fall_back_to_numbers_where_they_clash():
    y = np.arange(20) % 2
    dataset = numeric({"site_a": np.arange(20.0)}, y)
    X = dataset.X.assign(site=pd.Series(["a", "b"] * 10, dtype=object))
    dataset = replace(dataset, X=X, kinds={**dataset.kinds, "site": ColumnKind.CATEGORICAL})
    fitted = fit_pipeline({"encode": "onehot", "scale": "standard", "model": "lda"}, dataset, np.arange(20), 0)
    assert fitted.scaler.columns == ("x0", "x1", "x2")


def test_nothing_scaled_means_no_scaler(mixed):
    assert fit_pipeline({**PLAIN, "scale": "none", "model": "knn"}, mixed, TRAIN, 0).scaler == (None, ())


def test_numbers_keep_all_their_digits():
    dates = 1.7e9 + np.arange(40.0)
    dataset = numeric({"seconds": dates}, np.arange(40) >= 20)
    fitted = fit_pipeline({"model": "knn", "model.knn.n_neighbors": 1}, dataset, np.arange(40), 0)
    assert np.array_equal(fitted.pipeline.predict(dataset.X), dataset.y)
