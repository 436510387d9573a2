from __future__ import annotations

import pytest

from automl.core.trial import Suggestion, Trial, TrialResult, TrialState
from automl.errors import NoTrialSucceededError
from automl.evaluation.selection import best_trial, tied_trials


def trial(number, loss, folds=(), state=TrialState.COMPLETE):
    result = TrialResult(number, state, loss=loss, fold_scores={"log_loss": folds})
    return Trial(Suggestion(number, {"model": "knn"}, seed=0), result)


def test_the_lowest_loss_wins():
    assert best_trial([trial(1, 0.4), trial(2, 0.3), trial(3, 0.5)]).number == 2


def test_of_equal_trials_the_earliest_wins_whatever_their_order():
    assert best_trial([trial(3, 0.3), trial(2, 0.3), trial(1, 0.4)]).number == 2


def test_only_complete_trials_can_win():
    trials = [trial(1, 0.1, state=TrialState.PRUNED), trial(2, None, state=TrialState.FAILED), trial(3, 0.5)]
    assert best_trial(trials).number == 3


def test_without_a_complete_trial_there_is_no_best():
    with pytest.raises(NoTrialSucceededError, match="none of 2 trials succeeded"):
        best_trial([trial(n, None, state=TrialState.CRASHED) for n in (1, 2)])


def test_trials_within_one_standard_error_are_tied_with_the_best_best_first():
    folds = (0.2, 0.3, 0.4, 0.3, 0.3)  # sample standard deviation 0.0707, standard error 0.0316
    trials = [trial(1, 0.332, folds), trial(2, 0.331, folds), trial(3, 0.3, folds), trial(4, 0.3317, folds)]
    assert [t.number for t in tied_trials(trials, "log_loss")] == [3, 2]


def test_folds_that_do_not_define_the_metric_do_not_count():
    trials = [trial(1, 0.3, (0.2, None, 0.4)), trial(2, 0.39), trial(3, 0.41)]  # standard error 0.1
    assert [t.number for t in tied_trials(trials, "log_loss")] == [1, 2]


@pytest.mark.parametrize("folds", [(), (None, None), (0.3, None)])
def test_without_two_folds_only_equal_trials_are_tied(folds):
    trials = [trial(1, 0.3, folds), trial(2, 0.3), trial(3, 0.3001)]
    assert [t.number for t in tied_trials(trials, "log_loss")] == [1, 2]
