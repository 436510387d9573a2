"""A search that is killed at any moment goes on as if nothing had been."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pytest
from drivers import BUDGET, Place, resume_arguments

pytestmark = pytest.mark.slow

N_KILLS = 20


@dataclass(frozen=True)
class Moment:
    """When a search is killed.

    Parameters
    ----------
    has_come : so much of the search is done
    delay_s : and so much later
    """

    has_come: Callable[[Place], bool]
    delay_s: float


@dataclass(frozen=True)
class Killed:
    """What a killed search left, and what came of it.

    Parameters
    ----------
    before, after : the trials at the kill and after the resume
    code : of the resume
    """

    place: Place
    before: dict[int, object]
    after: dict[int, object]
    doubled: int
    left: int
    code: int
    err: str


def moments() -> list[Moment]:
    """Twenty, random and spread over the whole of a search: two before its first trial, fourteen among the trials, four
    after the last."""
    rng = np.random.default_rng(20)
    found = [Moment(lambda place: True, rng.random() * 0.3), Moment(lambda place: place.study.exists(), rng.random())]
    for k in range(14):
        n = int((k + rng.random()) * BUDGET / 14)
        found.append(Moment(lambda place, n=n: place.n_finished() >= n, rng.random() * 0.2))
    for name, most_s in (("leaderboard.csv", 0.5), (".best.new*", 0.1), ("best", 0.01), ("result.json", 0.0)):
        found.append(Moment(lambda place, name=name: any(place.study.glob(name)), rng.random() * most_s))
    return found


def workers_of(kill: int) -> int:
    return 2 if kill % 4 == 1 else 1


def kill_and_resume(template, once, place, kill):
    moment = moments()[kill]
    search = once.search(place, workers=workers_of(kill))
    driver = template.start(place, search)
    while not moment.has_come(place) and driver.poll() is None:
        time.sleep(0.003)
    time.sleep(moment.delay_s)
    if driver.poll() is None:
        os.kill(driver.pid, signal.SIGKILL)
    # On a busy machine the last moments may come when it has just ended, which loses nothing either.
    assert driver.wait() in (-signal.SIGKILL, 0), driver.said()
    left = place.left()
    has_begun = place.study.exists()
    before = place.trials() if has_begun else {}
    again = template.start(place, resume_arguments(place) if has_begun else search)
    code = again.wait()
    return Killed(place, before, place.trials(), place.n_doubled(), left, code, again.said())


@pytest.fixture(scope="module")
def killed(template, once, new_place):
    """Twenty searches, each killed once and resumed; two at a time."""
    with ThreadPoolExecutor(2) as pool:
        return [pool.submit(kill_and_resume, template, once, new_place(), kill) for kill in range(N_KILLS)]


@pytest.mark.parametrize("kill", range(N_KILLS))
def test_a_killed_search_resumes_to_every_trial_once(kill, killed, once, record_fault):
    found = killed[kill].result()
    assert found.code == 0, found.err
    lost = sum(found.after.get(number) != trial for number, trial in found.before.items())
    lost += len(set(range(1, BUDGET + 1)) - found.after.keys())
    record_fault("kill -9 of the driver", lost=lost, doubled=found.doubled, left=found.left)
    assert sorted(found.after) == list(range(1, BUDGET + 1))
    assert workers_of(kill) > 1 or once.is_found_in(found.place)
    assert not list(found.place.study.rglob(".*"))
