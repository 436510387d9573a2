"""What is said of a study while another process searches it, kills it, stops it and ends it."""

from __future__ import annotations

import json
import os
import signal
from typing import Any

import pytest
from drivers import ForkedDriver, Place, resume_arguments, run, wait_until

pytestmark = pytest.mark.slow

ENDLESS = ["--budget", "5000"]
"""Of trials: more than a test waits for."""


@pytest.fixture
def leaderboard(automl):
    """Lines of the leaderboard, made in this process, which is none of those that search."""

    def lines(place: Place, *options: str) -> list[str]:
        code, out, err = automl("leaderboard", *options, "--runs", place.runs)
        assert code == 0, err
        return out.splitlines()

    return lines


@pytest.fixture
def seen(leaderboard):
    """The only study of a place."""

    def study(place: Place) -> dict[str, Any]:
        (line,) = leaderboard(place, "--studies", "--json")
        (found,) = json.loads(line)
        return found

    return study


@pytest.fixture
def begin(place, once, template):
    """Begins a search without an end, or resumes it; it has finished a trial by then."""
    drivers: list[ForkedDriver] = []

    def begin(*, resumed: bool = False) -> ForkedDriver:
        before = place.n_finished()
        search = resume_arguments(place) if resumed else [*once.search(place), *ENDLESS]
        drivers.append(template.start(place, search))
        wait_until(lambda: place.n_finished() > before, drivers[-1])
        return drivers[-1]

    yield begin
    for driver in drivers:
        end(driver, signal.SIGKILL)


def end(driver: ForkedDriver, number: signal.Signals) -> None:
    if driver.poll() is None:
        os.kill(driver.pid, number)
        driver.wait()


def lost(place: Place, before: dict[int, object]) -> int:
    after = place.trials()
    return sum(after.get(number) != trial for number, trial in before.items())


def test_a_search_under_way_is_running_and_its_progress_grows(place, begin, seen, leaderboard):
    driver = begin()
    first = seen(place)
    wait_until(lambda: place.n_finished() > first["n_finished"] + 2, driver)
    second = seen(place)
    for study in (first, second):
        assert (study["study"], study["state"], study["pid"]) == ("st", "running", driver.pid)
        assert (study["n_trials"], study["data"], study["metric"]) == (5000, "people.csv", "log_loss")
    assert second["n_finished"] >= first["n_finished"] + 3 > 3
    assert second["best"] <= first["best"]
    heading, line = leaderboard(place, "--studies")
    assert heading.split()[:2] == ["study", "state"]
    assert line.split()[:2] == ["st", "running"]
    assert driver.poll() is None


def test_a_second_search_is_refused_and_told_who_holds_the_study(place, begin, record_fault):
    first = begin()
    before = place.trials()
    code, out, err = run(place, resume_arguments(place))
    assert (code, out) == (2, "")
    assert f"study st is in use by process {first.pid}" in err
    n_finished = place.n_finished()
    wait_until(lambda: place.n_finished() > n_finished, first)
    end(first, signal.SIGINT)
    record_fault("a second driver", lost=lost(place, before), doubled=place.n_doubled(), left=place.left())


def test_a_killed_search_has_crashed_and_another_takes_it_over(place, begin, seen, leaderboard, record_fault):
    end(begin(), signal.SIGKILL)
    before = place.trials()
    found = seen(place)
    assert (found["state"], found["pid"], found["n_finished"]) == ("crashed", None, len(before))
    assert leaderboard(place, "--studies")[-1] == f"Go on with:  automl resume st --runs {place.runs}"
    again = begin(resumed=True)
    assert (seen(place)["state"], seen(place)["pid"]) == ("running", again.pid)
    end(again, signal.SIGINT)
    record_fault("the lock of a dead driver", lost=lost(place, before), doubled=place.n_doubled(), left=place.left())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_search_that_was_asked_to_stop_is_stopped_until_it_has_ended(
    place, begin, template, seen, leaderboard, number
):
    end(begin(), number)
    stopped = seen(place)
    assert (stopped["state"], stopped["pid"], stopped["n_trials"]) == ("stopped", None, 5000)
    assert leaderboard(place, "--studies")[-1] == f"Go on with:  automl resume st --runs {place.runs}"
    again = template.start(place, [*resume_arguments(place), "--timeout", "1s"])
    assert again.wait() == 0, again.said()
    finished = seen(place)
    assert finished["state"] == "finished"
    assert finished["n_finished"] >= stopped["n_finished"]
    assert len(leaderboard(place, "--studies")) == 2


def test_a_search_to_the_end_of_its_budget_is_finished(once, seen):
    found = seen(once.place)
    assert (found["state"], found["n_finished"], found["n_trials"], found["n_failed"]) == ("finished", 40, 40, 0)
    assert found["best"] == pytest.approx(once.result["in_the_search"]["value"])
