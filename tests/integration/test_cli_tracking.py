"""MLflow mirrors a study, and losing it loses nothing."""

import shutil
import time
from dataclasses import replace

import mlflow
import pytest

from automl.core.journal import read_journal
from automl.core.study import StopRequest
from automl.errors import SearchInterrupted
from automl.tracking.store import default_uri
from automl.workflows.events import TrialEnded
from automl.workflows.request import SearchRequest
from automl.workflows.search import run_search

SEARCH = ("--label", "outcome", "--group", "patient", "--workers", 1, "--models", "logistic,knn", "--name", "ills")
NOWHERE = "http://127.0.0.1:9"


def tracked(runs, study="ills"):
    """Runs of the study's experiment: (trials, the study's own)."""
    client = mlflow.MlflowClient(default_uri(runs))
    experiment = client.get_experiment_by_name(study)
    found = client.search_runs([experiment.experiment_id])
    return (
        [r for r in found if r.data.tags["automl.kind"] == "trial"],
        [r for r in found if r.data.tags["automl.kind"] == "study"],
    )


def is_shown(runs, study="ills"):
    """Whether MLflow holds a whole trial of the study."""
    client = mlflow.MlflowClient(default_uri(runs))
    experiment = client.get_experiment_by_name(study)
    return experiment and client.search_runs([experiment.experiment_id], "attributes.status = 'FINISHED'")


def test_every_trial_is_one_run_with_its_config_scores_and_tags(automl, people, tracked_runs):
    code, _, err = automl("search", people, *SEARCH, "--budget", 6, "--runs", tracked_runs)
    assert code == 0, err
    trials, (study,) = tracked(tracked_runs)
    journal = {t.number: t for t in read_journal(tracked_runs / "ills").trials}
    assert {int(r.data.tags["automl.number"]) for r in trials} == set(journal)
    for run in trials:
        trial = journal[int(run.data.tags["automl.number"])]
        assert run.info.run_name.startswith(f"#{trial.number:03d} {trial.family}")
        assert run.data.params["model"] == trial.family
        assert run.data.metrics["log_loss"] == pytest.approx(trial.loss, rel=1e-4)
        assert {"roc_auc", "roc_auc_sd", "brier"} <= set(run.data.metrics)
    assert len([r for r in trials if r.data.tags.get("automl.best") == "true"]) == 1
    assert "final/log_loss" in study.data.metrics
    names = [a.path for a in mlflow.MlflowClient(default_uri(tracked_runs)).list_artifacts(study.info.run_id)]
    assert names


def test_a_search_without_its_tracker_finishes_and_a_resume_sends_what_is_missing(automl, people, tracked_runs):
    code, out, err = automl("search", people, *SEARCH, "--budget", 4, "--runs", tracked_runs, "--tracking-uri", NOWHERE)
    assert code == 0
    assert "Best pipeline" in out
    assert f"MLflow: 4 trials were not sent; automl resume ills --runs {tracked_runs} sends what is missing" in err
    code, _, err = automl("resume", "--more", 1, "--runs", tracked_runs, "--tracking-uri", default_uri(tracked_runs))
    assert code == 0, err
    trials, _ = tracked(tracked_runs)
    assert sorted(int(r.data.tags["automl.number"]) for r in trials) == [1, 2, 3, 4, 5]


def test_a_resume_of_a_finished_study_sends_what_mlflow_lacks_and_looks_at_nothing_else(
    automl, people, tracked_runs, mlflow_database
):
    code, _, err = automl("search", people, *SEARCH, "--budget", 4, "--test", 0.2, "--runs", tracked_runs)
    assert code == 0, err
    before = {path: path.read_bytes() for path in (tracked_runs / "ills").glob("*.json*")}
    shutil.copy(mlflow_database, tracked_runs)
    people.unlink()
    code, out, err = automl("resume", "--runs", tracked_runs)
    assert code == 0, err
    assert "Best pipeline" in out
    trials, (study,) = tracked(tracked_runs)
    assert sorted(int(r.data.tags["automl.number"]) for r in trials) == [1, 2, 3, 4]
    assert all({"impute", "scale", "model"} <= set(r.data.params) for r in trials)
    assert study.data.params.items() >= {"rows": "60", "folds": "5", "n_trials": "4"}.items()
    assert study.info.status == "FINISHED"
    assert {path: path.read_bytes() for path in before} == before, "a trial or a look at the holdout was added"


def test_a_study_that_was_stopped_is_not_shown_as_running(people, tracked_runs):
    stop = StopRequest()

    def stop_after_one(event):
        if isinstance(event, TrialEnded):
            while not is_shown(tracked_runs):
                time.sleep(0.01)
            stop.requested = True

    request = SearchRequest(data=str(people), label="outcome", models=("knn",), runs=str(tracked_runs), workers=0)
    with pytest.raises(SearchInterrupted):
        run_search(replace(request, name="ills"), stop_after_one, stop)
    (trial,), (study,) = tracked(tracked_runs)
    assert (trial.info.status, study.info.status) == ("FINISHED", "KILLED")


def test_the_pages_of_a_study_that_mlflow_lacks_are_one_line(automl, people, tracked_runs):
    automl("search", people, *SEARCH, "--budget", 2, "--runs", tracked_runs, "--tracking-uri", NOWHERE)
    code, _, err = automl("ui", "--runs", tracked_runs, "--tracking-uri", default_uri(tracked_runs), "--no-browser")
    assert code == 2
    assert 'MLflow holds no study "ills" yet' in err
    code, _, err = automl("ui", "--runs", tracked_runs, "ills", "one")
    assert code == 2
    assert "one: not the number of a trial" in err


def test_a_password_in_the_address_of_mlflow_is_not_kept(automl, people, tracked_runs):
    address = NOWHERE.replace("//", "//ann:secret@")
    automl("search", people, *SEARCH, "--budget", 1, "--runs", tracked_runs, "--tracking-uri", address)
    texts = [p.read_bytes() for p in (tracked_runs / "ills").rglob("*") if p.is_file()]
    assert not any(b"secret" in text for text in texts)
    assert any(NOWHERE.encode() in text for text in texts)
