from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tracked_studies import complete, failed, study_end, study_info

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
