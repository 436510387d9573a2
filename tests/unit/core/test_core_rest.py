"""Which families rest, and why."""

import pytest

from automl.core.rest import Rests, rested
from automl.core.trial import Suggestion, Trial, TrialResult, TrialState

COMPLETE, PRUNED, FAILED = TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAILED
TIMED_OUT, OUT_OF_MEMORY, CRASHED = TrialState.TIMED_OUT, TrialState.OUT_OF_MEMORY, TrialState.CRASHED
COSTLY = [TIMED_OUT, OUT_OF_MEMORY, CRASHED]
FAMILIES = ("svm", "knn", "forest")


def trials(*ends):
    """Trials from 1, of ``(family, state)``."""
    made = []
    for number, (family, state) in enumerate(ends, 1):
        error = None if state in (COMPLETE, PRUNED) else f"ValueError: no {number}"
        result = TrialResult(number, state, loss=0.5 if error is None else None, error=error)
        made.append(Trial(Suggestion(number, {"model": family}, seed=number), result))
    return made


def of_svm(*states):
    """Trials of svm among which one of knn succeeds: after the first, so that what is wrong is wrong with svm."""
    first, *others = states
    return trials(("svm", first), ("knn", COMPLETE), *(("svm", state) for state in others))


def at_rest(told, families=FAMILIES):
    return list(rested(families, told))


def test_a_family_rests_after_five_failures_in_a_row():
    assert at_rest(of_svm(*[FAILED] * 4)) == []
    assert at_rest(of_svm(*[FAILED] * 5)) == ["svm"]


@pytest.mark.parametrize("state", COSTLY)
def test_three_in_a_row_are_enough_where_a_limit_is_passed_or_the_process_dies(state):
    assert at_rest(of_svm(state, state)) == []
    assert at_rest(of_svm(state, state, state)) == ["svm"]


def test_what_costs_much_may_be_mixed_with_itself_and_only_with_itself():
    assert at_rest(of_svm(*COSTLY)) == ["svm"]
    assert at_rest(of_svm(TIMED_OUT, TIMED_OUT, FAILED, CRASHED)) == []
    assert at_rest(of_svm(TIMED_OUT, TIMED_OUT, FAILED, CRASHED, FAILED)) == ["svm"]


@pytest.mark.parametrize("state", [COMPLETE, PRUNED])
def test_a_success_in_between_starts_the_count_anew(state):
    assert at_rest(of_svm(*[FAILED] * 4, state, *[FAILED] * 4)) == []
    assert at_rest(of_svm(*[FAILED] * 4, state, *[FAILED] * 4) + trials(("svm", FAILED))) == []
    others = trials(("knn", COMPLETE), ("svm", FAILED))
    assert at_rest(of_svm(*[FAILED] * 4, state, *[FAILED] * 4) + others) == ["svm"]


def test_trials_of_other_families_in_between_do_not():
    ends = [(family, state) for _ in range(5) for family, state in [("svm", FAILED), ("knn", COMPLETE)]]
    assert at_rest(trials(*ends)) == ["svm"]


def test_a_family_that_succeeded_more_often_than_not_does_not_rest():
    ends = [*[("svm", COMPLETE)] * 6, ("svm", TIMED_OUT), ("knn", COMPLETE), *[("svm", TIMED_OUT)] * 4]
    assert at_rest(trials(*ends)) == []
    assert at_rest(trials(*ends, ("svm", TIMED_OUT))) == ["svm"]


def test_what_makes_every_family_fail_is_no_fault_of_one():
    ends = [(family, FAILED) for _ in range(20) for family in FAMILIES]
    assert at_rest(trials(*ends)) == []
    assert at_rest(trials(*ends, ("knn", COMPLETE), ("svm", FAILED))) == ["svm"]


def test_the_last_family_left_never_rests():
    ends = [("svm", FAILED), ("forest", FAILED), ("knn", COMPLETE), *[("svm", FAILED), ("forest", FAILED)] * 4]
    assert at_rest(trials(*ends, *[("knn", CRASHED)] * 20)) == ["svm", "forest"]
    assert at_rest(trials(*[("svm", CRASHED)] * 20), families=["svm"]) == []


def test_a_family_rests_for_good():
    told = of_svm(*[FAILED] * 5) + trials(*[("svm", COMPLETE)] * 20)
    assert at_rest(told) == ["svm"]


def test_it_is_said_once_that_a_family_rests():
    rests = Rests(FAMILIES)
    assert [rests.tell(trial) for trial in of_svm(*[FAILED] * 8)] == [*[False] * 5, True, *[False] * 3]


def test_every_beginning_of_a_study_is_judged_as_it_was_then():
    ends = [("knn", COMPLETE), ("svm", FAILED), ("forest", TIMED_OUT), ("svm", CRASHED)]
    told = trials(*ends * 8)
    rests, seen = Rests(FAMILIES), []
    for trial in told:
        rests.tell(trial)
        seen.append(dict(rests.reasons))
    assert [dict(rested(FAMILIES, told[: n + 1])) for n in range(len(told))] == seen
    assert list(seen[-1]) == ["svm", "forest"]


def test_a_family_of_another_space_changes_nothing():
    assert at_rest(trials(("knn", COMPLETE), *[("cnn", FAILED)] * 9)) == []


@pytest.mark.parametrize(
    ("states", "reason"),
    [
        (
            [FAILED] * 5,
            "its last 5 trials did not succeed (5 failed), the last (trial 6) with ValueError: no 6",
        ),
        (
            [FAILED, OUT_OF_MEMORY, TIMED_OUT, TIMED_OUT],
            "its last 4 trials did not succeed (2 timed out, 1 failed, 1 out of memory), the last (trial 5) with "
            "ValueError: no 5",
        ),
    ],
)
def test_the_reason_says_how_often_what_and_where_to_look(states, reason):
    assert rested(FAMILIES, of_svm(*states)) == {"svm": reason}


def test_a_reason_is_one_short_line():
    result = TrialResult(9, CRASHED, error="a\nlong " + 80 * "story ")
    told = [*of_svm(*[FAILED] * 4), Trial(Suggestion(9, {"model": "svm"}, 0), result)]
    reason = rested(FAMILIES, told)["svm"]
    assert "with a long story story" in reason
    assert reason.endswith("…")
    assert len(reason) < 300
    silent = Trial(Suggestion(9, {"model": "svm"}, 0), TrialResult(9, CRASHED))
    assert rested(FAMILIES, [*told[:-1], silent])["svm"].endswith("the last (trial 9)")
