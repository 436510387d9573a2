from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automl.core.metric import METRICS
from automl.evaluation.metrics import NEEDS_NO_CLASS, resampled_scores, row_losses, scores


def of_scikit_learn(y, proba, positive, weight):
    """Every metric by scikit-learn's own functions; every class must be in ``y``."""
    from sklearn import metrics as m

    n_classes = proba.shape[1]
    called, labels, is_binary = proba.argmax(axis=1), np.arange(n_classes), n_classes == 2
    of_class = {"average": "binary", "pos_label": positive} if is_binary else {"average": "macro"}
    of_class |= {"zero_division": 0, "sample_weight": weight}
    judged = [positive] if is_binary else labels

    def mean_area(area):
        return np.mean([area(y == k, proba[:, k], sample_weight=weight) for k in judged])

    def specificity(k):
        return m.recall_score(y != k, called != k, zero_division=0, sample_weight=weight)

    return {
        "log_loss": m.log_loss(y, proba, labels=labels, sample_weight=weight),
        "roc_auc": mean_area(m.roc_auc_score),
        "pr_auc": mean_area(m.average_precision_score),
        "accuracy": m.accuracy_score(y, called, sample_weight=weight),
        "balanced_accuracy": m.balanced_accuracy_score(y, called, sample_weight=weight),
        "f1": m.f1_score(y, called, **of_class),
        "precision": m.precision_score(y, called, **of_class),
        "sensitivity": m.recall_score(y, called, **of_class),
        "specificity": np.mean([specificity(k) for k in judged]),
        "mcc": m.matthews_corrcoef(y, called, sample_weight=weight),
        "brier": m.brier_score_loss(y, proba, labels=labels, sample_weight=weight),
    }


def random_rows(rng, n_rows, n_classes, n_levels):
    """(y, proba); few levels of probability make ties, 0 and 1."""
    y = np.concatenate([np.arange(n_classes), rng.integers(0, n_classes, n_rows - n_classes)])
    weights = rng.integers(0, n_levels, size=(n_rows, n_classes)) + 1e-300
    return y, weights / weights.sum(axis=1, keepdims=True)


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 2**31),
    n_rows=st.integers(6, 60),
    n_classes=st.integers(2, 4),
    n_levels=st.sampled_from([2, 4, 10**6]),
)
def test_scores_equal_those_of_scikit_learn(seed, n_rows, n_classes, n_levels):
    rng = np.random.default_rng(seed)
    y, proba = random_rows(rng, n_rows, n_classes, n_levels)
    positive = int(rng.integers(2))
    assert scores(y, proba, positive) == pytest.approx(of_scikit_learn(y, proba, positive, None), abs=1e-9)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**31), n_classes=st.integers(2, 3), n_levels=st.sampled_from([3, 10**6]))
def test_resampled_scores_equal_scikit_learns_with_weights(seed, n_classes, n_levels):
    rng = np.random.default_rng(seed)
    y, proba = random_rows(rng, 40, n_classes, n_levels)
    counts = rng.poisson(1, size=(3, 40))
    counts[:, :n_classes] += 1
    found = resampled_scores(y, proba, 1, counts=counts)
    for i, weight in enumerate(counts):
        assert {name: values[i] for name, values in found.items()} == pytest.approx(
            of_scikit_learn(y, proba, 1, weight), abs=1e-9
        )


def test_a_count_is_as_good_as_a_repeated_row():
    rng = np.random.default_rng(0)
    y, proba = random_rows(rng, 30, 3, 4)
    counts = rng.integers(1, 4, size=30)
    found = {name: values[0] for name, values in resampled_scores(y, proba, 0, counts=counts[None]).items()}
    rows = np.repeat(np.arange(30), counts)
    assert found == pytest.approx(scores(y[rows], proba[rows], 0))


def test_resamples_of_more_rows_than_are_worked_on_at_once_keep_their_order():
    rng = np.random.default_rng(0)
    y, proba = random_rows(rng, 50_000, 2, 10**6)
    counts = rng.poisson(1, size=(9, 50_000))
    found = resampled_scores(y, proba, 1, counts=counts, names=("roc_auc", "pr_auc"))
    alone = [resampled_scores(y, proba, 1, counts=c[None], names=("roc_auc", "pr_auc")) for c in counts]
    for name in ("roc_auc", "pr_auc"):
        assert found[name] == pytest.approx([a[name][0] for a in alone])


def test_metrics_come_in_the_order_asked_for():
    y, proba = random_rows(np.random.default_rng(0), 20, 2, 10)
    found = resampled_scores(y, proba, 1, counts=np.ones((1, 20)), names=("f1", "roc_auc", "brier"))
    assert list(found) == ["f1", "roc_auc", "brier"]
    assert list(scores(y, proba, 1)) == list(METRICS)


@pytest.mark.parametrize("y", [np.zeros(6, dtype=int), np.ones(6, dtype=int)])
def test_where_a_class_is_absent_only_metrics_that_need_no_class_are_defined(y):
    proba = np.random.default_rng(0).dirichlet([1, 1], size=6)
    assert {name for name, value in scores(y, proba, 1).items() if value is not None} == NEEDS_NO_CLASS


def test_a_third_class_that_is_absent_leaves_the_averages_over_classes_undefined():
    y, proba = np.array([0, 1, 0, 1]), np.random.default_rng(0).dirichlet([1, 1, 1], size=4)
    assert {name for name, value in scores(y, proba, 1).items() if value is not None} == NEEDS_NO_CLASS


def test_without_rows_nothing_is_defined():
    assert set(scores(np.empty(0, dtype=int), np.empty((0, 2)), 1).values()) == {None}


def test_a_resample_without_a_class_is_undefined_and_leaves_the_others_alone():
    y, proba = random_rows(np.random.default_rng(0), 20, 2, 10**6)
    counts = np.stack([y == 0, np.ones(20)]).astype(int)
    found = resampled_scores(y, proba, 1, counts=counts)
    assert np.isnan(found["roc_auc"][0])
    assert found["roc_auc"][1] == scores(y, proba, 1)["roc_auc"]


def test_a_certain_mistake_costs_what_scikit_learn_charges():
    from sklearn.metrics import log_loss

    y, proba = np.array([0, 1]), np.array([[0.0, 1.0], [0.0, 1.0]])
    assert scores(y, proba, 1)["log_loss"] == pytest.approx(log_loss(y, proba, labels=[0, 1]), rel=1e-12)


def test_brier_score_of_two_classes_is_at_most_1_and_of_more_at_most_2():
    y = np.array([0, 1])
    assert scores(y, np.eye(2)[[1, 0]], 1)["brier"] == 1
    assert scores(y, np.eye(3)[[2, 2]], 1)["brier"] == 2


def test_a_class_never_called_has_precision_0():
    assert scores(np.array([0, 1, 0]), np.tile([0.9, 0.1], (3, 1)), 1)["precision"] == 0


def test_the_positive_class_may_be_the_first():
    y, proba = random_rows(np.random.default_rng(1), 30, 2, 10**6)
    of_first, of_second = scores(y, proba, 0), scores(y, proba, 1)
    assert of_first["sensitivity"] == of_second["specificity"]
    assert of_first["roc_auc"] == pytest.approx(of_second["roc_auc"])
    assert of_first["pr_auc"] != pytest.approx(of_second["pr_auc"])


@pytest.mark.parametrize("metric", [m.name for m in METRICS.values() if m.per_row])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_the_mean_of_the_row_losses_is_the_score(metric, n_classes):
    y, proba = random_rows(np.random.default_rng(2), 30, n_classes, 5)
    assert row_losses(metric, y, proba).mean() == pytest.approx(scores(y, proba, 1)[metric])
