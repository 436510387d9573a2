from __future__ import annotations

import numpy as np
import pytest

from automl.core.metric import METRICS
from automl.evaluation.estimates import bbc_cv, bbc_seconds, holdout_estimates, no_skill
from automl.evaluation.metrics import NEEDS_NO_CLASS, resampled_scores, row_losses, scores
from automl.evaluation.resampling import Resampling, Units


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def two_classes(p):
    return np.stack([1 - p, p], axis=-1)


def noise_search(rng, n_units=40, rows_per_unit=3, n_trials=50):
    """(oof, y, units): patients with a class each, and trials that guess by patient."""
    of_row = np.repeat(np.arange(n_units), rows_per_unit)
    y = (np.arange(n_units) % 2)[of_row]
    guess = rng.normal(size=(n_trials, n_units))[:, of_row] + 0.3 * rng.normal(size=(n_trials, len(of_row)))
    return two_classes(sigmoid(guess)), y, of_row


def bbc(oof, y, units, metric="log_loss", seed=0, n_resamples=200, **named):
    return bbc_cv(oof, y, units, metric=metric, positive=1, unit="patient", seed=seed, n_resamples=n_resamples, **named)


def by_name(estimates):
    return {e.metric: e for e in estimates}


# --- what BBC-CV is for -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("metric", ["roc_auc", "log_loss"])
def test_the_optimism_of_the_search_is_removed(metric):
    rng = np.random.default_rng(0)
    in_search, corrected = [], []
    for _ in range(20):
        oof, y, units = noise_search(rng)
        best = min((scores(y, proba, 1) for proba in oof), key=lambda s: METRICS[metric].loss(s[metric]))
        in_search.append(best["roc_auc"])
        corrected.append(by_name(bbc(oof, y, units, metric, n_resamples=50).estimates)["roc_auc"].value)
    assert np.mean(in_search) > 0.6
    assert abs(np.mean(corrected) - 0.5) < 0.03


def test_intervals_contain_the_truth_where_there_is_nothing_to_learn():
    rng = np.random.default_rng(1)
    found = [by_name(bbc(*noise_search(rng, n_trials=20), n_resamples=100).estimates)["roc_auc"] for _ in range(40)]
    assert sum(e.low <= 0.5 <= e.high for e in found) >= 37
    assert sum(e.low > 0.5 for e in found) <= 1


def test_intervals_contain_the_truth_of_the_one_trial_that_is_better():
    truth, covered = 0.76, 0  # of score ~ N(y, 1): Phi(1 / sqrt(2))
    rng = np.random.default_rng(2)
    for _ in range(30):
        y = np.arange(60) % 2
        guess = rng.normal(size=(15, 60))
        guess[4] += y
        e = by_name(bbc(two_classes(sigmoid(guess)), y, np.arange(60), "roc_auc", n_resamples=100).estimates)["roc_auc"]
        covered += e.low <= truth <= e.high
    assert covered >= 27


def test_rows_of_one_patient_drawn_alone_would_give_too_narrow_an_interval():
    oof, y, units = noise_search(np.random.default_rng(3), rows_per_unit=8)
    by_patient = by_name(bbc(oof, y, units).estimates)["roc_auc"]
    by_row = by_name(bbc(oof, y, np.arange(len(y))).estimates)["roc_auc"]
    assert by_patient.high - by_patient.low > 1.3 * (by_row.high - by_row.low)


# --- how it is done ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("metric", ["log_loss", "brier", "roc_auc", "f1"])
def test_each_resample_is_chosen_on_the_drawn_and_scored_on_the_others(metric):
    """The same, told row by row and trial by trial."""
    oof, y, units = noise_search(np.random.default_rng(4), n_units=12, n_trials=6)
    expected: dict[str, list[float]] = {name: [] for name in METRICS}
    resampling = Resampling(Units.of(y, units, 2), 5, 30, judged_on_others=True)
    for counts in np.concatenate(list(resampling.draw(every_class=True))):
        rows = np.repeat(np.arange(len(y)), counts[units])
        losses = [METRICS[metric].loss(scores(y[rows], proba[rows], 1)[metric]) for proba in oof]
        others = counts[units] == 0
        for name, score in scores(y[others], oof[int(np.argmin(losses))][others], 1).items():
            expected[name].append(score)
    for e in bbc(oof, y, units, metric, seed=5, n_resamples=30).estimates:
        assert e.value == pytest.approx(np.mean(expected[e.metric]))
        assert (e.low, e.high) == pytest.approx(tuple(np.percentile(expected[e.metric], [2.5, 97.5])))


def test_every_metric_is_estimated_the_one_searched_for_first():
    oof, y, units = noise_search(np.random.default_rng(6))
    result = bbc(oof, y, units, "f1")
    assert [e.metric for e in result.estimates] == ["f1", *(name for name in METRICS if name != "f1")]
    assert result.note is None
    for e in result.estimates:
        assert (e.unit, e.n_units, e.method, e.looks) == ("patient", 40, "bbc-cv", 1)
        assert e.low <= e.value <= e.high
        assert e.no_skill == no_skill(y, 1)[e.metric]


def test_more_than_two_classes_are_estimated():
    rng = np.random.default_rng(7)
    y = np.arange(60) % 3
    oof = rng.dirichlet(np.ones(3), size=(10, 60))
    assert len(bbc(oof, y, np.arange(60)).estimates) == len(METRICS)


def test_a_list_of_trials_is_as_good_as_an_array():
    oof, y, units = noise_search(np.random.default_rng(8), n_trials=5)
    assert bbc(list(oof), y, units) == bbc(oof, y, units)


def test_the_same_seed_gives_the_same_estimates_and_another_seed_others():
    oof, y, units = noise_search(np.random.default_rng(9), n_trials=5)
    assert bbc(oof, y, units, seed=1) == bbc(oof, y, units, seed=1)
    assert bbc(oof, y, units, seed=1) != bbc(oof, y, units, seed=2)


def test_progress_ends_with_all_resamples():
    oof, y, units = noise_search(np.random.default_rng(10), n_trials=3)
    told = []
    bbc(oof, y, units, on_progress=lambda done, of: told.append((done, of)))
    assert told[-1] == (200, 200)


# --- too few to estimate from -----------------------------------------------------------------------------------------


def few_patients(n_units, holders_of_b):
    """Trials on patients of whom some hold rows of both classes, the others of class 0 only."""
    of_row = np.repeat(np.arange(n_units), 4)
    y = ((np.arange(len(of_row)) % 2 == 1) & np.isin(of_row, holders_of_b)).astype(int)
    return two_classes(np.random.default_rng(0).random((5, len(y)))), y, of_row


def test_four_patients_give_no_estimate():
    result = bbc(*few_patients(4, range(4)))
    assert result.estimates == ()
    assert result.note == "no estimate: 4 patients cannot carry one, 5 are the least"


def test_a_class_of_one_patient_leaves_the_metrics_that_need_no_class():
    result = bbc(*few_patients(30, [3]))
    assert {e.metric for e in result.estimates} == NEEDS_NO_CLASS
    assert result.estimates[0].metric == "log_loss"
    assert result.note == (
        "1 patient of the rarest class cannot be on both sides often enough: "
        "metrics that need every class are not estimated"
    )


def test_a_class_of_one_patient_cannot_be_chosen_by():
    result = bbc(*few_patients(30, [3]), metric="roc_auc")
    assert result.estimates == ()
    assert result.note == (
        "no estimate: ROC AUC needs every class on both sides, and 1 patient of the rarest class cannot give it"
    )


def test_classes_too_rare_to_be_on_both_sides_leave_the_metrics_that_need_no_class():
    y = np.repeat(np.arange(14), 2)
    oof = np.random.default_rng(0).dirichlet(np.ones(14), size=(3, 28))
    assert {e.metric for e in bbc(oof, y, np.arange(28), n_resamples=20).estimates} == NEEDS_NO_CLASS
    assert bbc(oof, y, np.arange(28), "f1", n_resamples=20).estimates == ()


@pytest.mark.parametrize(
    ("n_units", "n_holders", "note"),
    [
        (19, 19, "19 patients are few to judge by: take the interval as rough"),
        (30, 5, "5 patients of the rarest class are few to judge by: take the interval as rough"),
        (20, 6, None),
    ],
)
def test_few_patients_come_with_a_word_of_caution(n_units, n_holders, note):
    result = bbc(*few_patients(n_units, range(n_holders)))
    assert len(result.estimates) == len(METRICS)
    assert result.note == note


# --- time -------------------------------------------------------------------------------------------------------------


def test_a_metric_that_cannot_be_summed_over_rows_is_said_to_take_longer_with_more_trials():
    assert bbc_seconds(200, 10_000, 2, "roc_auc") > 10 * bbc_seconds(200, 10_000, 2, "log_loss")
    assert bbc_seconds(200, 10_000, 2, "roc_auc") > 5 * bbc_seconds(20, 10_000, 2, "roc_auc")
    assert bbc_seconds(200, 10_000, 10, "roc_auc") > bbc_seconds(200, 10_000, 2, "roc_auc")


# --- holdout ----------------------------------------------------------------------------------------------------------


def holdout(proba, y, units, **named):
    given = {"positive": 1, "unit": "patient", "seed": 0, "looks": 3, "n_resamples": 200}
    return holdout_estimates(proba, y, units, **(given | named))


def test_the_holdout_estimate_is_the_score_itself_with_an_interval_over_patients():
    oof, y, units = noise_search(np.random.default_rng(11), n_trials=1)
    expected = scores(y, oof[0], 1)
    found = holdout(oof[0], y, units)
    assert [e.metric for e in found] == list(METRICS)
    for e in found:
        assert e.value == expected[e.metric]
        assert e.low < e.value < e.high
        assert (e.unit, e.n_units, e.method, e.looks) == ("patient", 40, "holdout", 3)
        assert e.no_skill == no_skill(y, 1)[e.metric]


def test_the_holdout_interval_is_that_of_resampled_patients():
    oof, y, units = noise_search(np.random.default_rng(12), n_trials=1)
    rng = np.random.default_rng(13)
    samples = []
    for _ in range(400):
        counts = np.bincount(rng.integers(40, size=40), minlength=40)[units]
        samples.append(resampled_scores(y, oof[0], 1, counts=counts[None], names=("roc_auc",))["roc_auc"][0])
    e = by_name(holdout(oof[0], y, units, n_resamples=1000))["roc_auc"]
    assert (e.low, e.high) == pytest.approx(tuple(np.percentile(samples, [2.5, 97.5])), abs=0.03)


def test_a_holdout_of_four_patients_gives_no_interval():
    oof, y, units = few_patients(4, range(4))
    assert holdout(oof[0], y, units) == ()


def test_a_holdout_without_a_class_is_judged_by_the_metrics_that_need_none():
    oof, _, units = few_patients(8, range(8))
    found = holdout(oof[0], np.zeros(len(units), dtype=int), units)
    assert {e.metric for e in found} == NEEDS_NO_CLASS


def test_a_holdout_whose_resamples_hardly_ever_have_every_class_is_judged_by_the_metrics_that_need_none():
    y = np.arange(14)
    found = holdout(np.random.default_rng(0).dirichlet(np.ones(14), size=14), y, y)
    assert {e.metric for e in found} == NEEDS_NO_CLASS


def test_a_holdout_without_the_last_of_three_classes_keeps_the_brier_score_of_three():
    y = np.arange(30) % 2
    proba = np.random.default_rng(0).dirichlet(np.ones(3), size=30)
    e = by_name(holdout(proba, y, np.arange(30)))["brier"]
    assert e.value == scores(y, proba, 1)["brier"]
    assert e.no_skill == pytest.approx(0.5)  # of two classes it would be 0.25


# --- no skill ---------------------------------------------------------------------------------------------------------


def test_no_skill_is_the_score_of_the_class_frequencies():
    y = np.repeat([0, 1], [75, 25])
    base = no_skill(y, 1)
    assert base["roc_auc"] == 0.5
    assert base["pr_auc"] == pytest.approx(0.25)
    assert base["accuracy"] == 0.75
    assert base["log_loss"] == pytest.approx(row_losses("log_loss", y, np.tile([0.75, 0.25], (100, 1))).mean())
