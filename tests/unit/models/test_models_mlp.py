"""What a multilayer perceptron consists of, and how it is built for a fold."""

import pickle
import warnings

import numpy as np
import pytest
from sklearn.base import clone

from automl.errors import SpaceError
from automl.models.mlp import FAMILY, KerasMLP

ARTICLE = {
    "n_layers": 4,
    "width": 512,
    "shape": "funnel",
    "normalization": "none",
    "dropout": 0.0,
    "input_clip": False,
    "optimizer": "adam",
    "learning_rate": 0.01,
    "schedule": "constant",
}


def rows(y, *, n_features=2, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(len(y), n_features)) + 2 * np.asarray(y)[:, None]


def fitted(y, *, n_features=2, **params):
    return KerasMLP(**{"width": 16, "epochs": 2, **params}).fit(rows(y, n_features=n_features), y)


def hidden_widths(model):
    return [layer.units for layer in model.network_.keras_model().layers if type(layer).__name__ == "Dense"][:-1]


def test_the_article_has_186000_weights_on_its_26_features():
    model = fitted(np.arange(16) % 2, n_features=26, **{**ARTICLE, "epochs": 1})
    assert hidden_widths(model) == [512, 256, 128, 64]
    assert model.n_parameters_ == 186_434


def test_a_funnel_is_never_narrower_than_eight():
    assert hidden_widths(fitted(np.arange(16) % 2, n_layers=4, width=32, shape="funnel")) == [32, 16, 8, 8]


@pytest.mark.parametrize(
    "params",
    [
        {"normalization": "none", "activation": "selu", "optimizer": "sgd", "l2": 1e-4},
        {"normalization": "layer", "activation": "silu", "optimizer": "adam", "label_smoothing": 0.1},
        {"normalization": "batch", "activation": "tanh", "schedule": "plateau", "input_clip": False, "dropout": 0.0},
        {"n_layers": 1, "activation": "mish", "schedule": "constant", "weight_decay": 0.1},
    ],
    ids=str,
)
def test_every_choice_is_trained_and_travels_to_the_bit(params):
    y = np.arange(24) % 3
    model = fitted(y, **params)
    proba = model.predict_proba(rows(y))
    assert np.allclose(proba.sum(axis=1), 1, atol=1e-12)
    assert np.array_equal(pickle.loads(pickle.dumps(model)).predict_proba(rows(y)), proba)


@pytest.mark.parametrize("params", [{"shape": "sphere"}, {"normalization": "group"}, {"optimizer": "lbfgs"}], ids=str)
def test_what_does_not_exist_is_refused_by_name(params):
    with pytest.raises(SpaceError, match=f'there is no .*"{next(iter(params.values()))}"'):
        fitted(np.arange(16) % 2, **params)


def test_clipping_bounds_what_a_wild_number_can_do():
    y = np.arange(48) % 2
    model = fitted(y, n_layers=1, normalization="none")
    far, further = model.predict_proba([[1e3, 1e3], [1e30, 1e30]])
    assert np.allclose(far, further, atol=1e-6)


def test_inner_rows_keep_groups_apart(make_context):
    groups = np.repeat(np.arange(20), 3)
    valid = FAMILY.build({}, make_context(np.arange(60) % 2, groups)).valid_rows
    assert 8 <= len(valid) <= 30
    assert not set(groups[valid]) & set(np.delete(groups, valid))


def test_inner_rows_are_forgotten_so_that_a_clone_fits_other_rows(make_context):
    y = np.arange(60) % 2
    model = FAMILY.build({"epochs": 2, "width": 16}, make_context(y)).fit(rows(y), y)
    FAMILY.settle(model)
    assert model.valid_rows is None
    fewer = np.arange(16) % 2
    assert clone(model).fit(rows(fewer), fewer).predict_proba(rows(fewer)).shape == (16, 2)


def test_eight_rows_and_a_constant_column_are_enough(make_context):
    y = np.arange(8) % 2
    X = np.c_[rows(y)[:, :1], np.ones(8)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = FAMILY.build({"epochs": 30}, make_context(y)).fit(X, y)
    assert len(model.history_["loss"]) == 30
    assert model.history_["valid_loss"] == []
    assert (model.predict(X) == y).mean() >= 0.75


def test_classes_may_be_words():
    y = np.array(["ill", "healthy"] * 10)
    model = KerasMLP(width=16, epochs=2).fit(rows(y == "ill"), y)
    assert model.classes_.tolist() == ["healthy", "ill"]
    assert set(model.predict(rows(y == "ill"))) <= {"healthy", "ill"}
