"""What is read from the attributes of a fitted model."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from automl.core.dataset import ColumnKind, Dataset
from automl.core.training import Training
from automl.pipeline.fit import fit_pipeline
from automl.pipeline.training import read_training


def model(**attributes):
    return SimpleNamespace(**attributes)


def test_a_model_that_says_everything():
    said = model(
        history_={"loss": [1.0, np.float32(0.5)], "valid_loss": np.array([2.0, 1.0]), "valid_accuracy": []},
        best_epoch_=np.int64(1),
        n_parameters_=7,
        architecture_="Dense",
        device_="CPU",
    )
    assert read_training(said) == Training(
        {"loss": (1.0, 0.5), "valid_loss": (2.0, 1.0)}, best_epoch=2, n_parameters=7, architecture="Dense", device="CPU"
    )


def test_a_model_may_say_its_size_alone():
    assert read_training(model(n_parameters_=7)) == Training(n_parameters=7)


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"history_": [{"train_loss": 1.0}]},
        {"history_": {"loss": "falling"}},
        {"history_": {"loss": 1.0}},
        {"history_": {1: [1.0]}},
        {"history_": {}, "best_epoch_": 3},
        {"n_parameters_": "many"},
        {"n_parameters_": -1},
        {"architecture_": "a brain"},
    ],
    ids=str,
)
def test_attributes_that_mean_something_else_say_nothing(attributes):
    assert read_training(model(**attributes)) is None


def test_an_attribute_that_fails_does_not_fail_the_model():
    class Odd:
        n_parameters_ = 3

        @property
        def architecture_(self):
            raise ValueError("too odd")

    assert read_training(Odd()) == Training(n_parameters=3)


def test_an_architecture_that_is_too_long_is_cut():
    text = read_training(model(n_parameters_=1, architecture_="layer\n" * 10_000)).architecture
    assert len(text) == 4000
    assert text.endswith("\n... cut here")


def test_an_architecture_that_no_file_takes_is_escaped():
    assert read_training(model(n_parameters_=1, architecture_="\ud800")).architecture == "\\ud800"


@pytest.fixture
def made():
    y = np.arange(60) % 2
    X = pd.DataFrame({"x": np.random.default_rng(0).normal(size=60) + y})
    return Dataset("made", X, {"x": ColumnKind.NUMERIC}, y, ("a", "b"), fingerprint="")


def test_a_fitted_network_says_how_it_was_trained(made):
    config = {"scale": "standard", "model": "mlp", "model.mlp.epochs": 3, "model.mlp.width": 8}
    training = fit_pipeline(config, made, np.arange(60), seed=0).training
    assert set(training.curves) == {"loss", "accuracy", "valid_loss", "valid_accuracy", "learning_rate"}
    assert training.n_epochs == 3
    assert 1 <= training.best_epoch <= 3
    valid_loss = training.curves["valid_loss"]
    assert valid_loss[training.best_epoch - 1] == min(valid_loss)
    assert "Dense" in training.architecture
    assert training.architecture.endswith(f"{training.n_parameters:,} weights in all")


def test_a_fitted_svm_says_nothing(made):
    assert fit_pipeline({"scale": "standard", "model": "svm"}, made, np.arange(60), seed=0).training is None
