"""A family that fails again and again is rested, and that is said where it matters."""

import json
from dataclasses import replace

import pytest

from automl.core.journal import read_journal
from automl.core.study import StopRequest
from automl.workflows.events import Note
from automl.workflows.folder import open_study
from automl.workflows.request import SearchRequest
from automl.workflows.resume import ResumeRequest, open_session
from automl.workflows.run import run_session
from automl.workflows.search import run_search

SPACE = """
schema = 1
name = "one-fails"
summary = "s"

[[stage]]
name = "encode"
[stage.option.ordinal]

[[stage]]
name = "impute"
[stage.option.mean]

[model.svm]
C = { float = [0.1, 10.0], log = true }
kernel = { choice = ["rbff"] }

[model.naive_bayes]
var_smoothing = { float = [1e-9, 1e-1], log = true }

[model.lda]
shrinkage = { float = [0.0, 1.0] }
"""
SAID = "svm is rested for the rest of the search: its last 5 trials did not succeed (5 failed), the last (trial "


@pytest.fixture
def space(tmp_path):
    """A space in which ``svm`` always fails."""
    path = tmp_path / "space.toml"
    path.write_text(SPACE)
    return path


@pytest.fixture
def search(automl, people, space, tracked_runs):
    """``search(*options) -> (exit code, out, err)``."""

    def run(*options):
        return automl(
            "search", people, "--label", "outcome", "--space", space, "--workers", 1, "--runs", tracked_runs, *options
        )

    return run


def suggestions(study):
    return [(t.number, t.family, t.config) for t in read_journal(study).trials]


def numbers_of_svm(study):
    return [number for number, family, _ in suggestions(study) if family == "svm"]


def test_a_family_that_always_fails_is_rested_and_the_result_says_so(search, tracked_runs):
    code, out, err = search("--budget", 20, "--test", "0.3", "--name", "st")
    assert code == 0, err
    study = tracked_runs / "st"
    numbers = numbers_of_svm(study)
    assert len(numbers) == 5
    assert numbers[-1] < 15
    assert err.count("svm is rested") == 1
    assert f"{SAID}{numbers[-1]}) with InvalidParameterError: The 'kernel' parameter" in err
    facts = json.loads((study / "study.json").read_text())
    assert facts["looks"] == 1
    note = f"svm was not searched to the end: {facts['rested']['svm']}"
    assert note in out
    assert note in json.loads((study / "result.json").read_text())["notes"]
    assert note in json.loads((study / "best" / "manifest.json").read_text())["notes"]
    assert "svm was not searched to the end" in (study / "best" / "README.md").read_text()


def test_a_study_that_is_continued_has_the_same_families_at_rest(people, space, tmp_path):
    said = []

    def listen(event):
        said.extend([event.text] if isinstance(event, Note) and "svm" in event.text else [])

    def search(name, budget):
        request = SearchRequest(
            data=str(people), label="outcome", space=str(space), budget=budget, workers=0, runs=str(tmp_path), name=name
        )
        run_search(request, listen, StopRequest(), is_tracked=False)
        return tmp_path / name

    once = search("once", 24)
    n_first = numbers_of_svm(once)[-1] + 1
    twice = search("twice", n_first)
    facts = json.loads((twice / "study.json").read_text())
    reasons = facts.pop("rested")
    (twice / "study.json").write_text(json.dumps(facts))  # as if the process had been killed before it was written
    said.clear()
    session = open_session(open_study("twice", tmp_path), ResumeRequest(), 24)
    request = replace(session.request, workers=0)
    result = run_session(replace(session, request=request, is_tracked=False), listen, StopRequest())
    assert suggestions(twice) == suggestions(once)
    assert said == [f"svm stays at rest: {reasons['svm']}"]
    assert f"svm was not searched to the end: {reasons['svm']}" in result.notes
    assert json.loads((twice / "study.json").read_text())["rested"] == reasons


def test_ten_trials_with_the_same_error_end_the_search_with_exit_3(search, automl, tracked_runs):
    code, out, err = search("--budget", 30, "--models", "svm", "--name", "sad")
    assert (code, out) == (3, "")
    assert "every trial so far failed with the same error, so the search ends early" in err
    assert f"automl resume sad --runs {tracked_runs} tries ten more" in " ".join(err.split())
    assert "none of 10 trials succeeded" in err
    assert "10 times: InvalidParameterError: The 'kernel' parameter" in err
    code, _, err = automl("resume", "sad", "--runs", tracked_runs)
    assert code == 3
    assert "none of 20 trials succeeded" in err
