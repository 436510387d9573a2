"""How long a trial may run."""

import pytest

from automl.core.trial import TrialResult, TrialState
from automl.execution.limits import LEAST_S, TimeLimits


def limits_after(*seconds, asked_s=None, state=TrialState.COMPLETE, kind="forest"):
    limits = TimeLimits(asked_s)
    for s in seconds:
        limits.learn(kind, TrialResult(1, state, loss=0.5, seconds=s))
    return limits


def test_a_limit_that_was_asked_for_stays():
    assert limits_after(100.0, 100.0, 1000.0, asked_s=7.0).seconds("forest") == 7.0


def test_the_limit_is_an_hour_until_three_trials_are_complete():
    assert limits_after(1.0, 1.0).seconds("forest") == 3600.0
    assert limits_after(1.0, 1.0, 1.0).seconds("forest") == LEAST_S


@pytest.mark.parametrize(("known", "seconds"), [([1, 2, 3], 300.0), ([40, 50, 1000], 500.0), ([90] * 4, 900.0)])
def test_the_limit_is_ten_times_the_median_and_five_minutes_at_least(known, seconds):
    assert limits_after(*known).seconds("forest") == seconds


@pytest.mark.parametrize("state", [TrialState.PRUNED, TrialState.FAILED, TrialState.CRASHED])
def test_trials_that_were_not_evaluated_on_every_fold_do_not_count(state):
    assert limits_after(1.0, 1.0, 1.0, state=state).seconds("forest") == 3600.0


def test_fast_families_do_not_shorten_the_limit_of_networks():
    limits = limits_after(1.0, 1.0, 1.0)
    assert limits.seconds("network") == 3600.0
    limits.learn("network", TrialResult(4, TrialState.COMPLETE, loss=0.5, seconds=900.0))
    assert limits.seconds("forest") == LEAST_S
