import numpy as np
import pytest

from automl.pipeline.registry import Rows
from automl.preprocess import impute, rows, scale, select

Y = np.arange(40) % 2


def build(stage, option, context, **params):
    return stage.STAGE.options[option].build(params, context)


def columns(n_features, *, informative=0):
    X = np.random.default_rng(0).normal(size=(40, n_features))
    X[:, informative] += 5 * Y
    return X


@pytest.mark.parametrize("strategy", ["mean", "median", "most_frequent"])
def test_column_without_a_value_keeps_its_place(make_context, strategy):
    X = np.column_stack([np.arange(40.0), np.full(40, np.nan)])
    assert build(impute, strategy, make_context(Y)).fit_transform(X).shape == (40, 2)


def test_indicator_says_where_values_were_missing(make_context):
    X = np.array([[1.0], [np.nan], [3.0]])
    made = build(impute, "mean", make_context([0, 1, 0]), indicator=True).fit_transform(X)
    assert made.tolist() == [[1, 0], [2, 1], [3, 0]]


@pytest.mark.parametrize("option", ["kbest_f", "kbest_mi", "model"])
@pytest.mark.parametrize(("share", "n_kept"), [(1.0, 8), (0.5, 4), (0.3, 2), (0.01, 1)])
def test_share_of_the_columns_is_kept_and_never_none(make_context, option, share, n_kept):
    context = make_context(Y, n_features=8)
    made = build(select, option, context, share=share).fit_transform(columns(8), Y)
    assert made.shape == (40, n_kept)


@pytest.mark.parametrize("option", ["kbest_f", "kbest_mi", "model"])
def test_the_informative_column_is_kept(make_context, option):
    selector = build(select, option, make_context(Y, n_features=8), share=0.1).fit(columns(8, informative=5), Y)
    assert selector.get_support(indices=True).tolist() == [5]


def test_settled_selector_holds_a_plain_function(make_context):
    selector = build(select, "kbest_mi", make_context(Y, n_features=8)).fit(columns(8), Y)
    select.STAGE.options["kbest_mi"].settle(selector)
    assert selector.score_func.__module__.startswith("sklearn.")
    assert selector.transform(columns(8)).shape == (40, 4)


@pytest.mark.parametrize(("variance", "n_kept"), [(1.0, 3), (0.9, 1)])
def test_pca_keeps_a_share_of_the_variance(make_context, variance, n_kept):
    X = columns(3) * [100, 1, 1]
    assert build(select, "pca", make_context(Y, n_features=3), variance=variance).fit_transform(X).shape[1] == n_kept


def test_quantiles_are_no_more_than_rows(make_context):
    assert build(scale, "quantile", make_context(Y)).n_quantiles == 40


@pytest.mark.parametrize("stage", [scale, select, rows])
def test_none_builds_nothing(make_context, stage):
    assert build(stage, "none", make_context(Y)) is None


def test_balanced_classes_weigh_the_same_and_a_row_1_on_average(make_context):
    y = np.array([0] * 6 + [1] * 2)
    made = build(rows, "class_weights", make_context(y))(Rows(np.zeros((8, 1)), y, np.arange(8)))
    assert np.bincount(y, weights=made.sample_weight).tolist() == pytest.approx([4, 4])


def test_balancing_multiplies_weights_there_are(make_context):
    y = np.array([0, 0, 1])
    given = Rows(np.zeros((3, 1)), y, np.arange(3), np.array([1.0, 2.0, 4.0]))
    made = build(rows, "class_weights", make_context(y))(given)
    assert made.sample_weight.tolist() == pytest.approx([0.75, 1.5, 6.0])
