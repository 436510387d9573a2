"""What a person finds in MLflow's database, and what becomes of interrupted, moved and doubled studies."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from tracked_studies import IGNORE_MLFLOW_WARNING, complete, failed, study_end, study_info, trained

from automl.errors import StudyError
from automl.tracking.client import connect
from automl.tracking.experiment import find_experiment
from automl.tracking.mlflow import MlflowTracker
from automl.tracking.server import links
from automl.tracking.store import DATABASE_NAME, default_uri, prepare_store, relocate

pytestmark = pytest.mark.filterwarnings(IGNORE_MLFLOW_WARNING)


@pytest.fixture
def client(tracked_runs):
    return connect(default_uri(tracked_runs))


def track(runs, trials=(), end=None, *, finished=(), notes=None, **info):
    tracker = MlflowTracker(default_uri(runs), runs=runs, on_note=(notes if notes is not None else []).append)
    tracker.study_started(study_info(runs, **info), finished)
    for trial in trials:
        tracker.trial_finished(trial)
    tracker.study_finished(end)


def runs_of(client, kind="trial", *, uid="c0ffee"):
    experiment = find_experiment(client, "coughs-1", uid)
    found = client.search_runs([experiment.experiment_id], f"tags.`automl.kind` = '{kind}'")
    return sorted(found, key=lambda run: run.info.run_name)


def histories(client):
    """Every point of every metric, by run."""
    return {
        run.info.run_id: [
            (key, m.step, m.value) for key in run.data.metrics for m in client.get_metric_history(run.info.run_id, key)
        ]
        for run in runs_of(client)
    }


def test_a_complete_trial_as_a_run(client, tracked_runs):
    track(tracked_runs, [complete(17, 0.1823)])
    (run,) = runs_of(client)
    assert (run.info.run_name, run.info.status) == ("#017 svm 0.182", "FINISHED")
    assert run.info.end_time - run.info.start_time == 250
    assert run.data.params["model.svm.C"] == "3.8"
    assert run.data.metrics["log_loss"] == 0.1823
    assert run.data.metrics["f1_sd"] == 0
    assert "mlflow.parentRunId" not in run.data.tags
    folds = client.get_metric_history(run.info.run_id, "fold/log_loss")
    assert [(m.step, m.value) for m in folds] == [(0, 0.1823), (1, 0.1823)]


def test_a_failed_trial_as_a_run(client, tracked_runs):
    track(tracked_runs, [failed(2)])
    (run,) = runs_of(client)
    assert (run.info.run_name, run.info.status) == ("#002 svm failed", "FAILED")
    assert set(run.data.metrics) == {"seconds"}
    traceback = Path(client.download_artifacts(run.info.run_id, "traceback.txt"))
    assert traceback.read_text() == "Traceback\nValueError: too odd"


def test_a_network_as_a_run(client, tracked_runs):
    track(tracked_runs, [trained(3, 0.25)])
    (run,) = runs_of(client)
    curve = client.get_metric_history(run.info.run_id, "epoch/valid_loss")
    assert [(m.step, m.value) for m in curve] == [(1, 1.25), (2, 0.75), (3, 0.58333), (4, 0.5)]
    assert run.data.metrics["n_parameters"] == 182_234
    architecture = Path(client.download_artifacts(run.info.run_id, "architecture.txt"))
    assert architecture.read_text() == "Dense\nDense"


def test_a_training_of_more_epochs_than_mlflow_takes_at_once_is_kept(client, tracked_runs):
    notes = []
    track(tracked_runs, [trained(3, 0.25, n_epochs=10_000)], notes=notes)
    (run,) = runs_of(client)
    steps = [m.step for m in client.get_metric_history(run.info.run_id, "epoch/train_loss")]
    assert (notes, steps[0], steps[-1]) == ([], 1, 10_000)


def test_the_study_has_a_run_of_its_own(client, tracked_runs):
    track(tracked_runs, [complete(1, 0.4), complete(2, 0.2)], study_end(tracked_runs, best=2))
    (run,) = runs_of(client, "study")
    assert (run.info.run_name, run.info.status) == ("coughs-1", "FINISHED")
    assert run.data.params["data"] == "coughs.csv"
    curve = client.get_metric_history(run.info.run_id, "best_so_far")
    assert [(m.step, m.value) for m in curve] == [(1, 0.4), (2, 0.2)]
    assert run.data.metrics["final/log_loss_high"] == 0.25
    assert [f.path for f in client.list_artifacts(run.info.run_id, "bundle")] == ["bundle/manifest.json"]


def test_a_study_that_was_stopped_is_not_shown_as_running(client, tracked_runs):
    track(tracked_runs, [complete(1, 0.4)], None)
    assert runs_of(client, "study")[0].info.status == "KILLED"


def test_a_resumed_study_continues_its_run(client, tracked_runs):
    first = [complete(1, 0.4), complete(2, 0.2)]
    track(tracked_runs, first, study_end(tracked_runs, best=2))
    end = study_end(tracked_runs, best=3, value=0.1)
    track(tracked_runs, [complete(3, 0.1)], end, finished=first, n_trials=20)
    (run,) = runs_of(client, "study")
    assert (run.data.params["n_trials"], run.data.tags["automl.n_trials"]) == ("10", "20")
    assert run.data.metrics["final/log_loss"] == 0.1
    steps = [m.step for m in client.get_metric_history(run.info.run_id, "best_so_far")]
    assert steps == [1, 2, 3]


def test_an_interrupted_run_is_completed_and_not_doubled(client, tracked_runs):
    trials = [complete(1, 0.4), failed(2), trained(3, 0.3)]
    track(tracked_runs, trials)
    before = histories(client)
    for run_id in before:  # as a process leaves them that is killed just before it closes them
        client.update_run(run_id, status="RUNNING")
    track(tracked_runs, finished=trials)
    assert [r.info.status for r in runs_of(client)] == ["FINISHED", "FAILED", "FINISHED"]
    assert histories(client) == before


def test_a_run_that_was_only_begun_is_completed(client, tracked_runs):
    track(tracked_runs)
    experiment = find_experiment(client, "coughs-1", "c0ffee")
    tags = {"automl.kind": "trial", "automl.number": "1"}
    begun = client.create_run(experiment.experiment_id, tags=tags, run_name="#001 svm 0.400")
    track(tracked_runs, finished=[complete(1, 0.4)])
    (run,) = runs_of(client)
    assert (run.info.run_id, run.data.metrics["log_loss"]) == (begun.info.run_id, 0.4)


def test_of_two_runs_of_a_trial_the_complete_one_stays(client, tracked_runs):
    track(tracked_runs, [complete(1, 0.4)])
    (complete_run,) = runs_of(client)
    client.create_run(complete_run.info.experiment_id, tags={"automl.kind": "trial", "automl.number": "1"})
    track(tracked_runs, finished=[complete(1, 0.4)])
    assert [r.info.run_id for r in runs_of(client)] == [complete_run.info.run_id]


def test_another_study_of_the_same_name_gets_an_experiment_of_its_own(client, tracked_runs):
    notes = []
    track(tracked_runs, [complete(1, 0.4)])
    track(tracked_runs, [complete(1, 0.3)], notes=notes, uid="again")
    assert notes == ['MLflow has another experiment "coughs-1", so this study\'s is called "coughs-1-2"']
    assert [r.data.metrics["log_loss"] for r in runs_of(client, uid="c0ffee")] == [0.4]
    assert [r.data.metrics["log_loss"] for r in runs_of(client, uid="again")] == [0.3]


def test_a_study_is_found_under_a_new_name(client, tracked_runs):
    track(tracked_runs, [complete(1, 0.4)])
    track(tracked_runs, [complete(2, 0.3)], finished=[complete(1, 0.4)], name="renamed")
    assert len(runs_of(client)) == 2


def test_a_study_whose_experiment_was_deleted_is_sent_again(client, tracked_runs):
    track(tracked_runs, [complete(1, 0.4)])
    client.delete_experiment(find_experiment(client, "coughs-1").experiment_id)
    track(tracked_runs, finished=[complete(1, 0.4)])
    assert [r.info.run_name for r in runs_of(client)] == ["#001 svm 0.400"]


def test_a_name_with_an_apostrophe_is_found(client, tracked_runs):
    track(tracked_runs, [complete(1, 0.4)], name="anna's", uid="")
    track(tracked_runs, finished=[complete(1, 0.4)], name="anna's", uid="")
    assert links(default_uri(tracked_runs), "anna's", [1]).run_ids.keys() == {1}


def test_the_view_of_a_person_is_not_replaced(client, tracked_runs):
    track(tracked_runs)
    experiment = find_experiment(client, "coughs-1")
    client.set_experiment_tag(experiment.experiment_id, "mlflow.sharedViewState.automl", "mine")
    track(tracked_runs)
    assert find_experiment(client, "coughs-1").tags["mlflow.sharedViewState.automl"] == "mine"


def test_trials_are_found_by_number(client, tracked_runs):
    track(tracked_runs, [complete(1, 0.4), failed(2)])
    found = links(default_uri(tracked_runs), "coughs-1", [2, 99])
    assert found.run_ids == {2: runs_of(client)[1].info.run_id}


def test_a_study_that_mlflow_lacks_is_an_error(tracked_runs):
    with pytest.raises(StudyError, match='MLflow holds no study "absent"'):
        links(default_uri(tracked_runs), "absent")


def test_nothing_is_printed_and_the_tracking_uri_stays_out_of_the_environment(tracked_runs, capfd):
    track(tracked_runs, [complete(1, 0.4), failed(2)], study_end(tracked_runs, best=1))
    assert capfd.readouterr() == ("", "")
    assert "MLFLOW_TRACKING_URI" not in os.environ


def test_artifacts_are_found_after_the_folder_has_moved(tracked_runs, tmp_path):
    track(tracked_runs, [complete(1, 0.4)], study_end(tracked_runs, best=1))
    moved = tmp_path / "elsewhere" / "my runs"
    shutil.copytree(tracked_runs, moved)
    shutil.rmtree(tracked_runs)
    assert relocate(moved) is True
    assert relocate(moved) is False
    client = connect(default_uri(moved))
    (run,) = runs_of(client, "study")
    assert [f.path for f in client.list_artifacts(run.info.run_id, "bundle")] == ["bundle/manifest.json"]
    with closing(sqlite3.connect(moved / DATABASE_NAME)) as connection:
        assert tracked_runs.as_uri() + "/" not in "\n".join(connection.iterdump())


@pytest.fixture(scope="module")
def created(tmp_path_factory):
    """A folder whose database was created by a tracker, after another process was killed while it did so."""
    runs = tmp_path_factory.mktemp("new") / "my runs"
    draft = runs / ".new-mlflow-killed"
    draft.mkdir(parents=True)
    (draft / DATABASE_NAME).write_bytes(b"half a schema")
    track(runs, [complete(1, 0.4)])
    return runs


@pytest.mark.slow
def test_a_tracker_creates_the_default_database(created):
    assert len(runs_of(connect(default_uri(created)))) == 1
    with closing(sqlite3.connect(created / DATABASE_NAME)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


@pytest.mark.slow
def test_an_abandoned_draft_of_the_database_is_tidied_up(created):
    assert list(created.glob(".new-mlflow-*")) == []


def test_a_database_that_cannot_be_created_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "mlflow").mkdir()
    (tmp_path / "mlflow" / "__init__.py").write_text("raise ImportError('half installed')")
    with pytest.raises(StudyError, match=r"MLflow cannot create .*mlflow\.db: ImportError: half installed"):
        prepare_store(tmp_path / "runs")
    assert list((tmp_path / "runs").iterdir()) == []


@pytest.mark.slow
def test_two_processes_may_create_the_database_at_once(tmp_path):
    program = (
        "import sys; from pathlib import Path; from automl.tracking.store import prepare_store\n"
        "prepare_store(Path(sys.argv[1]))"
    )
    processes = [subprocess.Popen([sys.executable, "-c", program, str(tmp_path)]) for _ in range(2)]
    assert [p.wait() for p in processes] == [0, 0]
    track(tmp_path, [complete(1, 0.4)])
    assert len(runs_of(connect(default_uri(tmp_path)))) == 1
