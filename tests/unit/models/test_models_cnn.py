"""What a convolutional network consists of, and what it makes of images and numbers."""

import pickle
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from sklearn.base import clone

from automl.errors import SpaceError
from automl.models import _keras_classifier
from automl.models.cnn import FAMILY, KerasCNN
from automl.pipeline.checks import check_family
from automl.pipeline.made_rows import made_rows
from automl.pipeline.registry import InputKind

Y = np.arange(48) % 3
IMAGE, OTHER, VECTOR = ("image", (8, 8)), ("image", (9, 12)), ("vector", (3,))
SMALL = {"n_blocks": 2, "filters": 4, "epochs": 2}
ARTICLE = {
    "normalization": "none",
    "head": "flatten",
    "dropout": 0.5,
    "dense_width": 256,
    "optimizer": "adam",
    "schedule": "constant",
    "batch_size": 32,
    "epochs": 100,
}


def rows(*inputs, y=Y):
    width = sum(int(np.prod(shape)) for _, shape in inputs)
    X = np.random.default_rng(0).normal(size=(len(y), width))
    return X + (np.arange(width) % 3 == np.asarray(y)[:, None])


def fitted(*inputs, y=Y, **params):
    return KerasCNN(inputs=inputs, **{**SMALL, **params}).fit(rows(*inputs, y=y), y)


def layers_of(model):
    return model.network_.keras_model().layers


def kinds_of(model):
    return Counter(type(layer).__name__ for layer in layers_of(model))


def test_the_network_of_the_article_can_be_chosen():
    y = np.arange(16) % 2
    model = fitted(("image", (150, 150)), y=y, **SMALL | ARTICLE | {"n_blocks": 4, "filters": 16, "epochs": 1})
    convolutions = [layer for layer in layers_of(model) if type(layer).__name__ == "Conv2D"]
    assert [(c.filters, c.kernel_size) for c in convolutions] == [(n, (3, 3)) for n in (16, 32, 64, 64)]
    shapes = {type(layer).__name__: tuple(layer.output.shape[1:]) for layer in layers_of(model)}
    assert (shapes["MaxPooling2D"], shapes["Flatten"]) == ((9, 9, 64), (9 * 9 * 64,))
    assert [layer.units for layer in layers_of(model) if type(layer).__name__ == "Dense"] == [256, 2]
    assert model.n_parameters_ == 1_388_098


@pytest.mark.parametrize(
    "params",
    [
        {"block": "residual", "n_convs": 2, "head": "average_max"},
        {"block": "separable", "n_convs": 2, "activation": "selu", "normalization": "none", "optimizer": "sgd"},
        {"head": "flatten", "dense_width": 8, "normalization": "layer", "activation": "silu", "dropout": 0.0},
        {"block": "residual", "normalization": "none", "kernel_size": 5, "pool": 3, "l2": 1e-4, "optimizer": "adam"},
    ],
    ids=str,
)
def test_every_choice_is_trained_and_travels_to_the_bit(params):
    model = fitted(IMAGE, VECTOR, **params)
    proba = model.predict_proba(rows(IMAGE, VECTOR))
    assert np.allclose(proba.sum(axis=1), 1, atol=1e-12)
    assert np.array_equal(pickle.loads(pickle.dumps(model)).predict_proba(rows(IMAGE, VECTOR)), proba)


@pytest.mark.parametrize(("block", "shape"), [("plain", (8, 8)), ("residual", (8, 21)), ("separable", (9, 1))])
def test_pooling_ends_where_a_side_has_come_to_one(block, shape):
    model = fitted(("image", shape), block=block, n_blocks=5, pool=3, kernel_size=5, epochs=1)
    assert np.isfinite(model.predict_proba(rows(("image", shape)))).all()


def test_filters_double_up_to_a_limit():
    model = fitted(IMAGE, n_blocks=4, filters=4, max_filters=10, epochs=1)
    assert [c.filters for c in layers_of(model) if type(c).__name__ == "Conv2D"] == [4, 8, 10, 10]


def test_every_image_has_layers_of_its_own():
    one, two, both = (kinds_of(fitted(*inputs, epochs=1)) for inputs in ([IMAGE], [OTHER], [IMAGE, OTHER, VECTOR]))
    assert both["Conv2D"] == one["Conv2D"] + two["Conv2D"] == 4
    assert both["Concatenate"] == 1


def test_every_input_counts():
    inputs = (IMAGE, OTHER, VECTOR)
    model, X = fitted(*inputs), rows(*inputs)
    ends = np.cumsum([int(np.prod(shape)) for _, shape in inputs])
    for start, end in zip([0, *ends], ends, strict=False):
        without = X.copy()
        without[:, start:end] = 0
        assert not np.array_equal(model.predict_proba(without), model.predict_proba(X))


def test_numbers_alone_are_refused():
    with pytest.raises(SpaceError, match="needs an image in every row"):
        fitted(VECTOR)


@pytest.mark.parametrize("params", [{"block": "dense"}, {"head": "tail"}, {"normalization": "group"}], ids=str)
def test_what_does_not_exist_is_refused_by_name(params):
    with pytest.raises(SpaceError, match=f'there is no .*"{next(iter(params.values()))}"'):
        fitted(IMAGE, **params)


@pytest.mark.parametrize("block", ["plain", "residual", "separable"])
def test_the_same_seed_gives_the_same_bits(block):
    proba = []
    for seed in (0, 1, 0):
        _keras_classifier._last.clear()
        model = fitted(IMAGE, VECTOR, block=block, head="average_max", random_state=seed)
        proba.append(model.predict_proba(rows(IMAGE, VECTOR)))
    assert np.array_equal(proba[0], proba[2])
    assert not np.array_equal(proba[0], proba[1])


def test_folds_of_a_trial_share_one_network():
    _keras_classifier._last.clear()
    first = fitted(IMAGE, VECTOR, gain=0.5, mixup=0.2)
    (program,) = _keras_classifier._last.values()
    before = first.predict_proba(rows(IMAGE, VECTOR))
    fitted(IMAGE, VECTOR, y=Y[:30], gain=0.5, mixup=0.2)
    assert list(_keras_classifier._last.values()) == [program]
    assert program._epoch.experimental_get_tracing_count() == 1
    assert np.array_equal(first.predict_proba(rows(IMAGE, VECTOR)), before)


def test_a_row_alone_gets_what_it_gets_among_others():
    model, X = fitted(IMAGE, VECTOR, block="residual"), rows(IMAGE, VECTOR)
    alone = np.vstack([model.predict_proba(x[None]) for x in X[:4]])
    assert np.allclose(alone, model.predict_proba(X)[:4], atol=1e-5)


def test_a_batch_to_predict_is_as_large_as_the_widest_layer_allows():
    model = fitted(("image", (32, 32)), filters=16, epochs=1)
    predictor = model.network_._predictor
    assert predictor._batch_rows == 2**23 // (32 * 32 * 16)


def test_weights_draw_towards_what_is_heavy():
    X = rows(IMAGE)
    heavy, plain = (
        KerasCNN(inputs=(IMAGE,), **{**SMALL, "epochs": 8}).fit(X, Y, sample_weight=np.where(Y == 2, w, 1.0))
        for w in (20.0, 1.0)
    )
    assert heavy.predict_proba(X)[:, 2].mean() > plain.predict_proba(X)[:, 2].mean() + 0.05


def test_a_clone_of_what_was_settled_fits_other_rows():
    made = made_rows(FAMILY.takes)
    model = FAMILY.build(SMALL, made.context()).fit(made.rows.X, made.rows.y)
    FAMILY.settle(model)
    assert (model.valid_rows, model.idle_rows) == (None, ())
    fewer = made.rows.X[:16], made.rows.y[:16]
    assert clone(model).fit(*fewer).predict_proba(fewer[0]).shape == (16, 2)


@pytest.mark.slow
def test_images_alone_keep_every_rule_too():
    def build(params, context):
        return FAMILY.build({"epochs": 10, "n_blocks": 2, **params}, context)

    check_family(replace(FAMILY, takes=frozenset({InputKind.IMAGE}), build=build))
