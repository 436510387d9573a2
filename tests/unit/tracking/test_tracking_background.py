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
        self.has_raised = Event()
        self.has_heard_a_trial = Event()

    def study_started(self, info, finished):
        self._hear("started", *(trial.number for trial in finished))

    def trials_finished(self, trials):
        self._hear("trials", *(trial.number for trial in trials))
        self.has_heard_a_trial.set()

    def study_finished(self, end):
        self._hear("finished", end)

    def _hear(self, *what):
        if self.errors:
            error = self.errors.pop(0)
            self.has_raised.set()
            raise error
        self.told.append(what)

    @property
    def heard(self):
        """What it was told, however many trials came at once."""
        return [one for what, *rest in self.told for one in ([(what, n) for n in rest] or [(what,)])]


def run_study(tracker, n_trials=2):
    tracker.study_started(INFO, [complete(1, 0.5)])
    for number in range(2, 2 + n_trials):
        tracker.trial_finished(complete(number, 0.4))
    tracker.study_finished(None)
    tracker.close()


EVERYTHING = [("started",), ("trials", 1), ("trials", 2), ("trials", 3), ("finished", None)]


def test_calls_arrive_in_order():
    inner = ListTracker()
    tracker = BackgroundTracker(lambda: inner)
    run_study(tracker)
    assert inner.heard == EVERYTHING
    assert tracker.problems == ()
    assert tracker.has_sent_everything


def test_a_problem_is_kept_once_and_loses_nothing():
    inner = ListTracker(OSError("no answer"), OSError("no answer"), OSError("http://me:secret@host is down"))
    tracker = BackgroundTracker(lambda: inner, pauses_s=(0,))
    tracker.study_started(INFO, [complete(1, 0.5)])
    tracker.trial_finished(complete(2, 0.4))
    assert inner.has_heard_a_trial.wait(60)
    tracker.trial_finished(complete(3, 0.4))
    tracker.study_finished(None)
    tracker.close()
    assert inner.heard == EVERYTHING
    assert tracker.problems == ("OSError: no answer", "OSError: http://host is down")


def test_what_failed_is_tried_again_though_nothing_new_happens():
    inner = ListTracker(OSError("no answer"), OSError("no answer"))
    tracker = BackgroundTracker(lambda: inner, pauses_s=(0,))
    tracker.study_started(INFO, [complete(1, 0.5)])
    assert inner.has_heard_a_trial.wait(60)
    tracker.close()


def paused(*errors, n_trials):
    """A tracker that has failed for good until its study ends, and its inner one."""
    inner = ListTracker(OSError("no answer"), *errors)
    tracker = BackgroundTracker(lambda: inner, pauses_s=(1e6,))
    tracker.study_started(INFO, [])
    assert inner.has_raised.wait(60)
    for number in range(1, n_trials + 1):
        tracker.trial_finished(complete(number, 0.4))
    return tracker, inner


def test_a_dead_server_is_not_asked_for_every_trial():
    tracker, _ = paused(OSError("still no answer"), n_trials=50)
    tracker.close()
    assert tracker.problems == ("OSError: no answer",)
    assert tracker.n_unsent == 50


def test_the_end_does_not_wait_for_a_pause():
    tracker, inner = paused(n_trials=2)
    tracker.study_finished(None)
    tracker.close()
    assert inner.heard == [("started",), ("trials", 1), ("trials", 2), ("finished", None)]


def test_after_an_outage_trials_are_passed_on_together():
    tracker, inner = paused(n_trials=40)
    tracker.study_finished(None)
    tracker.close()
    assert [len(numbers) for what, *numbers in inner.told if what == "trials"] == [16, 16, 8]


def test_the_end_does_not_wait_for_a_server_that_stays_dead():
    tracker, inner = paused(OSError("dead"), n_trials=3)
    tracker.study_finished(None, flush_s=1e6)
    tracker.close()
    assert inner.told == []
    assert (tracker.n_unsent, tracker.has_sent_everything) == (3, False)


def test_the_end_tries_twice_what_fails_for_the_first_time():
    inner = ListTracker()
    tracker = BackgroundTracker(lambda: inner, pauses_s=(0,))
    tracker.study_started(INFO, [complete(1, 0.4)])
    assert inner.has_heard_a_trial.wait(60)
    inner.errors.append(OSError("reset"))
    tracker.study_finished(None)
    tracker.close()
    assert tracker.has_sent_everything
    assert tracker.problems == ("OSError: reset",)


def test_a_tracker_that_could_not_be_made_hears_everything_later():
    inner = ListTracker()
    made = iter([ImportError("half installed"), ImportError("half installed"), inner])

    def make():
        outcome = next(made)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    tracker = BackgroundTracker(make, pauses_s=(0,))
    tracker.study_started(INFO, [complete(1, 0.5), complete(2, 0.5), complete(3, 0.5)])
    assert inner.has_heard_a_trial.wait(60)
    tracker.study_finished(None)
    tracker.close()
    assert inner.heard == EVERYTHING
    assert tracker.problems == ("ImportError: half installed",)


def test_the_end_is_not_waited_for_longer_than_allowed():
    release, waits = Event(), []
    tracker = BackgroundTracker(lambda: release.wait() and ListTracker(), flush_s=0.01, on_wait=waits.append)
    tracker.study_started(INFO, [])
    tracker.study_finished(None)
    assert waits == [0.01]
    assert not tracker.has_sent_everything
    release.set()
    tracker.close()


def test_a_closed_tracker_ignores_calls_and_may_be_closed_again():
    inner = ListTracker()
    tracker = BackgroundTracker(lambda: inner)
    run_study(tracker)
    tracker.close()
    tracker.trial_finished(complete(9, 0.1))
    tracker.study_finished(None)
    assert ("trials", 9) not in inner.heard


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
