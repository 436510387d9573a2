"""What a person can see of the networks of a search, through the command line, on a small real one."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest
from made_tables import write_people
from tracked_studies import IGNORE_MLFLOW_WARNING

from automl.core.journal import read_journal
from automl.tracking.client import connect
from automl.tracking.experiment import find_experiment
from automl.tracking.store import default_uri

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings(IGNORE_MLFLOW_WARNING)]

N_TRIALS, N_FOLDS, N_EPOCHS = 2, 3, 4
SPACE = f"""
schema = 1
name = "small"
summary = "Small networks, trained for a moment."

[[stage]]
name = "encode"
[stage.option.onehot]

[[stage]]
name = "impute"
[stage.option.median]

[[stage]]
name = "scale"
[stage.option.standard]

[model.mlp]
epochs = {{ fixed = {N_EPOCHS} }}
width = {{ fixed = 8 }}
learning_rate = {{ float = [1e-4, 1e-2], log = true, default = 1e-3 }}
"""


@pytest.fixture(scope="module")
def searched(tmp_path_factory, mlflow_database):
    """A folder with a finished study of two networks in ``runs``, and TensorBoard's logs of them in ``logs``."""
    folder = tmp_path_factory.mktemp("networks")
    (folder / "small.toml").write_text(SPACE)
    (folder / "runs").mkdir()
    shutil.copy(mlflow_database, folder / "runs")
    write_people(folder / "people.csv")
    command = [
        sys.executable, "-m", "automl.cli.main", "search", "people.csv", "--label", "outcome", "--group", "patient",
        "--space", "small.toml", "--folds", N_FOLDS, "--budget", N_TRIALS, "--workers", 1, "--name", "ills",
        "--tensorboard", "logs",
    ]  # fmt: skip
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_the_journal_keeps_the_curves_of_every_network(searched):
    trials = read_journal(searched / "runs" / "ills").trials
    assert len(trials) == N_TRIALS
    for trial in trials:
        training = trial.result.training
        assert training.n_epochs == (N_EPOCHS,) * N_FOLDS
        assert all(len(curve) == N_EPOCHS for curve in training.curves.values())
        assert f"{training.n_parameters:,} weights in all" in training.architecture


def test_mlflow_shows_the_epochs_as_steps(searched):
    client = connect(default_uri(searched / "runs"))
    runs = client.search_runs([find_experiment(client, "ills").experiment_id], "tags.`automl.kind` = 'trial'")
    kept = {trial.number: trial.result.training for trial in read_journal(searched / "runs" / "ills").trials}
    assert len(runs) == N_TRIALS
    for run in runs:
        training = kept[int(run.data.tags["automl.number"])]
        points = client.get_metric_history(run.info.run_id, "epoch/valid_loss")
        assert [(m.step, m.value) for m in points] == list(enumerate(training.curves["valid_loss"], 1))
        assert run.data.metrics["n_parameters"] == training.n_parameters
        assert run.data.tags["automl.device"] == training.device
        assert "architecture.txt" in [f.path for f in client.list_artifacts(run.info.run_id)]


def test_tensorboard_has_every_fold(searched):
    assert {str(path.parent.relative_to(searched / "logs")) for path in searched.rglob("*tfevents*")} == {
        f"ills/trial-{trial:04d}/fold-{fold}/{rows}"
        for trial in range(1, N_TRIALS + 1)
        for fold in range(1, N_FOLDS + 1)
        for rows in ("train", "valid")
    }


def test_the_page_of_a_trial_says_how_large_its_networks_are_and_how_long_they_were_trained(searched, automl):
    code, out, _ = automl("leaderboard", "ills", "--trial", 1, "--runs", searched / "runs")
    (training,) = (t.result.training for t in read_journal(searched / "runs" / "ills").trials if t.number == 1)
    best = " ".join(map(str, training.best_epochs))
    assert code == 0
    assert training.device
    assert f"\n  {training.n_parameters} weights, trained on: {training.device}\n" in out
    assert f"\n  epochs of each fold 4 4 4, the best of them {best}\n" in out


def test_the_curves_are_in_the_record_of_one_trial_and_not_in_the_table(searched, automl):
    (whole,) = json.loads(automl("leaderboard", "--trial", 1, "--json", "--runs", searched / "runs")[1])
    assert len(whole["training"]["curves"]["valid_loss"]) == N_EPOCHS
    for record in json.loads(automl("leaderboard", "--json", "--runs", searched / "runs")[1]):
        assert record["training"].keys() == {"n_epochs", "best_epochs", "n_parameters"}


def test_a_resumed_search_goes_on_with_its_logs_and_a_trial_does_without_them_where_it_must(
    searched, tmp_path, monkeypatch, automl
):
    shutil.copytree(searched, tmp_path / "moved")
    facts = tmp_path / "moved" / "runs" / "ills" / "study.json"
    facts.write_text(facts.read_text().replace(str(searched), str(tmp_path / "moved")))
    logs = tmp_path / "moved" / "logs" / "ills"
    (logs / "trial-0004").touch()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    code, _, err = automl("resume", "ills", "--more", 2, "--workers", 1, "--runs", tmp_path / "moved" / "runs")
    assert code == 0, err
    assert [t.is_complete for t in read_journal(facts.parent).trials] == [True] * 4
    assert len(list(logs.glob("trial-0003/*/*/*tfevents*"))) == 2 * N_FOLDS
    assert err.count("TensorBoard's logs cannot be written: ") == 1
    assert "(trial 4); the search goes on" in err
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_folder_of_logs_that_cannot_be_is_an_error_before_the_search(searched, tmp_path, automl):
    (tmp_path / "file").touch()
    code, _, err = automl(
        "search", searched / "people.csv", "--label", "outcome", "--runs", tmp_path / "runs",
        "--tensorboard", tmp_path / "file",
    )  # fmt: skip
    assert code == 2
    assert err.splitlines() == [
        f"error: --tensorboard {tmp_path / 'file'} cannot be written: {tmp_path / 'file'} is a file, not a folder",
        "hint: --tensorboard DIR takes a folder that can be written or made",
    ]
    assert not (tmp_path / "runs").exists()
