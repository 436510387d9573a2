"""The clock is set while a search runs: every process of it sees another time, and nothing comes of it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from drivers import BUDGET, start, wait_until
from made_plugin import ORDER, write_plugin

from automl.core.journal import read_journal
from automl.core.trial import TrialState

pytestmark = pytest.mark.slow

CLOCK = "AUTOML_TEST_CLOCK"
HOUR_S, TEN_YEARS_S = 3600, 10 * 365 * 86400

_SITECUSTOMIZE = '''
"""Every clock that can be set is off by as many seconds as a file says, from the moment it does."""

import os
import sys
import time
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

FILE = Path(os.environ["AUTOML_TEST_CLOCK"])
REAL_TIME, REAL_NS, REAL_LOCAL, REAL_STRFTIME = time.time, time.time_ns, time.localtime, time.strftime


class Clock(datetime):
    @classmethod
    def now(cls, tz=None):
        return datetime.now(tz) + timedelta(seconds=offset())


def offset():
    with suppress(OSError):
        seconds = int(FILE.read_text() or 0)
        for name, module in list(sys.modules.items()):  # compiled modules do not survive another class
            if name.startswith("automl.") and vars(module).get("datetime") is datetime:
                module.datetime = Clock
        return seconds
    return 0


time.time = lambda: REAL_TIME() + offset()
time.time_ns = lambda: REAL_NS() + offset() * 10**9
time.localtime = lambda secs=None: REAL_LOCAL(time.time() if secs is None else secs)
time.strftime = lambda format, when=None: REAL_STRFTIME(format, when or time.localtime())
'''


@pytest.fixture
def clock(tmp_path):
    """A file that sets the clocks of what has its folder in ``PYTHONPATH``."""
    folder = tmp_path / "clock"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(_SITECUSTOMIZE)
    return folder / "offset"


@pytest.mark.parametrize(("fault", "offset"), [("set back an hour", -HOUR_S), ("set ahead ten years", TEN_YEARS_S)])
def test_a_clock_that_is_set_changes_no_trial_and_no_time_limit(once, place, clock, record_fault, fault, offset):
    place = place.having(PYTHONPATH=str(clock.parent), **{CLOCK: str(clock)})
    process = start(place, [*once.search(place), "--timeout", "1h", "--trial-timeout", "10m"])
    wait_until(lambda: place.n_finished() >= 5, process)
    clock.write_text(str(offset))
    _, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    created = datetime.fromisoformat(json.loads((place.study / "best" / "manifest.json").read_text())["created"])
    assert round((created - datetime.now(UTC)).total_seconds() / HOUR_S) == offset / HOUR_S  # it was set indeed
    lost = len(set(range(1, BUDGET + 1)) - place.trials().keys())
    record_fault(f"clock {fault}", lost=lost, doubled=place.n_doubled(), left=place.left())
    assert once.is_found_in(place)


def test_a_trial_over_its_time_limit_is_ended_although_the_clock_was_set_back(
    once, place, clock, tmp_path, record_fault
):
    plugin, order = write_plugin(tmp_path / "plugin"), tmp_path / "order"
    order.write_text("stick 30")
    place = place.having(PYTHONPATH=f"{clock.parent}:{plugin}", **{CLOCK: str(clock), ORDER: str(order)})
    process = start(place, [*replace(once, space=plugin / "moody.toml").search(place), "--trial-timeout", "10s"])
    wait_until((tmp_path / "reached").exists, process)
    clock.write_text(str(-HOUR_S))
    order.unlink()
    _, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    first, *others = sorted(read_journal(place.study).trials, key=lambda t: t.number)
    assert first.state is TrialState.TIMED_OUT
    assert {t.state for t in others} == {TrialState.COMPLETE}
    lost = len(set(range(1, BUDGET + 1)) - place.trials().keys())
    record_fault("clock set back while a trial hangs", lost=lost, doubled=place.n_doubled(), left=place.left())
