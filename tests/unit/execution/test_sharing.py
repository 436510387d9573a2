"""One place for trials of networks, beside others that need none."""

from __future__ import annotations

import pytest

from automl.core.trial import Suggestion, TrialResult, TrialState
from automl.execution.sharing import SharingExecutor


class Desk:
    """An executor that finishes what the test says; it never holds more than it takes."""

    capacity = 2

    def __init__(self) -> None:
        self.running: list[int] = []
        self.is_closed = False

    def submit(self, suggestion: Suggestion) -> None:
        self.running.append(suggestion.number)
        assert len(self.running) <= self.capacity

    def next_finished(self, timeout_s: float | None) -> TrialResult | None:
        return TrialResult(self.running.pop(0), TrialState.COMPLETE) if self.running else None

    def cancel(self, number: int) -> None:
        self.running = [n for n in self.running if n != number]

    def close(self) -> None:
        self.is_closed = True


def trial(number: int, model: str) -> Suggestion:
    return Suggestion(number, {"model": model}, seed=0)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def sharing(desk: Desk) -> SharingExecutor:
    return SharingExecutor(desk, lambda suggestion: suggestion.family == "mlp")


def test_a_second_network_waits_until_the_first_is_finished(sharing: SharingExecutor, desk: Desk) -> None:
    sharing.submit(trial(1, "mlp"))
    sharing.submit(trial(2, "mlp"))
    assert desk.running == [1]
    assert sharing.next_finished(None) == TrialResult(1, TrialState.COMPLETE)
    assert desk.running == []
    assert sharing.next_finished(None) == TrialResult(2, TrialState.COMPLETE)


def test_other_trials_go_on_while_a_network_waits(sharing: SharingExecutor, desk: Desk) -> None:
    sharing.submit(trial(1, "mlp"))
    sharing.submit(trial(2, "mlp"))
    assert sharing.capacity == 3
    sharing.submit(trial(3, "knn"))
    assert desk.running == [1, 3]
    assert [sharing.next_finished(None).number for _ in range(3)] == [1, 3, 2]
    assert sharing.capacity == 2


def test_it_takes_one_trial_more_at_most(sharing: SharingExecutor) -> None:
    for number in (1, 2, 3):
        sharing.submit(trial(number, "mlp"))
    assert sharing.capacity == 3


def test_cancelling_starts_nothing(sharing: SharingExecutor, desk: Desk) -> None:
    for number in (1, 2, 3):
        sharing.submit(trial(number, "mlp"))
    for number in (1, 2):
        sharing.cancel(number)
        assert desk.running == []
    assert sharing.next_finished(None) == TrialResult(3, TrialState.COMPLETE)


def test_closing_forgets_what_waits_and_closes_the_other(sharing: SharingExecutor, desk: Desk) -> None:
    sharing.submit(trial(1, "mlp"))
    sharing.submit(trial(2, "mlp"))
    sharing.close()
    assert desk.is_closed
    assert sharing.capacity == 2


@pytest.mark.parametrize("models", [("mlp", "mlp", "knn", "knn"), ("mlp", "knn"), ("mlp", "mlp", "mlp", "knn", "knn")])
def test_filled_to_its_capacity_it_never_gives_the_other_more_than_that_takes(
    sharing: SharingExecutor, models: tuple[str, ...]
) -> None:
    n_asked = n_under_way = 0
    finished = []
    while n_asked < 30 or n_under_way:
        while n_asked < 30 and n_under_way < sharing.capacity:
            sharing.submit(trial(n_asked, models[n_asked % len(models)]))  # the desk refuses a third
            n_asked, n_under_way = n_asked + 1, n_under_way + 1
        result = sharing.next_finished(None)
        assert result is not None
        finished.append(result.number)
        n_under_way -= 1
    assert sorted(finished) == list(range(30))
