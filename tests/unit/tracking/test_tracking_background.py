from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from threading import Event

from tracked_studies import complete, study_info

from automl.tracking.background import BackgroundTracker

INFO = study_info(Path("runs"))


class ListTracker:
    """Keeps what it was told; raises the errors it was given, one per call, until none is left."""

    def __init__(self, *errors):
        self.errors = list(errors)
        self.told = []

    def study_started(self, info, finished):
        self._hear("started", *(trial.number for trial in finished))

    def trial_finished(self, trial):
        self._hear("trial", trial.number)

    def study_finished(self, end):
        self._hear("finished", end)

    def _hear(self, *what):
        self.told.append(what)
        if self.errors:
            raise self.errors.pop(0)


def run_study(tracker, n_trials=2):
    tracker.study_started(INFO, [complete(1, 0.5)])
    for number in range(2, 2 + n_trials):
        tracker.trial_finished(complete(number, 0.4))
    tracker.study_finished(None)
    tracker.close()


def test_calls_arrive_in_order():
    inner = ListTracker()
    tracker = BackgroundTracker(lambda: inner)
    run_study(tracker)
    assert inner.told == [("started", 1), ("trial", 2), ("trial", 3), ("finished", None)]
    assert tracker.problems == ()


def test_a_problem_is_kept_once_and_ends_nothing():
    inner = ListTracker(OSError("no answer"), OSError("no answer"), OSError("http://me:secret@host is down"))
    tracker = BackgroundTracker(lambda: inner)
    run_study(tracker)
    assert len(inner.told) == 4
    assert tracker.problems == ("OSError: no answer", "OSError: http://host is down")


def test_a_tracker_that_could_not_be_made_hears_everything_later():
    inner = ListTracker()
    made = iter([ImportError("half installed"), ImportError("half installed"), inner])

    def make():
        outcome = next(made)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    tracker = BackgroundTracker(make)
    run_study(tracker)
    assert inner.told == [("started", 1), ("trial", 2), ("trial", 3), ("finished", None)]
    assert tracker.problems == ("ImportError: half installed",)


def test_the_end_is_not_waited_for_longer_than_allowed():
    release, waits = Event(), []
    tracker = BackgroundTracker(lambda: release.wait() and ListTracker(), flush_s=0.01, on_wait=waits.append)
    tracker.study_started(INFO, [])
    tracker.study_finished(None)
    assert waits == [0.01]
    assert tracker.problems == ("not everything was sent within 0.01 s; the next session of the study sends it",)
    release.set()
    tracker.close()


def test_a_closed_tracker_ignores_calls_and_may_be_closed_again():
    inner = ListTracker()
    tracker = BackgroundTracker(lambda: inner)
    run_study(tracker)
    tracker.close()
    tracker.trial_finished(complete(9, 0.1))
    tracker.study_finished(None)
    assert ("trial", 9) not in inner.told


def test_one_that_was_never_used_can_be_closed():
    BackgroundTracker(ListTracker).close()


def test_a_process_ends_though_a_call_hangs():
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path\nfrom threading import Event\nfrom tracked_studies import study_info\n"
        "from automl.tracking.background import BackgroundTracker\n"
        "BackgroundTracker(lambda: Event().wait()).study_started(study_info(Path('runs')), [])\n"
    )
    tests = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", program, str(tests)], capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
