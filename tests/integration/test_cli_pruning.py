"""A search with pruned trials, from the command line to everything that shows them."""

import csv
import json
import shutil
import subprocess
import sys

import pytest
from made_tables import write_people

from automl.core.journal import oof_path, read_journal
from automl.core.trial import TrialState

BUDGET = 20
ARGUMENTS = ("--label", "outcome", "--group", "patient", "--workers", 1, "--name", "ills")
SPACE = """
schema = 1
name = "small"
summary = "Trials of some milliseconds, good ones and bad ones."

[[stage]]
name = "encode"
[stage.option.onehot]
min_share = { fixed = 0.01 }

[[stage]]
name = "impute"
[stage.option.mean]
[stage.option.median]

[model.knn]
n_neighbors = { int = [1, 30], log = true }

[model.naive_bayes]
var_smoothing = { float = [1e-9, 1e3], log = true }
"""


@pytest.fixture(scope="module")
def searched(tmp_path_factory, mlflow_database):
    """The runs folder of a finished search, what it searched and the events it printed; nobody changes them."""
    folder = tmp_path_factory.mktemp("pruned")
    (folder / "space.toml").write_text(SPACE)
    what = (write_people(folder / "people.csv"), "--space", folder / "space.toml", *ARGUMENTS)
    (folder / "runs").mkdir()
    shutil.copy(mlflow_database, folder / "runs")
    command = [sys.executable, "-m", "automl.cli.main", "search", *what, "--budget", BUDGET, "--json"]
    done = subprocess.run([*map(str, command), "--runs", folder / "runs"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder / "runs", what, [json.loads(line) for line in done.stdout.splitlines()]


def trials_of(runs, name="ills"):
    return {t.number: t for t in read_journal(runs / name).trials}


def test_the_winner_is_complete_and_pruned_trials_keep_what_they_had(searched):
    runs, _, events = searched
    trials = trials_of(runs)
    pruned = [t for t in trials.values() if t.state is TrialState.PRUNED]
    assert pruned
    for t in pruned:
        assert 2 <= t.result.n_folds_done < 5
        assert not oof_path(runs / "ills", t.number).exists()
    result = events[-1]
    assert trials[result["trial"]].state is TrialState.COMPLETE
    assert (result["n_pruned"], result["n_complete"]) == (len(pruned), BUDGET - len(pruned))


def test_the_events_say_after_how_many_folds_and_give_no_score(searched):
    runs, _, events = searched
    of_trials = {e["number"]: e for e in events if e["event"] == "trial"}
    for number, t in trials_of(runs).items():
        event = of_trials[number]
        assert (event["state"], event["folds_done"]) == (t.state.value, t.result.n_folds_done)
        assert (event["score"] is None) == (t.state is TrialState.PRUNED)


def test_leaderboard_and_table_show_them_plainly(searched, automl):
    runs, _, _ = searched
    trial = next(t for t in trials_of(runs).values() if t.state is TrialState.PRUNED)
    words = f"pruned after {trial.result.n_folds_done} of 5 folds"
    assert words in automl("leaderboard", "ills", "--top", BUDGET, "--runs", runs)[1]
    assert f"trial {trial.number}: {words}" in automl("leaderboard", "ills", "--trial", trial.number, "--runs", runs)[1]
    with (runs / "ills" / "leaderboard.csv").open() as file:
        row = next(row for row in csv.DictReader(file) if row["trial"] == str(trial.number))
    assert (row["rank"], row["state"], row["log_loss"], row["roc_auc"]) == ("", "pruned", "", "")
    assert row["folds_done"] == str(trial.result.n_folds_done)


def test_a_pruned_trial_cannot_be_exported(searched, automl, tmp_path):
    runs, _, _ = searched
    number = next(t.number for t in trials_of(runs).values() if t.state is TrialState.PRUNED)
    code, _, err = automl("export", "ills", "--trial", number, "--runs", runs, "--out", tmp_path / "model")
    assert code == 2
    assert f"trial {number} is not complete (pruned after" in err


def test_a_study_made_longer_prunes_what_one_that_was_longer_from_the_start_would(searched, automl, tracked_runs):
    runs, what, _ = searched
    code, _, err = automl("search", *what, "--budget", 14, "--runs", tracked_runs)
    assert code == 0, err
    code, _, err = automl("resume", "ills", "--more", BUDGET - 14, "--runs", tracked_runs)
    assert code == 0, err
    once, resumed = trials_of(runs), trials_of(tracked_runs)
    assert {n: t.suggestion for n, t in resumed.items()} == {n: t.suggestion for n, t in once.items()}
    assert {n: (t.state, t.loss) for n, t in resumed.items()} == {n: (t.state, t.loss) for n, t in once.items()}


def test_no_prune_evaluates_every_trial_on_every_fold(searched, automl, tracked_runs):
    _, what, _ = searched
    code, _, err = automl("search", *what, "--budget", 16, "--no-prune", "--runs", tracked_runs)
    assert code == 0, err
    assert {(t.state, t.suggestion.bars) for t in trials_of(tracked_runs).values()} == {(TrialState.COMPLETE, ())}
