"""The table of studies fits the terminal, and says how to go on."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from automl.cli.overview import overview_lines, overview_record
from automl.cli.words import ago
from automl.workflows.overview import StudyState, StudySummary

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def summary(name: str, state: StudyState, **changes: object) -> StudySummary:
    facts = {
        "n_finished": 37, "n_trials": 100, "n_failed": 2, "best": 0.4116, "metric": "log_loss", "data": "coughs.csv",
        "changed": NOW - timedelta(minutes=3),
    }  # fmt: skip
    return StudySummary(name, Path("runs") / name, state, **{**facts, **changes})


def damaged(name: str, problem: str) -> StudySummary:
    return StudySummary(name, Path("runs") / name, StudyState.DAMAGED, problem=problem)


def lines(*summaries: StudySummary, width: int | None = None) -> list[str]:
    return list(overview_lines(summaries, now=NOW, width=width))


def test_a_line_tells_state_progress_failures_age_best_and_data():
    finished = summary("coughs-1", StudyState.FINISHED, n_finished=100, n_failed=14, metric="roc_auc", data="c.csv")
    assert lines(summary("coughs-2", StudyState.RUNNING), finished) == [
        "study     state         trials  failed  last change   best  metric    data",
        "coughs-2  running    37 of 100       2  3 min ago    0.412  log_loss  coughs.csv",
        "coughs-1  finished  100 of 100      14  3 min ago    0.412  roc_auc   c.csv",
    ]


@pytest.mark.parametrize("state", [StudyState.STOPPED, StudyState.CRASHED])
def test_below_the_table_stands_how_to_go_on_with_the_last_study_that_did_not_end(state):
    waiting = summary("coughs-1", state)
    assert lines(summary("coughs-2", StudyState.RUNNING), waiting, summary("old", StudyState.STOPPED))[-2:] == [
        "",
        "Go on with:  automl resume coughs-1",
    ]


def test_a_folder_of_studies_that_is_not_the_default_is_named_in_what_to_type():
    waiting = StudySummary("st", Path("/somewhere/st"), StudyState.STOPPED, n_finished=0, n_trials=3, n_failed=0)
    assert lines(waiting)[-1] == "Go on with:  automl resume st --runs /somewhere"


def test_a_damaged_study_has_its_reason_where_the_others_have_their_numbers():
    whole, torn = lines(summary("whole", StudyState.FINISHED), damaged("torn", "study.json is damaged: ..."))[1:]
    assert torn == "torn   damaged   study.json is damaged: ..."
    assert whole.index("37") == torn.index("study.json")


def test_studies_that_are_all_damaged_are_a_table_too():
    assert lines(damaged("torn", "why"))[1:] == ["torn   damaged  why"]


@pytest.mark.parametrize("width", [80, 100, 120])
@pytest.mark.parametrize("name", ["a", "coughs-1", "a-long-name-of-a-study-that-somebody-chose-and-repeated-often-12"])
def test_no_line_is_wider_than_the_terminal_and_the_score_is_on_it(width, name):
    long = summary(name, StudyState.FINISHED, n_finished=1000, n_trials=1000, data="d" * 60)
    found = lines(long, damaged("torn", "why " * 60), width=width)
    assert max(map(len, found)) <= width
    assert "0.412  log_loss" in found[1]
    assert found[1].startswith(name[:6])
    assert found[1].split()[0].endswith(name[-3:])


def test_the_data_is_left_out_where_it_has_no_room():
    assert lines(summary("s" * 20, StudyState.FINISHED), width=80)[0].endswith("metric")
    assert lines(summary("s" * 20, StudyState.FINISHED), width=90)[0].endswith("data")


def test_a_study_is_json_values_with_times_and_nothing_where_it_is_damaged():
    record = overview_record(summary("coughs-1", StudyState.RUNNING, began=NOW, pid=4711))
    assert json.loads(json.dumps(record)) == {
        "study": "coughs-1", "folder": "runs/coughs-1", "state": "running", "n_finished": 37, "n_trials": 100,
        "n_failed": 2, "best": 0.4116, "metric": "log_loss", "data": "coughs.csv",
        "began": "2026-11-21T12:00:00+00:00", "changed": "2026-11-21T11:57:00+00:00", "pid": 4711, "problem": None,
    }  # fmt: skip
    assert overview_record(damaged("torn", "why"))["n_finished"] is None


@pytest.mark.parametrize("others", [["st"], ["--trial", "3"], ["--by-family"], ["--top", "20"], ["st", "--trial", "3"]])
def test_all_studies_and_something_of_one_is_a_mistake(automl, others):
    code, out, err = automl("leaderboard", "--studies", *others)
    assert (code, out) == (2, "")
    assert err.startswith("error: --studies lists every study, so it does not go with ")
    assert len(err.splitlines()) == 2


def test_no_study_is_one_line_and_what_to_do(automl, tmp_path):
    assert automl("leaderboard", "--studies", "--runs", tmp_path) == (
        2, "", f"error: there is no study in {tmp_path} yet\nhint: automl search\n",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("value", "text"),
    [(-5, "0 s ago"), (0.9, "0 s ago"), (59.9, "59 s ago"), (60, "1 min ago"), (3599, "59 min ago"), (3600, "1 h ago"),
     (47.9 * 3600, "47 h ago"), (48 * 3600, "2 days ago"), (400 * 86400, "400 days ago")],
)  # fmt: skip
def test_an_age_reads_as_one_says_it(value, text):
    assert ago(value) == text
