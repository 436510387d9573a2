"""The path a user walks, through the command line, on small real searches."""

import csv
import io
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from made_tables import write_people

from automl.core.journal import read_journal

MODELS = ("--models", "logistic,knn,naive_bayes")


@pytest.fixture
def runs(tracked_runs):
    return tracked_runs


@dataclass(frozen=True)
class Searched:
    """A finished search, and what it printed."""

    runs: Path
    out: str
    err: str


@pytest.fixture(scope="module")
def searched(tmp_path_factory, mlflow_database):
    """A finished study of eight trials, one worker; nobody changes it."""
    folder = tmp_path_factory.mktemp("searched")
    people = write_people(folder / "people.csv")
    (folder / "runs").mkdir()
    shutil.copy(mlflow_database, folder / "runs")
    command = [
        sys.executable, "-m", "automl.cli.main", "search", people, "--label", "outcome", "--group", "patient",
        "--budget", 8, "--workers", 1, *MODELS, "--runs", folder / "runs", "--name", "ills",
    ]  # fmt: skip
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return Searched(folder / "runs", done.stdout, done.stderr)


@pytest.fixture
def study(searched, people, runs):
    """A copy of the study, made from ``people``."""
    folder = runs / "ills"
    shutil.copytree(searched.runs, runs, dirs_exist_ok=True)
    facts = json.loads((folder / "study.json").read_text())
    facts["request"]["data"] = str(people)
    (folder / "study.json").write_text(json.dumps(facts))
    return folder


def test_a_search_says_what_it_found_and_what_to_type_next(searched):
    runs, out, err = searched.runs, searched.out, searched.err
    assert "people.csv: 60 rows of 30 patients" in err
    assert "rows of one patient kept together" in err
    assert out.count("error") == 0
    assert "For new patients log_loss" in out
    assert "95% interval" in out
    assert "30 patients; corrected for choosing among 8 pipelines" in out
    assert "(chosen on these, so too rosy)" in out
    assert "No-skill model" in out
    assert f"automl resume ills --runs {runs}" in out
    names = {p.name for p in (runs / "ills").iterdir()}
    assert names >= {
        "study.json",
        "space.toml",
        "split.npz",
        "trials.jsonl",
        "oof",
        "best",
        "leaderboard.csv",
        "result.json",
    }


def test_no_patient_is_on_both_sides_of_a_fold(study, people):
    patients = pd.read_csv(people)["patient"].to_numpy()
    with np.load(study / "split.npz") as split:
        for k in range(int(split["n_folds"])):
            assert not set(patients[split[f"train_{k}"]]) & set(patients[split[f"valid_{k}"]])


def test_study_json_says_what_was_asked_and_where_each_value_came_from(study):
    facts = json.loads((study / "study.json").read_text())
    assert facts["request"]["budget"] == 8
    assert (facts["sources"]["budget"], facts["sources"]["metric"]) == ("commandline", "default")
    assert facts["data"]["kinds"] == {"age": "numeric", "fever": "boolean", "site": "categorical"}
    assert facts["data"]["positive"] == "ill"
    assert facts["families"] == ["knn", "logistic", "naive_bayes"]


def test_the_first_trials_are_the_defaults_of_the_families(study):
    trials = sorted(read_journal(study).trials, key=lambda t: t.number)
    assert [t.family for t in trials[:3]] == ["knn", "logistic", "naive_bayes"]
    assert trials[1].config["model.logistic.C"] == 1.0


def test_a_study_is_looked_at_exported_and_used(study, automl, runs, people, tmp_path):
    code, out, _ = automl("leaderboard", "--runs", runs)
    assert code == 0
    assert "ills: people.csv, 8 of 8 trials, log loss" in out
    code, out, _ = automl("leaderboard", "ills", "--by-family", "--json", "--runs", runs)
    assert {r["family"] for r in json.loads(out)} == {"logistic", "knn", "naive_bayes"}

    code, out, err = automl("export", "ills", "--out", tmp_path / "model", "--runs", runs)
    assert code == 0, err
    new = pd.read_csv(people).drop(columns=["outcome", "patient"]).iloc[::-1].assign(surplus=1)
    new.loc[3, "site"] = "Atlantis"
    new.loc[4, "age"] = np.nan
    new.to_csv(tmp_path / "new.csv", index=False, columns=["surplus", "site", "fever", "age"])
    code, out, err = automl("predict", tmp_path / "model", tmp_path / "new.csv")
    assert code == 0, err
    rows = list(csv.DictReader(io.StringIO(out)))
    assert list(rows[0]) == ["row", "label", "p_ill", "p_well"]
    assert len(rows) == 60
    by_study = automl("predict", "ills", tmp_path / "new.csv", "--runs", runs)
    assert by_study[1] == out
    code, _, _ = automl("predict", "ills", tmp_path / "new.csv", "--runs", runs, "--out", tmp_path / "labels.csv")
    assert (tmp_path / "labels.csv").read_text() == out


def test_another_trial_is_exported_without_the_final_number(study, automl, runs, tmp_path):
    ranks = {t.number: t for t in read_journal(study).trials}
    winner = json.loads((study / "result.json").read_text())["trial"]
    other = next(n for n in ranks if n != winner)
    for number, has_estimates in ((winner, True), (other, False)):
        out = tmp_path / f"m{number}"
        code, _, err = automl("export", "ills", "--trial", number, "--out", out, "--runs", runs)
        assert code == 0, err
        manifest = json.loads((out / "manifest.json").read_text())
        assert bool(manifest["estimates"]) == has_estimates


def test_predict_names_what_a_table_lacks(study, automl, runs, tmp_path):
    (tmp_path / "new.csv").write_text("age,site\n41,Bonn\n")
    code, out, err = automl("predict", "ills", tmp_path / "new.csv", "--runs", runs)
    assert (code, out) == (2, "")
    assert "fever" in err
    assert "missing" in err


def test_an_existing_name_is_refused_and_resume_suggested(study, automl, people, runs):
    code, _, err = automl("search", people, "--label", "outcome", "--name", "ills", "--runs", runs)
    assert code == 2
    assert "study ills exists already" in err
    assert "automl resume ills" in err


def test_a_study_made_longer_is_the_study_that_was_longer_from_the_start(study, automl, people, runs):
    code, _, err = automl("resume", "ills", "--more", 7, "--runs", runs)
    assert code == 0, err
    code, _, err = automl(
        "search", people, "--label", "outcome", "--group", "patient", "--budget", 15, "--workers", 1, *MODELS,
        "--runs", runs, "--name", "long",
    )  # fmt: skip
    assert code == 0, err
    resumed, once = (
        {t.number: (t.config, t.loss) for t in read_journal(runs / name).trials} for name in ("ills", "long")
    )
    assert resumed == once
    assert len(once) == 15


def test_with_several_workers_it_is_said_what_exact_repetition_needs(searched, study, automl, runs):
    assert "exact repetition" not in searched.out
    (runs / "ills" / "workers" / "0.log").unlink()
    (runs / "ills" / "workers").rmdir()  # as copying without empty folders does
    code, out, err = automl("resume", "ills", "--more", 2, "--workers", 2, "--runs", runs)
    assert code == 0, err
    assert "exact repetition needs --workers 1" in out


def test_a_finished_study_is_only_reported(study, automl, runs):
    before = (study / "trials.jsonl").read_bytes()
    code, out, _ = automl("resume", "ills", "--runs", runs)
    assert code == 0
    assert "Best pipeline" in out
    assert (study / "trials.jsonl").read_bytes() == before


def test_changed_data_is_refused_with_what_differs(study, automl, people, runs):
    people.write_text(people.read_text() + "44.0,True,Bonn,ill,p00\n")
    code, _, err = automl("resume", "ills", "--more", 1, "--runs", runs)
    assert code == 2
    assert "people.csv has changed since study ills began (60 rows then, 61 now" in err


def test_data_that_moved_is_found_where_one_says(study, automl, people, runs, tmp_path):
    people.rename(tmp_path / "moved.csv")
    code, _, err = automl("resume", "ills", "--more", 1, "--runs", runs)
    assert code == 2
    assert "automl resume ills --data PATH" in err
    code, _, err = automl("resume", "ills", "--more", 1, "--data", tmp_path / "moved.csv", "--runs", runs)
    assert code == 0, err


@pytest.mark.parametrize(("name", "what"), [("space.toml", "space"), ("split.npz", "split"), ("study.json", "request")])
def test_a_changed_study_is_refused(study, automl, runs, name, what):
    path = study / name
    if name == "space.toml":
        path.write_text(path.read_text() + "\n# edited\n")
    elif name == "study.json":
        facts = json.loads(path.read_text())
        facts["request"]["positive"] = "well"
        path.write_text(json.dumps(facts))
    else:
        with np.load(path) as arrays:
            changed = dict(arrays)
        changed["valid_0"], changed["valid_1"] = changed["valid_1"], changed["valid_0"]
        np.savez(path, **changed)
    code, _, err = automl("resume", "ills", "--more", 1, "--runs", runs)
    assert code == 2
    assert f"the {what} of study ills has changed" in err


def test_the_events_are_json_and_the_last_is_the_result(automl, people, runs):
    code, out, _ = automl(
        "search", people, "--label", "outcome", "--budget", 3, "--workers", 1, *MODELS, "--runs", runs, "--json"
    )
    assert code == 0
    events = [json.loads(line) for line in out.splitlines()]
    assert [e["event"] for e in events if e["event"] == "trial"] == ["trial"] * 3
    assert events[0]["event"] == "study"
    result = events[-1]
    assert result["event"] == "result"
    first = result["estimates"][0]
    assert set(first) >= {"metric", "value", "low", "high", "unit", "n_units", "method", "looks"}
    assert (first["metric"], first["unit"], first["n_units"], first["method"]) == ("log_loss", "row", 60, "bbc-cv")


def test_a_share_is_held_out_judged_once_and_every_look_counted(automl, people, runs):
    code, out, err = automl(
        "search", people, "--label", "outcome", "--group", "patient", "--test", "0.3", "--budget", 4, "--workers", 1,
        *MODELS, "--runs", runs, "--name", "held",
    )  # fmt: skip
    assert code == 0, err
    assert "On the test set" in out
    assert "look 1 at these rows" in out
    code, out, _ = automl("resume", "held", "--more", 2, "--runs", runs)
    assert "look 2 at these rows" in out
    assert json.loads((runs / "held" / "study.json").read_text())["looks"] == 2


def test_a_dry_run_writes_nothing(automl, people, runs):
    code, out, err = automl("search", people, "--label", "outcome", "--dry-run", "--runs", runs)
    assert code == 0
    assert "nothing was written" in out
    assert "people.csv: 60 rows" in out
    assert err == ""
    assert [p.name for p in runs.iterdir()] == ["mlflow.db"]


def test_every_trial_failing_is_exit_3_with_the_commonest_error(automl, runs, tmp_path):
    table = pd.DataFrame({"x": np.arange(12.0) / 7, "label": ["u", "v"] * 6})
    table.to_csv(tmp_path / "t.csv", index=False)
    (tmp_path / "space.toml").write_text(
        'schema = 1\nname = "bare"\nsummary = "s"\n[model.knn]\nmetric = { choice = ["nonsense", "nonsuch"] }\n'
    )
    code, out, err = automl(
        "search", tmp_path / "t.csv", "--space", tmp_path / "space.toml", "--budget", 2, "--workers", 1, "--runs", runs
    )
    assert (code, out) == (3, "")
    assert "none of 2 trials succeeded" in err
    assert "times: InvalidParameterError: The 'metric' parameter" in err
    code, _, err = automl("export", "--out", tmp_path / "model", "--runs", runs)
    assert code == 2
    assert "no trial of study t-1 succeeded" in err


def test_a_space_that_cannot_read_a_column_is_refused_before_the_first_trial(automl, people, tmp_path):
    (tmp_path / "space.toml").write_text('schema = 1\nname = "bare"\nsummary = "s"\n[model.knn]\n')
    space = ("--space", tmp_path / "space.toml", "--runs", tmp_path / "none")
    code, _, err = automl("search", people, "--label", "outcome", "--group", "patient", *space)
    assert code == 2
    assert 'no stage that turns categorical columns into numbers for knn, and the data has 1: "site"' in err
    assert not (tmp_path / "none").exists()


def test_a_space_that_is_used_up_ends_the_search_with_exit_0(automl, people, runs, tmp_path):
    (tmp_path / "space.toml").write_text(
        'schema = 1\nname = "tiny"\nsummary = "s"\n[[stage]]\nname = "encode"\n[stage.option.ordinal]\n'
        '[[stage]]\nname = "impute"\n[stage.option.mean]\n[model.knn]\nn_neighbors = { int = [1, 3] }\n'
    )
    code, out, err = automl(
        "search", people, "--label", "outcome", "--space", tmp_path / "space.toml", "--budget", 50, "--workers", 1,
        "--runs", runs,
    )  # fmt: skip
    assert code == 0, err
    assert "3 trials" in out
    assert "No config is left to try." in out


def test_a_family_whose_package_is_missing_is_an_error_where_it_was_asked_for(automl, people, runs, monkeypatch):
    monkeypatch.setitem(sys.modules, "xgboost", None)
    code, _, err = automl("search", people, "--label", "outcome", "--models", "xgboost", "--runs", runs, "--dry-run")
    assert code == 2
    assert 'pip install "automl-search[cpu]"' in err
    code, out, _ = automl("search", people, "--label", "outcome", "--runs", runs, "--dry-run")
    assert code == 0
    assert "xgboost is not searched: xgboost is not installed" in out


def test_a_package_that_is_gone_stops_a_resume_before_its_trials_fail(automl, people, runs, monkeypatch):
    code, _, err = automl(
        "search", people, "--label", "outcome", "--models", "xgboost,lda", "--budget", 1, "--workers", 1, "--runs", runs
    )
    assert code == 0, err
    monkeypatch.setitem(sys.modules, "xgboost", None)
    code, _, err = automl("resume", "--more", 2, "--runs", runs)
    assert code == 2
    assert 'pip install "automl-search[cpu]"' in err


def test_a_run_folder_that_cannot_be_written_is_one_line(automl, people):
    code, out, err = automl("search", people, "--label", "outcome", "--runs", "/proc/nowhere")
    assert (code, out) == (2, "")
    assert "/proc/nowhere cannot be written" in err


def test_a_model_that_is_none_is_one_line(automl, tmp_path, people):
    code, _, err = automl("predict", tmp_path, people)
    assert code == 2
    assert "is not a bundle" in err
    code, _, err = automl("export", "nothing", "--out", tmp_path / "x", "--runs", tmp_path)
    assert code == 2
    assert 'there is no study "nothing"' in err


def test_spaces_are_listed_shown_checked_and_copied(automl, tmp_path):
    _, out, _ = automl("spaces", "list")
    assert {"tabular", "tabular_quick", "audio"} <= {line.split()[0] for line in out.splitlines()}
    mine = tmp_path / "mine.toml"
    assert automl("spaces", "copy", "tabular", mine)[0] == 0
    assert automl("spaces", "check", mine)[0] == 0
    assert automl("spaces", "copy", "tabular", mine)[0] == 2
    mine.write_text(mine.read_text().replace("[model.svm]", "[model.svmm]").replace("log = true,", "lgo = true,"))
    code, _, err = automl("spaces", "check", mine)
    assert code == 2
    assert "svmm" in err
    assert "lgo" in err
    _, out, _ = automl("spaces", "show", "tabular")
    assert "svm" in out
