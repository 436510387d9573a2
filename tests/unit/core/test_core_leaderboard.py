"""Only a trial that was evaluated on every fold is ranked."""

import pytest

from automl.core.leaderboard import best_of_each_family, improvements, is_better, standing_of, standings
from automl.core.metric import METRICS
from automl.core.trial import Suggestion, Trial, TrialResult, TrialState

METRIC = METRICS["log_loss"]


def trial(number, loss, folds, state=TrialState.COMPLETE):
    result = TrialResult(number, state, loss=loss, fold_scores={"log_loss": folds, "f1": (None,) * len(folds)})
    return Trial(Suggestion(number, {"model": "knn"}, seed=0), result)


PRUNED = trial(1, 0.1, (0.1, 0.1, None, None, None), TrialState.PRUNED)
TRIALS = [PRUNED, trial(2, 0.4, (0.3, 0.5)), trial(3, None, (), TrialState.FAILED), trial(4, 0.3, (0.3, 0.3))]


def test_a_pruned_trial_has_neither_rank_nor_score_however_good_its_folds():
    ranked = standings(TRIALS, METRIC)
    lines = [(s.rank, s.trial.number, s.score) for s in ranked]
    assert lines == [(1, 4, 0.3), (2, 2, 0.4), (None, 1, None), (None, 3, None)]
    assert standing_of(PRUNED, METRIC) == ranked[2]


def test_a_pruned_trial_never_leads():
    assert not is_better(PRUNED, None)
    assert improvements(TRIALS, METRIC) == ((2, 0.4), (4, 0.3))
    assert [s.trial.number for s in best_of_each_family(standings(TRIALS, METRIC))] == [4]


@pytest.mark.parametrize(
    ("state", "folds", "words"),
    [
        (TrialState.COMPLETE, (0.1, 0.2), "complete"),
        (TrialState.TIMED_OUT, (), "timed out"),
        (TrialState.PRUNED, (0.1, 0.1, None, None, None), "pruned after 2 of 5 folds"),
        (TrialState.PRUNED, (0.1, None, 0.1, None), "pruned after 3 of 4 folds"),
    ],
)
def test_the_end_of_a_trial_is_said_in_words(state, folds, words):
    assert trial(1, 0.1, folds, state).ending == words
