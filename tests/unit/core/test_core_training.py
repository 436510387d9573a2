"""What a trial keeps of the trainings of its folds."""

import json
import math
from itertools import pairwise

import pytest

from automl.core.records import read_result, result_record
from automl.core.training import Training, TrialTraining, over_folds
from automl.core.trial import TrialResult, TrialState


def trained(*losses, best_epoch=None, **curves):
    return Training({"loss": losses, **curves}, best_epoch=best_epoch, n_parameters=9, architecture="Dense")


def test_a_curve_is_the_mean_over_the_folds_that_were_still_training():
    found = over_folds([trained(1.0, 0.5, best_epoch=2), trained(0.5, 0.25, 0.125, best_epoch=3)])
    assert found == TrialTraining(
        epochs=(1, 2, 3),
        curves={"loss": (0.75, 0.375, 0.125)},
        n_epochs=(2, 3),
        best_epochs=(2, 3),
        n_parameters=9,
        architecture="Dense",
    )


def test_a_trial_whose_models_say_nothing_keeps_nothing():
    assert over_folds([]) is None


def test_numbers_are_kept_to_five_digits():
    assert over_folds([trained(1 / 3, 12345678.9, 1e-9 / 3)]).curves["loss"] == (0.33333, 12346000.0, 3.3333e-10)


def test_an_epoch_without_a_finite_number_has_none():
    nan, inf = math.nan, math.inf
    found = over_folds([trained(nan, inf, 1.0, 1.7e308), trained(nan, 1.0, 3.0, 1.7e308)])
    assert found.curves["loss"] == (None, 1.0, 2.0, 1.7e308)


def test_a_curve_that_only_some_folds_have_is_theirs():
    found = over_folds([trained(1.0, 1.0), trained(1.0, 1.0, valid_loss=(4.0, 2.0))])
    assert found.curves["valid_loss"] == (4.0, 2.0)


def test_best_epochs_are_not_known_unless_every_fold_knows_its_own():
    assert over_folds([trained(1.0, best_epoch=1), trained(1.0)]).best_epochs == ()


def test_a_very_long_training_is_thinned_out():
    found = over_folds([trained(*range(1, 10_001), best_epoch=7_777)])
    assert len(found.epochs) == len(found.curves["loss"]) == 500
    assert {1, 7_777, 10_000} <= set(found.epochs)
    assert found.curves["loss"] == found.epochs
    assert found.n_epochs == (10_000,)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 10, 99, 100, 101])
def test_thinning_keeps_the_first_the_last_the_best_and_no_more_than_there_is_room_for(n):
    whole = over_folds([trained(*range(100), best_epoch=42), trained(*range(80), best_epoch=71)])
    found = whole.thinned(n)
    assert min(n, 100) - 3 < len(found.epochs) == len(found.curves["loss"]) <= n
    assert set((1, 100, 42, 71)[:n]) <= set(found.epochs)
    assert list(found.epochs) == sorted(set(found.epochs))


def test_what_is_left_after_thinning_is_spread_evenly():
    epochs = over_folds([trained(*range(500))]).thinned(50).epochs
    gaps = {after - before for before, after in pairwise(epochs)}
    assert gaps == {10, 11}


def result(training):
    return TrialResult(3, TrialState.COMPLETE, loss=0.5, training=training)


def test_a_training_is_read_back_from_its_record():
    whole = result(over_folds([trained(1.0, math.nan, best_epoch=1, valid_loss=(0.5, 0.25))]))
    assert read_result(json.loads(json.dumps(result_record(whole), allow_nan=False))) == whole


def test_a_record_from_before_there_were_trainings_is_read():
    record = result_record(result(None))
    assert "training" not in record
    assert read_result(record) == result(None)
