from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tracked_studies import complete, failed, pruned, study_end, study_info, trained

from automl.core.trial import TrialState
from automl.tracking.records import Point, study_params, study_points, trial_record

INFO = study_info(Path("runs"))


def metrics_of(record):
    return {(p.key, p.step): p.value for p in record.points}


def test_a_run_is_named_after_number_family_and_score():
    assert trial_record(INFO, complete(17, 0.1823)).name == "#017 svm 0.182"


def test_the_score_in_the_name_is_in_the_searched_metric():
    trial = complete(3, 0.1)
    auc = replace(trial, result=replace(trial.result, loss=-0.9))
    assert trial_record(study_info(Path("runs"), metric="roc_auc"), auc).name == "#003 svm 0.900"


@pytest.mark.parametrize(
    ("state", "word"),
    [(TrialState.FAILED, "failed"), (TrialState.OUT_OF_MEMORY, "out of memory"), (TrialState.CRASHED, "crashed")],
)
def test_a_run_without_score_is_named_after_its_end(state, word):
    trial = failed(17)
    assert trial_record(INFO, replace(trial, result=replace(trial.result, state=state))).name == f"#017 svm {word}"


def test_a_pruned_run_says_after_how_many_folds_has_these_and_no_score_and_is_no_failure():
    trial = pruned(12, 0.4)
    record = trial_record(INFO, trial)
    assert record.name == "#012 svm pruned after 2 of 5 folds"
    assert record.tags["automl.state"] == "pruned"
    assert not record.has_failed
    assert metrics_of(record) == {("fold/log_loss", 0): 0.4, ("fold/log_loss", 1): 0.4, ("seconds", 0): 0.25}


def test_a_tiny_score_is_not_named_zero():
    assert trial_record(INFO, complete(1, 0.00002)).name == "#001 svm 2.0e-05"


def test_a_shared_parameter_that_is_not_active_is_none():
    assert trial_record(INFO, complete(1, 0.3, family="boosting")).params["impute"] == "none"


def test_parameters_of_another_family_are_absent():
    assert "model.svm.C" not in trial_record(INFO, complete(1, 0.3, family="boosting")).params


def test_numbers_are_written_to_six_digits():
    assert trial_record(INFO, complete(1, 0.3)).params["model.svm.C"] == "3.8"


@pytest.mark.parametrize(("value", "text"), [(True, "true"), (None, "none"), (7, "7"), (1e-5, "1e-05"), ("l1", "l1")])
def test_values_are_written_as_in_a_space_file(value, text):
    trial = complete(1, 0.3)
    changed = replace(trial, suggestion=replace(trial.suggestion, config={**trial.config, "scale.x.y": value}))
    assert trial_record(INFO, changed).params["scale.x.y"] == text


def test_the_searched_metric_comes_first():
    info = study_info(Path("runs"), metric="mcc")
    assert [p.key for p in trial_record(info, complete(1, 0.3)).points][:2] == ["mcc", "mcc_sd"]


def test_the_searched_metric_is_what_the_trial_was_judged_by():
    trial = complete(1, 0.3)
    pooled = replace(trial, result=replace(trial.result, loss=0.31))
    assert metrics_of(trial_record(INFO, pooled))["log_loss", 0] == 0.31


def test_folds_are_steps_and_an_undefined_one_is_absent():
    metrics = metrics_of(trial_record(INFO, complete(1, 0.25)))
    assert metrics["fold/f1", 0] == 0.75
    assert ("fold/f1", 1) not in metrics


def test_a_failed_trial_has_no_score():
    record = trial_record(INFO, failed(2))
    assert record.points == (Point("seconds", 0.5),)
    assert record.has_failed
    assert record.tags["automl.error"] == "ValueError: too odd"


def test_epochs_are_steps_from_one():
    metrics = metrics_of(trial_record(INFO, trained(1, 0.25)))
    assert [metrics["epoch/train_loss", epoch] for epoch in (1, 2, 3, 4)] == [1.25, 0.75, 0.58333, 0.5]
    assert {key for key, step in metrics if key.startswith("epoch/")} == {
        "epoch/train_loss",
        "epoch/train_accuracy",
        "epoch/valid_loss",
        "epoch/valid_accuracy",
        "epoch/learning_rate",
    }


def test_a_network_has_its_size_and_its_epochs():
    metrics = metrics_of(trial_record(INFO, trained(1, 0.25)))
    assert metrics["n_parameters", 0] == 182_234
    assert (metrics["n_epochs", 0], metrics["best_epoch", 0]) == (4, 3.5)
    assert [metrics["fold/best_epoch", fold] for fold in (0, 1)] == [3, 4]


def test_an_epoch_without_a_number_is_absent():
    trial = trained(1, 0.25)
    training = replace(trial.result.training, curves={"loss": (None, 0.5, None, 0.25)})
    metrics = metrics_of(trial_record(INFO, replace(trial, result=replace(trial.result, training=training))))
    assert [step for key, step in metrics if key == "epoch/train_loss"] == [2, 4]


@pytest.mark.parametrize("n_epochs", [200, 1_000, 10_000])
def test_a_long_training_is_thinned_out_to_what_mlflow_takes_at_once(n_epochs):
    record = trial_record(INFO, trained(1, 0.25, n_epochs=n_epochs))
    assert 900 < len(record.points) + len(record.params) <= 1000
    steps = {p.step for p in record.points if p.key == "epoch/valid_loss"}
    assert {1, n_epochs - 1, n_epochs} <= steps


def test_only_a_network_has_a_file_with_its_architecture():
    assert trial_record(INFO, trained(1, 0.25)).files == {"architecture.txt": "Dense\nDense"}
    assert trial_record(INFO, complete(1, 0.25)).files == {}
    assert trial_record(INFO, failed(1)).files == {"traceback.txt": "Traceback\nValueError: too odd"}


def test_values_that_are_no_number_are_not_sent():
    trial = complete(1, 0.3)
    scores = {"log_loss": (float("nan"), float("inf")), "f1": (0.5, 0.5)}
    record = trial_record(INFO, replace(trial, result=replace(trial.result, fold_scores=scores)))
    assert {p.key for p in record.points} == {"log_loss", "f1", "f1_sd", "fold/f1", "seconds"}


def test_a_run_is_tagged_with_what_it_is():
    assert trial_record(INFO, complete(4, 0.3)).tags == {
        "automl.kind": "trial",
        "automl.study": "coughs-1",
        "automl.number": "4",
        "automl.state": "complete",
        "automl.family": "svm",
        "automl.data": "0123456789ab",
    }


def test_a_label_that_mlflow_refuses_is_changed():
    trial = complete(1, 0.3)
    odd = replace(trial, suggestion=replace(trial.suggestion, config={**trial.config, "model.svm[C]": 1}))
    assert trial_record(INFO, odd).params["model.svm_C_"] == "1"


def test_the_study_shows_what_was_asked():
    params = study_params(INFO)
    assert params["data"] == "coughs.csv"
    assert params["families"] == "svm boosting"
    assert params["rows"] == "170"


def test_the_study_shows_its_curve_and_its_estimates(tmp_path):
    points = study_points(study_end(tmp_path, best=3), n_trials=10)
    assert points == (
        Point("best_so_far", 0.4, 1),
        Point("best_so_far", 0.2, 3),
        Point("final/log_loss", 0.2, 10),
        Point("final/log_loss_low", 0.15, 10),
        Point("final/log_loss_high", 0.25, 10),
    )


def test_a_holdout_does_not_pass_for_the_final_estimate(tmp_path):
    end = study_end(tmp_path, best=3)
    held_out = replace(end, estimates=(replace(end.estimates[0], method="holdout"),))
    assert Point("holdout/log_loss", 0.2, 10) in study_points(held_out, n_trials=10)
