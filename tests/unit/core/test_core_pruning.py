"""The bars of a new trial, from how the finished ones stood on the same folds."""

import numpy as np
import pytest

from automl.core.metric import METRICS
from automl.core.pruning import N_COMPLETE, N_OF_FAMILY, bars, running_loss
from automl.core.trial import Suggestion, Trial, TrialResult, TrialState

LOG_LOSS = METRICS["log_loss"]
FAMILIES = ("svm", "knn", "forest")


def trial(number, scores, *, family="svm", state=TrialState.COMPLETE, metric="log_loss"):
    result = TrialResult(number, state, loss=0.0, fold_scores={metric: tuple(scores)})
    return Trial(Suggestion(number, {"model": family}, seed=0), result)


def made(n_trials=24, n_folds=5, *, swing=0.02, seed=0):
    """Trials from good to bad, log loss 0.3 to 0.6, on folds of which the first is hard."""
    rng = np.random.default_rng(seed)
    hardness = np.array([0.5, *np.zeros(n_folds - 1)])
    levels = rng.permutation(np.linspace(0.3, 0.6, n_trials))
    scores = [level + hardness + rng.normal(0, swing, n_folds) for level in levels]
    return [trial(k, s.tolist(), family=FAMILIES[k % 3]) for k, s in enumerate(scores, 1)]


def stops_after(scores, found, metric=LOG_LOSS):
    """Number of folds after which a trial with these scores stops, ``None`` for never."""
    for k, bar in enumerate(found, 1):
        if bar is not None and running_loss(scores[:k], metric) > bar:
            return k
    return None


# --- when nothing is stopped ------------------------------------------------------------------------------------------


def test_there_are_no_bars_before_enough_trials_are_complete():
    trials = made()
    assert bars(trials[: N_COMPLETE - 1], "svm", LOG_LOSS) == ()
    assert bars(trials[:N_COMPLETE], "svm", LOG_LOSS) != ()


def test_a_family_is_not_stopped_before_some_of_its_trials_are_complete():
    trials = [*made(), trial(90, [0.4] * 5, family="mlp")]
    assert N_OF_FAMILY == 2
    assert bars(trials, "mlp", LOG_LOSS) == ()
    assert bars([*trials, trial(91, [0.4] * 5, family="mlp")], "mlp", LOG_LOSS) != ()


@pytest.mark.parametrize("state", [TrialState.PRUNED, TrialState.FAILED])
def test_only_complete_trials_count(state):
    others = [trial(100 + k, [0.1] * 5, state=state) for k in range(20)]
    assert bars(others, "svm", LOG_LOSS) == ()
    assert bars([*made(), *others], "svm", LOG_LOSS) == bars(made(), "svm", LOG_LOSS)


@pytest.mark.parametrize(
    ("n_folds", "looks"), [(2, []), (3, [2]), (4, [2, 3]), (5, [2, 3, 4]), (10, [4, 5, 6, 7, 8, 9])]
)
def test_the_first_look_is_after_two_folds_and_a_third_of_them_and_none_after_the_last(n_folds, looks):
    found = bars(made(n_folds=n_folds), "svm", LOG_LOSS)
    assert len(found) == n_folds - 1
    assert [k for k, bar in enumerate(found, 1) if bar is not None] == looks


# --- who is stopped ---------------------------------------------------------------------------------------------------


def test_a_trial_much_worse_than_the_best_quarter_stops_at_the_first_look():
    assert stops_after([1.5, 1.0, 1.0, 1.0, 1.0], bars(made(), "svm", LOG_LOSS)) == 2


def test_a_hard_fold_counts_against_nobody():
    assert stops_after([0.82, 0.32, 0.32, 0.32, 0.32], bars(made(), "svm", LOG_LOSS)) is None
    assert stops_after([0.57, 0.57, 0.57, 0.57, 0.57], bars(made(), "svm", LOG_LOSS)) == 3


def test_the_more_the_finished_trials_swing_between_folds_the_longer_one_is_waited_for():
    scores = [0.92, 0.42, 0.42, 0.42, 0.42]
    assert stops_after(scores, bars(made(swing=0.02), "svm", LOG_LOSS)) == 2
    assert stops_after(scores, bars(made(swing=0.2), "svm", LOG_LOSS)) is None


def test_a_family_with_folds_of_its_own_widens_the_margin():
    own = [trial(100 + k, [0.9, 0.5, 0.2, 0.2, 0.2], family="mlp") for k in range(4)]  # begins badly, ends first
    found = bars([*made(), *own], "mlp", LOG_LOSS)
    assert stops_after([0.9, 0.5, 0.2, 0.2, 0.2], found) is None


def test_of_many_searches_none_loses_its_winner():
    """Though folds swing by a third of what lies between the best trial and the worst."""
    for seed in range(40):
        complete = []
        for t in (trials := made(40, swing=0.1, seed=seed)):
            if stops_after(t.result.fold_scores["log_loss"], bars(complete, t.family, LOG_LOSS)) is None:
                complete.append(t)
        winner = min(trials, key=lambda t: np.mean(t.result.fold_scores["log_loss"]))
        assert winner in complete
        assert len(complete) < 40


def test_finished_trials_that_are_all_alike_stop_only_what_is_worse_than_they():
    alike = [trial(k, [0.7, 0.6, 0.65, 0.7, 0.7], family=FAMILIES[k % 3]) for k in range(1, 13)]
    found = bars(alike, "svm", LOG_LOSS)
    assert stops_after([0.7, 0.6, 0.65, 0.7, 0.7], found) is None
    assert stops_after([0.7, 0.61, 0.65, 0.7, 0.7], found) == 2


def test_a_metric_of_which_more_is_better_is_turned():
    trials = [
        trial(t.number, [1 - s for s in t.result.fold_scores["log_loss"]], family=t.family, metric="roc_auc")
        for t in made()
    ]
    found = bars(trials, "svm", METRICS["roc_auc"])
    assert stops_after([-0.5, 0.0, 0.0, 0.0, 0.0], found, METRICS["roc_auc"]) == 2
    assert stops_after([0.2, 0.7, 0.7, 0.7, 0.7], found, METRICS["roc_auc"]) is None


def test_folds_that_do_not_define_the_metric_are_passed_over():
    whole = made(n_folds=4)
    lacking = [
        trial(t.number, [scores[0], None, *scores[1:]], family=t.family)
        for t in whole
        for scores in [t.result.fold_scores["log_loss"]]
    ]
    of_whole, found = bars(whole, "svm", LOG_LOSS), bars(lacking, "svm", LOG_LOSS)
    assert found == (None, None, of_whole[1], of_whole[2])
    assert of_whole[0] is None
    assert running_loss([None, 0.25, None], LOG_LOSS) == 0.25
    assert running_loss([None], LOG_LOSS) is None


def test_the_order_of_the_trials_does_not_matter():
    assert bars(made()[::-1], "svm", LOG_LOSS) == bars(made(), "svm", LOG_LOSS)
