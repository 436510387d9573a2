"""How long a trial may run."""

import pytest

from automl.core.trial import TrialResult, TrialState
from automl.execution.limits import LEAST_S, TimeLimit


def result(seconds, loss=0.5):
    return TrialResult(1, TrialState.COMPLETE if loss else TrialState.FAILED, loss=loss, seconds=seconds)


def test_a_limit_that_was_asked_for_stays():
    limit = TimeLimit(7.0, [100.0] * 5)
    limit.learn(result(1000.0))
    assert limit.seconds == 7.0


def test_the_limit_is_an_hour_until_three_trials_are_complete():
    limit = TimeLimit(None, [1.0])
    limit.learn(result(1.0))
    limit.learn(result(0.0, loss=None))
    assert limit.seconds == 3600.0
    limit.learn(result(1.0))
    assert limit.seconds == LEAST_S


@pytest.mark.parametrize(("finished_s", "seconds"), [([1, 2, 3], 300.0), ([40, 50, 1000], 500.0), ([90] * 4, 900.0)])
def test_the_limit_is_ten_times_the_median_and_five_minutes_at_least(finished_s, seconds):
    assert TimeLimit(None, finished_s).seconds == seconds


def test_a_pruned_trial_does_not_shorten_the_limit():
    limit = TimeLimit(None, [100.0] * 3)
    for _ in range(9):
        limit.learn(TrialResult(1, TrialState.PRUNED, loss=0.5, seconds=1.0))
    assert limit.seconds == 1000.0
