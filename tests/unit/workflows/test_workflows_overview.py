"""Every study is a line with its state, whatever has become of it."""

import json
import os
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from automl.core.journal import Journal
from automl.core.lock import StudyLock
from automl.core.plan import Fold, Plan
from automl.core.trial import Suggestion, Trial, TrialResult, TrialState
from automl.errors import StudyError
from automl.workflows.folder import studies
from automl.workflows.new_study import StudyDraft, create_study
from automl.workflows.overview import StudyState, StudySummary, overview
from automl.workflows.request import SearchRequest

PLAN = Plan((Fold(np.array([0, 1]), np.array([2, 3])),) * 2, np.arange(4), np.arange(0), ())
NOW = datetime.now().astimezone().replace(microsecond=0)


def make_study(
    runs: Path, name: str = "st", *, metric: str = "log_loss", losses: tuple[float | None, ...] = (), **facts: object
) -> Path:
    """A study with a budget of three and a finished trial for each loss; ``None`` for one that failed."""
    facts = {
        "request": SearchRequest(data="data.csv", metric=metric).as_dict(), "data": {"name": "data.csv"}, "digests": {},
        "space": {}, "families": [], "plan_notes": [], "uid": "0", "is_data_in_memory": False, "looks": 0,
        "created": NOW.isoformat(), **facts,
    }  # fmt: skip
    draft = StudyDraft(facts, "schema = 1", PLAN, digest="d", n_trials=3)
    folder = create_study(runs, draft, name=name, stem="data").path
    journal, _ = Journal.open(folder)
    with journal:
        for number, loss in enumerate(losses, 1):
            suggestion = Suggestion(number, {"model": "svm"}, seed=0)
            journal.asked(suggestion, 1)
            state = TrialState.TIMED_OUT if loss is None else TrialState.COMPLETE
            journal.finished(Trial(suggestion, TrialResult(number, state, loss=loss)))
    return folder


def add(folder: Path, *, asked: int | None = None, budget: int | None = None) -> None:
    """A trial that is begun, or a session with another budget, at the end of the journal."""
    journal, _ = Journal.open(folder)
    with journal:
        if asked is not None:
            journal.asked(Suggestion(asked, {"model": "svm"}, seed=0), 1)
        if budget is not None:
            journal.session(budget)


def judge(folder: Path, n_finished: int) -> None:
    (folder / "best").mkdir(exist_ok=True)
    (folder / "result.json").write_text(json.dumps({"n_finished": n_finished}))


def leave_pid(folder: Path) -> None:
    """As a killed search does; ``test_core_lock`` kills one."""
    (folder / "lock").write_text("4711\n")


def only(runs: Path) -> StudySummary:
    (summary,) = overview(runs)
    return summary


def test_a_study_is_summed_up(tmp_path):
    folder = make_study(tmp_path, losses=(0.5, None, 0.25))
    os.utime(folder / "trials.jsonl", (NOW.timestamp() - 60, NOW.timestamp() - 60))
    assert only(tmp_path) == StudySummary(
        name="st",
        folder=folder,
        state=StudyState.STOPPED,
        n_finished=3,
        n_trials=3,
        n_failed=1,
        best=0.25,
        metric="log_loss",
        data="data.csv",
        began=NOW,
        changed=NOW - timedelta(seconds=60),
    )


def test_the_best_of_a_metric_where_more_is_better_is_the_highest_score(tmp_path):
    make_study(tmp_path, metric="accuracy", losses=(-0.5, -0.75))
    assert only(tmp_path).best == 0.75


def test_a_study_that_is_written_to_is_running_also_one_that_goes_on(tmp_path):
    folder = make_study(tmp_path, losses=(0.5,))
    judge(folder, 1)
    leave_pid(folder)
    with StudyLock(folder):
        assert (only(tmp_path).state, only(tmp_path).pid) == (StudyState.RUNNING, os.getpid())
    assert only(tmp_path).pid is None


def test_a_study_whose_search_was_killed_has_crashed(tmp_path):
    leave_pid(make_study(tmp_path, losses=(0.5,)))
    assert (only(tmp_path).state, only(tmp_path).pid) == (StudyState.CRASHED, None)


@pytest.mark.parametrize("losses", [(), (0.5,), (0.5, 0.4, 0.3)])
def test_a_study_that_was_left_and_not_judged_is_stopped(tmp_path, losses):
    make_study(tmp_path, losses=losses)
    assert only(tmp_path).state is StudyState.STOPPED


def test_a_study_judged_after_its_last_trial_is_finished(tmp_path):
    judge(make_study(tmp_path, losses=(0.5, 0.4, 0.3)), 3)
    assert only(tmp_path).state is StudyState.FINISHED


def test_a_study_whose_budget_was_not_needed_is_finished(tmp_path):
    judge(make_study(tmp_path, losses=(0.5, 0.4)), 2)
    assert only(tmp_path).state is StudyState.FINISHED


def test_a_study_without_a_success_is_finished_at_the_end_of_its_budget(tmp_path):
    make_study(tmp_path, losses=(None, None, None))
    assert only(tmp_path).state is StudyState.FINISHED


def test_a_study_killed_when_everything_was_judged_is_finished(tmp_path):
    folder = make_study(tmp_path, losses=(0.5, 0.4, 0.3))
    judge(folder, 3)
    leave_pid(folder)
    assert only(tmp_path).state is StudyState.FINISHED


def test_a_result_of_fewer_trials_does_not_finish_a_study(tmp_path):
    judge(make_study(tmp_path, losses=(0.5, 0.4, 0.3)), 2)
    assert only(tmp_path).state is StudyState.STOPPED


def test_a_result_without_its_bundle_does_not_finish_a_study(tmp_path):
    folder = make_study(tmp_path, losses=(0.5, 0.4, 0.3))
    judge(folder, 3)
    (folder / "best").rmdir()
    assert only(tmp_path).state is StudyState.STOPPED


def test_a_finished_study_that_was_made_longer_and_left_is_not_finished(tmp_path):
    folder = make_study(tmp_path, losses=(0.5, 0.4, 0.3))
    judge(folder, 3)
    add(folder, budget=5, asked=4)
    assert only(tmp_path).state is StudyState.STOPPED
    leave_pid(folder)
    assert only(tmp_path).state is StudyState.CRASHED


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("trials.jsonl", None, "trials.jsonl cannot be read (No such file or directory)"),
        ("trials.jsonl", "", "trials.jsonl is not a journal: it has no whole line"),
        ("trials.jsonl", "{}\n", "trials.jsonl, line 1: not a journal's first line"),
        ("study.json", None, "it has no readable study.json"),
        ("study.json", "{", "study.json is damaged: Expecting property name"),
        ("study.json", '{"format": 1, "looks": 0}', "study.json is damaged: request: missing, or no dict and 7 more"),
        ("result.json", "{}", "result.json is damaged: KeyError 'n_finished'"),
    ],
)
def test_a_damaged_study_says_why_and_hides_no_other(tmp_path, name, content, problem):
    folder = make_study(tmp_path, "torn")
    (folder / name).unlink(missing_ok=True)
    if content is not None:
        (folder / name).write_text(content)
    make_study(tmp_path, "whole", losses=(0.5,))
    found = {s.name: s for s in overview(tmp_path)}
    assert (found["whole"].state, found["whole"].n_finished) == (StudyState.STOPPED, 1)
    assert (found["torn"].state, found["torn"].n_finished) == (StudyState.DAMAGED, None)
    assert found["torn"].problem.startswith(problem)
    assert str(tmp_path) not in found["torn"].problem


@pytest.mark.parametrize("facts", [{"data": {}}, {"created": "yesterday"}], ids=["no name", "no time"])
def test_a_study_edited_by_hand_is_damaged(tmp_path, facts):
    make_study(tmp_path, **facts)
    assert only(tmp_path).problem.startswith("study.json or trials.jsonl is damaged: ")


def test_the_last_written_study_comes_first(tmp_path):
    for age, name in enumerate(("b", "c", "a")):
        os.utime(make_study(tmp_path, name) / "trials.jsonl", (1000 - age, 1000 - age))
    (make_study(tmp_path, "gone") / "trials.jsonl").unlink()
    assert [s.name for s in overview(tmp_path)] == ["b", "c", "a", "gone"]


def test_what_is_no_study_is_not_listed(tmp_path):
    make_study(tmp_path, "draft").rename(tmp_path / ".new-study-7")
    make_study(tmp_path)
    (tmp_path / "cache").mkdir()
    (tmp_path / "mlflow.db").touch()
    assert only(tmp_path).name == "st"


@pytest.mark.parametrize("look", [studies, overview], ids=["newest", "all"])
def test_a_folder_that_may_not_be_looked_into_hides_no_study(tmp_path, monkeypatch, look):
    make_study(tmp_path, "secret").chmod(0o000)
    make_study(tmp_path).chmod(0o755)
    tmp_path.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    pid = os.fork()
    if pid == 0:  # everything is open to root, who may become nobody and not the reverse
        if os.geteuid() == 0:
            os.setuid(65534)
        try:
            os._exit(0 if [p.name for p in look(Path())] == ["st"] else 3)
        finally:
            os._exit(4)
    (tmp_path / "secret").chmod(0o700)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


@pytest.mark.parametrize("below", ["", "nowhere", "file"])
def test_no_study_is_said(tmp_path, below):
    (tmp_path / "file").touch()
    with pytest.raises(StudyError, match=r"there is no study in .* yet"):
        overview(tmp_path / below)


def test_only_a_study_whose_data_can_be_found_again_can_be_resumed(tmp_path):
    folder = make_study(tmp_path, "read", losses=(0.5,))
    make_study(tmp_path, "handed", losses=(0.5,), is_data_in_memory=True)
    assert {s.name: s.is_resumable for s in overview(tmp_path)} == {"read": True, "handed": False}
    judge(folder, 1)
    assert not any(s.is_resumable for s in overview(tmp_path))


def test_looking_writes_nothing(tmp_path):
    folder = make_study(tmp_path, losses=(0.5,))
    leave_pid(folder)
    before = {p: (p.stat().st_mtime_ns, p.read_bytes() if p.is_file() else None) for p in folder.rglob("*")}
    overview(tmp_path)
    assert {p: (p.stat().st_mtime_ns, p.read_bytes() if p.is_file() else None) for p in folder.rglob("*")} == before
