"""The training of networks: the same bits every time, and the best epoch kept."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import log_loss

from automl.errors import DataError
from automl.models import _keras_classifier
from automl.models._keras_classifier import KerasClassifier
from automl.models.mlp import KerasMLP

Y = np.arange(90) % 3
X = np.random.default_rng(0).normal(size=(90, 4)) + Y[:, None] * [1, 0, -1, 0]
SMALL = {"width": 16, "n_layers": 2, "epochs": 4}

IN_ANOTHER_PROCESS = """
import sys
sys.path.insert(0, sys.argv[1])
from test_models_keras_training import SMALL, X, Y
from automl.models.mlp import KerasMLP
sys.stdout.write(KerasMLP(**SMALL, random_state=5).fit(X, Y).predict_proba(X).tobytes().hex())
"""


@dataclass(eq=False, repr=False, kw_only=True)
class TwoInputs(KerasClassifier):
    """A picture and a vector, joined."""

    def layers(self, inputs):
        from keras import layers

        picture, vector = inputs
        return layers.Concatenate()([layers.Flatten()(picture), layers.Dense(3)(vector)])


@pytest.fixture
def forget():
    """Forget the network trained last."""
    _keras_classifier._last.clear()
    return _keras_classifier._last.clear


def proba(rows=slice(None), **params):
    return KerasMLP(**{**SMALL, **params}).fit(X[rows], Y[rows]).predict_proba(X)


def test_a_network_trained_before_changes_no_bit(forget):
    once = proba(random_state=1)
    proba(slice(50), random_state=2)
    assert np.array_equal(proba(random_state=1), once)
    forget()
    assert np.array_equal(proba(random_state=1), once)
    assert not np.array_equal(proba(random_state=2), once)


def test_folds_of_a_trial_share_one_network(forget):
    first = KerasMLP(**SMALL).fit(X, Y)
    (program,) = _keras_classifier._last.values()
    before = first.predict_proba(X)
    second = KerasMLP(**SMALL).fit(X[:60], Y[:60])
    assert list(_keras_classifier._last.values()) == [program]
    assert program._epoch.experimental_get_tracing_count() == 1
    assert np.array_equal(first.predict_proba(X), before)
    assert not np.array_equal(second.predict_proba(X), before)


def test_another_network_takes_the_place_of_the_last_one(forget):
    model = KerasMLP(**SMALL).fit(X, Y)
    before = model.predict_proba(X)
    proba(width=8)
    assert len(_keras_classifier._last) == 1
    assert np.array_equal(model.predict_proba(X), before)


@pytest.mark.slow
def test_another_process_gets_the_same_bits_and_says_nothing():
    folder = str(Path(__file__).parent)
    ran = subprocess.run(
        [sys.executable, "-c", IN_ANOTHER_PROCESS, folder], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert np.array_equal(np.frombuffer(bytes.fromhex(ran.stdout)).reshape(-1, 3), proba(random_state=5))


def test_the_best_epoch_is_kept_and_waiting_ends():
    valid = np.arange(60, 90)
    noise = np.random.default_rng(1).permutation(Y)
    model = KerasMLP(**{**SMALL, "epochs": 60}, learning_rate=0.02, patience=3, valid_rows=valid).fit(X, noise)
    losses = model.history_["valid_loss"]
    assert model.best_epoch_ == int(np.argmin(losses))
    assert len(losses) == model.best_epoch_ + 4 < 60
    assert log_loss(noise[valid], model.predict_proba(X[valid])) == pytest.approx(min(losses), rel=1e-6)


def test_every_epoch_leaves_its_numbers():
    history = KerasMLP(**SMALL, schedule="constant").fit(X, Y).history_
    assert {name: len(numbers) for name, numbers in history.items()} == dict.fromkeys(
        ("loss", "accuracy", "valid_loss", "valid_accuracy", "learning_rate"), 4
    )
    assert history["learning_rate"] == [1e-3] * 4
    assert history["loss"][-1] < history["loss"][0]


def test_rows_set_aside_are_not_trained_on():
    valid = np.arange(60, 90)
    nonsense = np.r_[Y[:60], np.roll(Y[60:], 1)]
    fits = [KerasMLP(**{**SMALL, "epochs": 1}, valid_rows=valid).fit(X, y) for y in (Y, nonsense)]
    assert np.array_equal(*(model.predict_proba(X) for model in fits))


def test_idle_rows_are_neither_trained_on_nor_looked_at():
    rows = {"valid_rows": np.arange(50, 70), "idle_rows": np.arange(70, 90)}
    nonsense = np.r_[Y[:70], np.roll(Y[70:], 1)]
    fits = [KerasMLP(**SMALL, **rows).fit(X, y) for y in (Y, nonsense)]
    assert np.array_equal(*(model.predict_proba(X) for model in fits))
    assert fits[0].history_ == fits[1].history_


@pytest.mark.parametrize("valid", [np.arange(60, 90), []], ids=["watched", "not watched"])
def test_a_training_that_diverges_says_so(valid):
    model = KerasMLP(**SMALL, optimizer="sgd", learning_rate=1e30, normalization="none", valid_rows=valid)
    with pytest.raises(DataError, match=r"the training diverged in epoch \d"):
        model.fit(X, Y)


def test_a_training_that_diverged_leaves_nothing_behind(forget):
    params = {**SMALL, "normalization": "none", "input_clip": False, "optimizer": "adam"}
    once = proba(**params)
    with pytest.raises(DataError, match="the training diverged in epoch 1"):
        KerasMLP(**params).fit(X * 1e30, Y)
    assert np.array_equal(proba(**params), once)


def test_weights_draw_towards_what_is_heavy():
    heavy, plain = (
        KerasMLP(**{**SMALL, "epochs": 20}).fit(X, Y, sample_weight=np.where(Y == 2, w, 1.0)) for w in (20.0, 1.0)
    )
    assert heavy.predict_proba(X)[:, 2].mean() > plain.predict_proba(X)[:, 2].mean() + 0.05


def test_only_the_proportions_of_weights_count():
    one, two = (KerasMLP(**SMALL).fit(X, Y, sample_weight=np.full(90, w)) for w in (1.0, 2.0))
    assert np.array_equal(one.predict_proba(X), two.predict_proba(X))


def test_weights_that_are_zero_for_all_rows_trained_on_are_refused():
    with pytest.raises(DataError, match="the weights of all rows to train on are 0"):
        KerasMLP(**SMALL, valid_rows=np.arange(60, 90)).fit(X, Y, sample_weight=np.r_[np.zeros(60), np.ones(30)])


@pytest.mark.parametrize("n_rows", [1, 8, 31, 500])
@pytest.mark.parametrize("batch_size", [1, 32])
def test_batches_hold_every_row_once_and_are_even(n_rows, batch_size):
    from automl.models._keras_training import _batch_ends

    sizes = np.diff(_batch_ends(n_rows, batch_size))
    assert sizes.sum() == n_rows
    assert sizes.max() - sizes.min() <= 1
    assert sizes.max() <= max(batch_size, 1)


def test_penalties_draw_weights_towards_zero():
    def size(**params):
        model = KerasMLP(**SMALL, learning_rate=0.01, **params).fit(X, Y).network_.keras_model()
        return sum(float(np.square(v.numpy()).sum()) for v in model.trainable_variables if len(v.shape) > 1)

    assert size(optimizer="adam", l2=1.0) < 0.9 * size(optimizer="adam")
    assert size(optimizer="adamw", weight_decay=5.0) < 0.9 * size(optimizer="adamw", weight_decay=0.0)


def test_a_network_may_have_several_inputs_of_any_shape():
    pictures = np.random.default_rng(0).normal(size=(90, 2 * 3))
    model = TwoInputs(inputs=(("image", (2, 3)), ("vector", (4,))), epochs=2).fit(np.hstack([pictures, X]), Y)
    assert model.predict_proba(np.hstack([pictures, X])).shape == (90, 3)
    assert [tuple(i.shape) for i in model.network_.keras_model().inputs] == [(None, 2, 3), (None, 4)]


def test_columns_that_do_not_fit_the_inputs_are_refused():
    with pytest.raises(ValueError, match=r"inputs of shapes \[\(3,\)\] take 3 columns, X has 4"):
        KerasMLP(**SMALL, inputs=(("vector", (3,)),)).fit(X, Y)


def test_the_keras_model_gives_the_probabilities_and_is_a_copy():
    model = KerasMLP(**SMALL).fit(X, Y)
    before = model.predict_proba(X)
    network = model.network_.keras_model()
    assert np.allclose(network([X.astype(np.float32)]).numpy(), before, atol=1e-6)
    network.set_weights([0 * w for w in network.get_weights()])
    assert np.array_equal(model.predict_proba(X), before)
