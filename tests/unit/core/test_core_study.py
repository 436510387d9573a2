"""The loop: what is asked, in which order things are told, and when it stops."""

import itertools
from contextlib import ExitStack

import pytest
from faults import full_disk

from automl.core.budget import Budget
from automl.core.journal import Journal, read_journal
from automl.core.study import StopReason, StopRequest, Study
from automl.core.trial import Suggestion, TrialResult, TrialState
from automl.errors import AutoMLError, StudyError
from automl.execution.inline import InlineExecutor


class Counting:
    """A sampler whose n-th config depends on everything it was told, so that a lost or repeated trial shows."""

    def __init__(self, last=10**9):
        self.told = []
        self.last = last

    def ask(self, number, pending):
        if number > self.last:
            return None
        told = sum(t.loss or 0 for t in self.told)
        return Suggestion(number, {"model": "knn", "x": number + told}, seed=number)

    def tell(self, trial):
        self.told.append(trial)


def evaluate(suggestion):
    return TrialResult(suggestion.number, TrialState.COMPLETE, loss=suggestion.config["x"] / 7)


def open_journal(folder):
    if not (folder / "trials.jsonl").exists():
        Journal.create(folder, study="s", digest="d", n_trials=3)
    return Journal.open(folder)


def session(folder, n_trials, *, evaluate=evaluate, sampler=None, **run):
    journal, state = open_journal(folder)
    with journal:
        study = Study(journal, state, sampler or Counting(), InlineExecutor(evaluate), **run.pop("study", {}))
        return study.run(Budget(n_trials, run.pop("timeout_s", None)), **run)


def configs(folder):
    return [t.config for t in read_journal(folder).trials]


def test_a_resumed_study_asks_what_one_run_would(tmp_path):
    once, twice = tmp_path / "once", tmp_path / "twice"
    once.mkdir(), twice.mkdir()
    assert session(once, 40) is StopReason.BUDGET
    session(twice, 17)
    session(twice, 40)
    assert configs(once) == configs(twice)
    assert len(configs(once)) == 40


def test_a_trial_in_flight_at_a_kill_is_asked_again_first(tmp_path):
    def die(suggestion):
        if suggestion.number == 3 and not (tmp_path / "died").exists():
            (tmp_path / "died").touch()
            raise SystemExit("as a kill would: nothing is caught")
        return evaluate(suggestion)

    with pytest.raises(SystemExit):
        session(tmp_path, 5, evaluate=die)
    session(tmp_path, 5, evaluate=die)
    assert [t.number for t in read_journal(tmp_path).trials] == [1, 2, 3, 4, 5]


def test_a_trial_that_kills_the_driver_twice_is_recorded_as_crashed(tmp_path):
    def die(suggestion):
        if suggestion.number == 2:
            raise SystemExit("as a kill would: nothing is caught")
        return evaluate(suggestion)

    for _ in range(2):
        with pytest.raises(SystemExit):
            session(tmp_path, 4, evaluate=die)
    session(tmp_path, 4, evaluate=die)
    trials = {t.number: t for t in read_journal(tmp_path).trials}
    assert sorted(trials) == [1, 2, 3, 4]
    assert trials[2].state is TrialState.CRASHED
    assert trials[2].result.error == "the search was killed 2 times while this trial ran"


def test_a_request_to_stop_cancels_what_runs_and_does_not_count_as_an_attempt(tmp_path):
    stop = StopRequest()

    def stop_at_three(suggestion):
        stop.requested = suggestion.number == 3
        return evaluate(suggestion)

    assert session(tmp_path, 9, evaluate=stop_at_three, stop=stop) is StopReason.INTERRUPTED
    state = read_journal(tmp_path)
    assert [t.number for t in state.trials] == [1, 2, 3]
    assert [f.attempts for f in state.in_flight] == [0]
    assert session(tmp_path, 9) is StopReason.BUDGET
    assert len(configs(tmp_path)) == 9


def test_ctrl_c_in_a_trial_is_passed_on_and_releases_it(tmp_path):
    def interrupt(suggestion):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        session(tmp_path, 9, evaluate=interrupt)
    assert [f.attempts for f in read_journal(tmp_path).in_flight] == [0]


def test_a_trial_that_cannot_be_kept_for_want_of_room_is_asked_again_as_if_for_the_first_time(tmp_path):
    def fill_the_disk(suggestion):
        size = (tmp_path / "trials.jsonl").stat().st_size
        room.enter_context(full_disk(size + 60))  # enough for a release, not for a result
        return evaluate(suggestion)

    for _ in range(3):
        journal, state = open_journal(tmp_path)
        with journal, ExitStack() as room, pytest.raises(StudyError, match="cannot be written: File too large"):
            Study(journal, state, Counting(), InlineExecutor(fill_the_disk)).run(Budget(4))
        assert [f.attempts for f in read_journal(tmp_path).in_flight] == [0]
    session(tmp_path, 4)
    assert [t.state for t in read_journal(tmp_path).trials] == [TrialState.COMPLETE] * 4


def test_without_any_room_the_first_thing_that_could_not_be_written_is_said(tmp_path):
    journal, state = open_journal(tmp_path)

    def fill_the_disk(suggestion):
        room.enter_context(full_disk(0))
        return evaluate(suggestion)

    with journal, ExitStack() as room, pytest.raises(StudyError, match="cannot be written") as error:
        Study(journal, state, Counting(), InlineExecutor(fill_the_disk)).run(Budget(4))
    assert error.value.__context__ is error.value.__cause__
    assert [f.attempts for f in read_journal(tmp_path).in_flight] == [1]


def test_what_ends_a_session_beside_the_trial_does_not_count_against_it(tmp_path):
    class Broken(InlineExecutor):
        def next_finished(self, timeout_s):
            raise AutoMLError("workers died before they were ready")

    for _ in range(3):
        journal, state = open_journal(tmp_path)
        with journal, pytest.raises(AutoMLError, match="died before"):
            Study(journal, state, Counting(), Broken(evaluate)).run(Budget(4))
    session(tmp_path, 4)
    assert [t.state for t in read_journal(tmp_path).trials] == [TrialState.COMPLETE] * 4


def test_the_timeout_stops_asking(tmp_path):
    ticks = itertools.count()
    reason = session(tmp_path, 100, timeout_s=10, study={"clock": lambda: next(ticks)})
    assert reason is StopReason.TIMEOUT
    assert 0 < len(configs(tmp_path)) < 10


def test_a_space_that_is_used_up_ends_the_search(tmp_path):
    assert session(tmp_path, 100, sampler=Counting(last=6)) is StopReason.USED_UP
    assert len(configs(tmp_path)) == 6


def test_a_failed_trial_counts_towards_the_budget(tmp_path):
    session(tmp_path, 5, evaluate=lambda s: TrialResult(s.number, TrialState.FAILED, error="no"))
    assert [t.state for t in read_journal(tmp_path).trials] == [TrialState.FAILED] * 5


def test_a_result_is_in_the_journal_before_anyone_hears_of_it(tmp_path):
    seen = []

    def look(trial):
        seen.append((trial.number, [t.number for t in read_journal(tmp_path).trials][-1]))

    session(tmp_path, 3, study={"on_finished": look})
    assert seen == [(1, 1), (2, 2), (3, 3)]


def fail(suggestion):
    return TrialResult(suggestion.number, TrialState.FAILED, error="ValueError: no")


def test_ten_failures_with_one_and_the_same_error_end_the_search(tmp_path):
    assert session(tmp_path, 100, evaluate=fail) is StopReason.HOPELESS
    assert len(configs(tmp_path)) == 10


def test_a_search_cut_in_two_ends_after_the_same_ten(tmp_path):
    assert session(tmp_path, 7, evaluate=fail) is StopReason.BUDGET
    assert session(tmp_path, 100, evaluate=fail) is StopReason.HOPELESS
    assert len(configs(tmp_path)) == 10


def test_who_goes_on_all_the_same_gets_ten_more(tmp_path):
    session(tmp_path, 100, evaluate=fail)
    assert session(tmp_path, 100, evaluate=fail) is StopReason.HOPELESS
    assert len(configs(tmp_path)) == 20


def test_a_cause_that_was_mended_lets_the_search_go_on(tmp_path):
    session(tmp_path, 100, evaluate=fail)
    assert session(tmp_path, 40) is StopReason.BUDGET
    assert len(configs(tmp_path)) == 40


@pytest.mark.parametrize(
    "other",
    [evaluate, lambda s: TrialResult(s.number, TrialState.FAILED, error="KeyError: 1")],
    ids=["success", "error"],
)
def test_one_trial_that_ends_otherwise_is_hope(tmp_path, other):
    assert session(tmp_path, 30, evaluate=lambda s: other(s) if s.number == 4 else fail(s)) is StopReason.BUDGET
    assert len(configs(tmp_path)) == 30


def test_an_error_is_the_same_in_another_order_and_with_other_numbers(tmp_path):
    lines = itertools.cycle(["E: 'x' must be in {'a', 'b'}, not 1", "E: 'x' must be in {'b', 'a'}, not 2"])
    reason = session(tmp_path, 30, evaluate=lambda s: TrialResult(s.number, TrialState.FAILED, error=next(lines)))
    assert reason is StopReason.HOPELESS


def test_a_failure_without_a_message_is_known_by_its_state(tmp_path):
    states = itertools.cycle([TrialState.CRASHED, TrialState.TIMED_OUT])
    assert session(tmp_path, 30, evaluate=lambda s: TrialResult(s.number, next(states))) is StopReason.BUDGET
    assert len(configs(tmp_path)) == 30
