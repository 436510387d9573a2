import warnings

import numpy as np
import pytest
from sklearn.base import clone

from automl.models.svm import FAMILY


def rows(y, *, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(len(y), 2)) + 2 * np.asarray(y)[:, None]


def contrary_groups(y):
    """Two groups in which the classes lie in opposite order: what one teaches is wrong in the other."""
    groups = np.repeat(np.arange(2), len(y) // 2)
    places = np.where(groups == 0, y, y.max() - y)
    return places[:, None] * np.ones(2), groups


def fitted(X, context):
    model = FAMILY.build({}, context)
    model.fit(X, context.y, sample_weight=context.sample_weight)
    FAMILY.settle(model)
    return model


def test_inner_folds_keep_groups_apart(make_context):
    groups = np.repeat(np.arange(10), 3)
    context = make_context(np.arange(30) % 2, groups)
    folds = list(FAMILY.build({}, context).cv.split(None))
    assert len(folds) == 5
    assert not any(set(groups[train]) & set(groups[valid]) for train, valid in folds)
    assert sorted(np.concatenate([valid for _, valid in folds])) == list(range(30))


def test_every_inner_training_part_holds_every_class(make_context):
    y = np.array([0] * 20 + [1] * 2)
    for train, _ in FAMILY.build({}, make_context(y)).cv.split(None):
        assert set(y[train]) == {0, 1}


def test_class_of_one_group_is_calibrated_by_row_and_said(make_context):
    y = np.array([0] * 20 + [1] * 10)
    groups = np.r_[np.repeat(np.arange(5), 4), np.full(10, 9)]
    with pytest.warns(UserWarning, match="one group only: probabilities are calibrated by row"):
        model = fitted(rows(y), make_context(y, groups))
    assert np.isfinite(model.predict_proba(rows(y))).all()


def test_class_of_one_row_is_calibrated_on_the_rows_fitted_and_said(make_context):
    y = np.array([0] * 20 + [1])
    with pytest.warns(UserWarning, match="one row only: probabilities are calibrated on the rows fitted"):
        model = fitted(rows(y), make_context(y))
    assert np.isfinite(model.predict_proba(rows(y))).all()


@pytest.mark.parametrize("n_classes", [2, 3])
def test_probability_never_falls_with_the_margin(make_context, n_classes):
    y = np.arange(12) % n_classes
    X, groups = contrary_groups(y)
    with pytest.warns(UserWarning, match="rank left-out rows the wrong way round"):
        model = fitted(X, make_context(y, groups))
    assert all(calibrator.a_ <= 0 for calibrator in model.calibrated_classifiers_[0].calibrators)


def test_reversed_margins_give_the_share_of_the_class(make_context):
    y = np.array([0, 0, 1] * 4)
    X, groups = contrary_groups(y)
    with pytest.warns(UserWarning, match="class shares are used instead"):
        model = fitted(X, make_context(y, groups))
    assert np.allclose(model.predict_proba(X), [2 / 3, 1 / 3])


def test_no_warning_where_margins_are_right(make_context):
    y = np.arange(30) % 3
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = fitted(rows(y), make_context(y))
    assert (model.predict_proba(rows(y)).argmax(axis=1) == y).mean() > 0.8


def test_folds_are_replaced_by_their_number_so_that_a_clone_fits_other_rows(make_context):
    y = np.arange(30) % 2
    model = fitted(rows(y), make_context(y))
    assert model.cv == 5
    more = np.arange(40) % 2
    assert clone(model).fit(rows(more), more).predict_proba(rows(more)).shape == (40, 2)


def test_weights_reach_margins_and_calibration(make_context):
    y = np.arange(40) % 2
    heavy = fitted(rows(y), make_context(y, sample_weight=np.where(y == 1, 10.0, 1.0)))
    plain = fitted(rows(y), make_context(y))
    assert heavy.predict_proba(rows(y))[:, 1].mean() > plain.predict_proba(rows(y))[:, 1].mean() + 0.05
