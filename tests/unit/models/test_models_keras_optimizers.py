import numpy as np
import pytest

from automl.errors import SpaceError
from automl.models._keras_optimizers import Optimizer
from automl.models._tensorflow import start_tensorflow

SHAPES = ((3, 2), (2,))


def made_weights():
    start_tensorflow(1)
    import keras

    rng = np.random.default_rng(0)
    return [keras.Variable(rng.normal(size=shape), dtype="float32") for shape in SHAPES]


def theirs(name, decay, weights):
    from keras import optimizers

    made = {
        "adam": lambda: optimizers.Adam(0.01),
        "adamw": lambda: optimizers.AdamW(0.01, weight_decay=decay),
        "sgd": lambda: optimizers.SGD(0.01, momentum=0.9, nesterov=True),
    }[name]()
    made.exclude_from_weight_decay(var_list=weights[1:])
    return made


@pytest.mark.parametrize("name", ["adam", "adamw", "sgd"])
def test_a_step_is_that_of_keras(name):
    import tensorflow as tf

    ours, others = made_weights(), made_weights()
    optimizer, keras_optimizer = Optimizer(name, ours, weight_decay=2.0), theirs(name, 2.0, others)
    optimizer.learning_rate.assign(0.01)
    for seed in range(5):
        gradients = [tf.constant(np.random.default_rng(seed).normal(size=s), tf.float32) for s in SHAPES]
        optimizer.apply(gradients)
        keras_optimizer.apply(gradients, others)
    for our, other in zip(ours, others, strict=True):
        assert np.allclose(our.value.numpy(), other.value.numpy(), rtol=1e-5, atol=1e-6)


def test_an_unknown_one_is_refused():
    with pytest.raises(SpaceError, match='there is no optimizer "lbfgs"'):
        Optimizer("lbfgs", made_weights(), weight_decay=0.0)
