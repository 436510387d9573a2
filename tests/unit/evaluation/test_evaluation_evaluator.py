from __future__ import annotations

import pickle
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import pytest

from automl.core.dataset import ColumnKind, Dataset
from automl.core.metric import METRICS
from automl.core.plan import Fold, Plan
from automl.core.training import Training, over_folds
from automl.core.trial import Suggestion, TrialState
from automl.evaluation.evaluator import CONSTANT_NOTE, Evaluator
from automl.evaluation.metrics import scores
from automl.evaluation.splits import make_plan

N_ROWS = 40


def dataset(y=None, class_names=("a", "b")) -> Dataset:
    y = np.arange(N_ROWS) % 2 if y is None else np.asarray(y)
    x = np.random.default_rng(0).normal(size=len(y)) + y
    return Dataset("made", pd.DataFrame({"x": x}), {"x": ColumnKind.NUMERIC}, y, class_names, fingerprint="")


@dataclass(frozen=True)
class Predicts:
    """A model that computes its probabilities from the rows, and cannot be fitted."""

    proba_of: Callable[[pd.DataFrame], object]

    def predict_proba(self, X):
        return self.proba_of(X)


def logistic_curve(X):
    p = 1 / (1 + np.exp(-X["x"].to_numpy()))
    return np.column_stack([1 - p, p])


def fit_curve(config, dataset, rows, seed):
    return Predicts(logistic_curve)


def fit_frequencies(config, dataset, rows, seed):
    frequencies = np.bincount(dataset.y[rows], minlength=dataset.n_classes) / len(rows)
    return Predicts(lambda X: np.tile(frequencies, (len(X), 1)))


def fit_giving(proba_of):
    return lambda config, dataset, rows, seed: Predicts(proba_of)


def evaluate(fit, data=None, plan=None, metric="log_loss"):
    data = data or dataset()
    plan = plan or make_plan(data, n_folds=4, holdout=None, seed=0)
    return Evaluator(data, plan, metric, fit)(Suggestion(number=7, config={"model": "made"}, seed=3))


# --- what is asked of fit ---------------------------------------------------------------------------------------------


def test_each_fold_is_fitted_on_its_training_rows_and_asked_for_its_valid_rows():
    data = dataset()
    plan = make_plan(data, n_folds=4, holdout=0.2, seed=0)
    asked = []

    def fit(config, given, rows, seed):
        asked.append((config, rows, seed))
        return Predicts(lambda X: asked.append(X.index.to_numpy()) or logistic_curve(X))

    assert evaluate(fit, data, plan).state is TrialState.COMPLETE
    for fold, (config, rows, seed), valid in zip(plan.folds, asked[::2], asked[1::2], strict=True):
        assert (config, seed) == ({"model": "made"}, 3)
        assert np.array_equal(rows, fold.train)
        assert np.array_equal(valid, fold.valid)


def test_out_of_fold_probabilities_are_in_the_order_of_the_development_rows():
    data = dataset()
    plan = make_plan(data, n_folds=4, holdout=0.2, seed=0)
    assert np.array_equal(evaluate(fit_curve, data, plan).oof, logistic_curve(data.X.iloc[plan.dev]))


# --- a complete trial -------------------------------------------------------------------------------------------------


def test_a_complete_trial_has_every_metric_of_every_fold():
    data = dataset()
    plan = make_plan(data, n_folds=4, holdout=None, seed=0)
    result = evaluate(fit_curve, data, plan)
    assert (result.number, result.state, result.error, result.traceback) == (7, TrialState.COMPLETE, None, None)
    assert list(result.fold_scores) == list(METRICS)
    first = plan.folds[0].valid
    expected = scores(data.y[first], logistic_curve(data.X.iloc[first]), positive=1)
    assert {name: by_fold[0] for name, by_fold in result.fold_scores.items()} == expected
    assert result.seconds >= 0
    assert result.peak_memory_mb > 1


def uneven_plan():
    """Two folds of 10 and 30 rows, so that means over rows and over folds differ."""
    parts = np.arange(10), np.arange(10, 40)
    return Plan(folds=tuple(Fold(train=np.setdiff1d(np.arange(40), p), valid=p) for p in parts), dev=np.arange(40))


@pytest.mark.parametrize("metric", ["log_loss", "brier"])
def test_the_loss_of_a_metric_that_is_a_mean_over_rows_is_its_mean_over_rows(metric):
    result = evaluate(fit_curve, plan=uneven_plan(), metric=metric)
    assert result.loss == pytest.approx(scores(dataset().y, result.oof, positive=1)[metric])
    assert result.loss != pytest.approx(np.mean(result.fold_scores[metric]))


@pytest.mark.parametrize("metric", ["roc_auc", "accuracy", "mcc"])
def test_the_loss_of_another_metric_is_its_mean_over_folds_with_its_sign_turned(metric):
    result = evaluate(fit_curve, plan=uneven_plan(), metric=metric)
    assert result.loss == pytest.approx(-np.mean(result.fold_scores[metric]))


def test_folds_that_do_not_define_the_metric_are_left_out_of_its_mean():
    y = np.zeros(40, dtype=int)
    y[15:30] = 1
    result = evaluate(fit_curve, dataset(y), uneven_plan(), metric="roc_auc")
    assert result.fold_scores["roc_auc"][0] is None
    assert result.loss == -result.fold_scores["roc_auc"][1]


def test_a_metric_that_no_fold_defines_fails_the_trial_with_the_reason():
    result = evaluate(fit_curve, dataset(np.zeros(40, dtype=int)), uneven_plan(), metric="roc_auc")
    assert result.state is TrialState.FAILED
    assert result.error == "ValueError: ROC AUC is not defined on any fold: every one lacks a class"


def test_equal_probabilities_for_every_row_are_complete_and_noted():
    result = evaluate(fit_frequencies)
    assert result.state is TrialState.COMPLETE
    assert result.warnings == (CONSTANT_NOTE,)


def test_folds_of_one_row_are_not_taken_for_a_constant_prediction():
    data = dataset()
    plan = make_plan(data, n_folds=20, holdout=None, seed=0)
    alone = Plan(tuple(Fold(np.delete(plan.dev, i), plan.dev[i : i + 1]) for i in plan.dev), plan.dev)
    assert evaluate(fit_curve, data, alone).warnings == ()


# --- models that say how they were trained ----------------------------------------------------------------------------


class Trained(Predicts):
    """One that says how it was trained."""

    training = Training({"loss": (1.0, 0.5)}, best_epoch=2, n_parameters=3)


def test_how_the_models_of_the_folds_were_trained_is_kept_and_passed_on():
    data, heard = dataset(), []
    evaluator = Evaluator(
        data,
        make_plan(data, n_folds=4, holdout=None, seed=0),
        "log_loss",
        lambda config, dataset, rows, seed: Trained(logistic_curve),
        on_trained=lambda *said: heard.append(said),
    )
    result = evaluator(Suggestion(number=7, config={"model": "made"}, seed=3))
    assert result.training == over_folds([Trained.training] * 4)
    assert heard == [(7, fold, Trained.training) for fold in (1, 2, 3, 4)]


def test_a_trial_whose_models_say_nothing_has_no_training():
    assert evaluate(fit_curve).training is None


# --- a failed trial ---------------------------------------------------------------------------------------------------


def test_an_exception_is_a_failed_trial_with_one_line_and_a_traceback():
    def fit(config, dataset, rows, seed):
        raise RuntimeError("it did\n   not converge")

    result = evaluate(fit)
    assert (result.state, result.loss, result.oof, result.fold_scores) == (TrialState.FAILED, None, None, {})
    assert result.error == "RuntimeError: it did not converge"
    assert "in fit\n" in result.traceback


def test_a_long_error_is_cut():
    def fit(config, dataset, rows, seed):
        raise RuntimeError("x" * 10_000)

    result = evaluate(fit)
    assert len(result.error) == 500
    assert len(result.traceback) > 10_000


def test_an_error_about_a_name_that_is_no_text_can_be_written_to_a_file():
    def fit(config, dataset, rows, seed):
        raise FileNotFoundError("no clip\udcff.wav")

    result = evaluate(fit)
    assert result.error == r"FileNotFoundError: no clip\udcff.wav"
    assert result.traceback.encode().endswith(rb"no clip\udcff.wav" + b"\n")


def test_an_exception_that_cannot_say_what_it_is_is_a_failed_trial():
    class Mute(Exception):
        def __str__(self):
            raise RuntimeError("no words")

    def fit(config, dataset, rows, seed):
        raise Mute

    result = evaluate(fit)
    assert (result.state, result.error) == (TrialState.FAILED, "Mute: its message cannot be read")
    assert "in fit\n" in result.traceback


@pytest.mark.parametrize("signal", [KeyboardInterrupt, SystemExit])
def test_what_must_end_the_process_is_not_held_back(signal):
    def fit(config, dataset, rows, seed):
        raise signal

    with pytest.raises(signal):
        evaluate(fit)


@pytest.mark.parametrize(
    ("proba_of", "error"),
    [
        (lambda X: np.full((len(X), 2), np.nan), r"predicted NaN or infinity for 10 of 10 rows"),
        (lambda X: np.full((len(X), 2), [np.inf, 0.0]), r"predicted NaN or infinity for 10 of 10 rows"),
        (lambda X: np.full((len(X), 3), 1 / 3), r"predicted probabilities of shape (10, 3), expected (10, 2)"),
        (lambda X: np.full(len(X), 0.5), r"predicted probabilities of shape (10,), expected (10, 2)"),
        (lambda X: np.full((len(X), 2), [1.5, -0.5]), r"predicted a negative probability: -0.5"),
        (lambda X: np.full((len(X), 2), 0.4), r"predicted probabilities of one row that sum to 0.8, expected 1"),
    ],
)
def test_predictions_that_are_no_probabilities_fail_the_trial(proba_of, error):
    result = evaluate(fit_giving(proba_of))
    assert result.state is TrialState.FAILED
    assert result.error == f"ValueError: {error}"


def test_probabilities_in_single_precision_are_taken():
    result = evaluate(fit_giving(lambda X: logistic_curve(X).astype(np.float32)))
    assert result.state is TrialState.COMPLETE
    assert result.oof.dtype == np.float64


# --- stopped after some folds -----------------------------------------------------------------------------------------


def stopped(bars, *, metric="log_loss", fit=fit_curve, plan=None):
    data = dataset()
    plan = plan or make_plan(data, n_folds=4, holdout=None, seed=0)
    return Evaluator(data, plan, metric, fit)(Suggestion(7, {"model": "made"}, seed=3, bars=bars))


def test_a_trial_above_a_bar_stops_after_that_fold_and_returns_what_it_had():
    fitted = []

    def fit(config, dataset, rows, seed):
        fitted.append(rows)
        return Predicts(logistic_curve)

    whole, result = evaluate(fit_curve), stopped((None, 0.0, None), fit=fit)
    assert (result.state, result.oof, result.error) == (TrialState.PRUNED, None, None)
    assert len(fitted) == result.n_folds_done == 2
    for name, by_fold in result.fold_scores.items():
        assert by_fold == (*whole.fold_scores[name][:2], None, None)


@pytest.mark.parametrize("metric", ["log_loss", "accuracy"])
def test_the_loss_of_a_stopped_trial_is_that_of_the_folds_it_did(metric):
    plan = make_plan(dataset(), n_folds=4, holdout=None, seed=0)
    result = stopped((None, -1.0), metric=metric, plan=plan)
    rows = np.concatenate([fold.valid for fold in plan.folds[:2]])
    expected = scores(dataset().y[rows], logistic_curve(dataset().X.iloc[rows]), positive=1)[metric]  # folds of 10 rows
    assert METRICS[metric].score(result.loss) == pytest.approx(expected)


def test_the_mean_over_the_folds_done_is_what_counts():
    by_fold = evaluate(fit_curve).fold_scores["log_loss"]
    at = float(np.mean(by_fold[:3]))
    assert stopped((None, None, np.nextafter(at, 0))).n_folds_done == 3
    assert stopped((None, None, at)).state is TrialState.COMPLETE


@pytest.mark.parametrize("bars", [(), (None,) * 3, (9.0,) * 3, (None, 9.0), (None, None, None, 0.0)], ids=str)
def test_a_trial_that_is_above_no_bar_is_complete_and_as_without(bars):
    result, whole = stopped(bars), evaluate(fit_curve)
    assert (result.state, result.loss, result.fold_scores) == (TrialState.COMPLETE, whole.loss, whole.fold_scores)


# --- warnings ---------------------------------------------------------------------------------------------------------


def fit_with_warnings(messages):
    def fit(config, dataset, rows, seed):
        for message in messages:
            warnings.warn(message, UserWarning, stacklevel=1)
        return Predicts(logistic_curve)

    return fit


def test_warnings_are_gathered_once_each():
    assert evaluate(fit_with_warnings(["so\n so", "so\n so", "and so"])).warnings == (
        "UserWarning: so so",
        "UserWarning: and so",
    )


def test_at_most_twenty_warnings_are_kept():
    assert len(evaluate(fit_with_warnings([str(i) for i in range(50)])).warnings) == 20


def test_warnings_of_a_failed_trial_are_kept():
    def fit(config, dataset, rows, seed):
        warnings.warn("nearly singular", RuntimeWarning, stacklevel=1)
        raise ValueError("singular")

    assert evaluate(fit).warnings == ("RuntimeWarning: nearly singular",)


# --- an evaluator travels ---------------------------------------------------------------------------------------------


def test_a_pickled_evaluator_gives_the_same_result():
    data = dataset()
    evaluator = Evaluator(data, make_plan(data, n_folds=3, holdout=None, seed=0), "log_loss", partial(fit_curve))
    suggestion = Suggestion(1, {"model": "made"}, seed=0)
    assert pickle.loads(pickle.dumps(evaluator))(suggestion).loss == evaluator(suggestion).loss
