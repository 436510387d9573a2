"""A result as it travels from a worker to its driver."""

import math

import pytest

from automl.core.training import Training, over_folds
from automl.core.trial import TrialResult, TrialState
from automl.execution.messages import pack_result, unpack_result


def test_how_the_networks_of_a_trial_were_trained_travels_with_its_result():
    curves = {"loss": (math.inf, 0.5), "valid_loss": (0.7, 0.6)}
    training = over_folds([Training(curves, best_epoch=2, n_parameters=182_234, architecture="Dense\nDense")])
    result = TrialResult(7, TrialState.COMPLETE, loss=0.5, training=training)
    assert unpack_result(pack_result(result)) == result


def test_a_training_that_is_none_is_no_result():
    message = pack_result(TrialResult(7, TrialState.COMPLETE, loss=0.5))
    head = message[8:-1] + b', "training": {"curves": 3}}'
    with pytest.raises(ValueError, match="not a result"):
        unpack_result(len(head).to_bytes(8) + head)
