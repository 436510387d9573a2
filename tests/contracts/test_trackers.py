"""What every ``Tracker`` does; subclasses of the contract say how one is made, and how its mirror is read."""

from __future__ import annotations

import pytest
from tracked_studies import IGNORE_MLFLOW_WARNING, complete, failed, study_end, study_info

pytestmark = pytest.mark.filterwarnings(IGNORE_MLFLOW_WARNING)


class TrackerContract:
    """The contract. ``shown`` gives trial number -> state, once per run that shows the trial."""

    def make(self, runs):
        raise NotImplementedError

    def shown(self, runs):
        raise NotImplementedError

    def winners(self, runs):
        raise NotImplementedError

    def session(self, runs, finished=(), new=(), end=None):
        tracker = self.make(runs)
        tracker.study_started(study_info(runs), finished)
        for trial in new:
            tracker.trial_finished(trial)
        tracker.study_finished(end)
        return tracker

    def test_every_trial_is_shown(self, tracked_runs):
        self.session(tracked_runs, new=[complete(1, 0.4), failed(2), complete(3, 0.2)])
        assert self.shown(tracked_runs) == [(1, "complete"), (2, "failed"), (3, "complete")]

    def test_trials_of_earlier_sessions_are_sent_when_they_are_missing(self, tracked_runs):
        self.session(tracked_runs, new=[complete(1, 0.4)])
        self.session(tracked_runs, finished=[complete(1, 0.4), failed(2)], new=[complete(3, 0.2)])
        assert self.shown(tracked_runs) == [(1, "complete"), (2, "failed"), (3, "complete")]

    def test_a_trial_sent_twice_is_shown_once(self, tracked_runs):
        self.session(tracked_runs, new=[complete(1, 0.4), complete(1, 0.4)])
        self.session(tracked_runs, finished=[complete(1, 0.4)])
        assert self.shown(tracked_runs) == [(1, "complete")]

    def test_trials_may_finish_in_any_order(self, tracked_runs):
        self.session(tracked_runs, new=[complete(3, 0.2), complete(1, 0.4)])
        assert self.shown(tracked_runs) == [(1, "complete"), (3, "complete")]

    def test_there_is_one_winner(self, tracked_runs):
        trials = [complete(1, 0.4), complete(2, 0.3)]
        self.session(tracked_runs, new=trials, end=study_end(tracked_runs, best=2))
        self.session(tracked_runs, finished=trials, new=[complete(3, 0.2)], end=study_end(tracked_runs, best=3))
        assert self.winners(tracked_runs) == [3]

    def test_a_session_may_end_without_a_winner(self, tracked_runs):
        self.session(tracked_runs, new=[failed(1)], end=None)
        assert self.winners(tracked_runs) == []

    def test_studies_are_kept_apart(self, tracked_runs):
        self.session(tracked_runs, new=[complete(1, 0.4)])
        other = self.make(tracked_runs)
        other.study_started(study_info(tracked_runs, name="other-1", uid="0ther"), [])
        other.trial_finished(complete(2, 0.1))
        other.study_finished(None)
        assert self.shown(tracked_runs) == [(1, "complete")]


class TestMlflowTracker(TrackerContract):
    def make(self, runs):
        from automl.tracking.mlflow import MlflowTracker
        from automl.tracking.store import default_uri

        return MlflowTracker(default_uri(runs), runs=runs)

    def shown(self, runs):
        return sorted((int(r.data.tags["automl.number"]), r.data.tags["automl.state"]) for r in self.trial_runs(runs))

    def winners(self, runs):
        return [int(r.data.tags["automl.number"]) for r in self.trial_runs(runs) if "automl.best" in r.data.tags]

    def trial_runs(self, runs):
        from automl.tracking.client import connect
        from automl.tracking.experiment import find_experiment
        from automl.tracking.store import default_uri

        client = connect(default_uri(runs))
        experiment = find_experiment(client, "coughs-1", "c0ffee")
        return client.search_runs([experiment.experiment_id], "tags.`automl.kind` = 'trial'")


class TestBackgroundTracker(TestMlflowTracker):
    def make(self, runs):
        from automl.tracking.background import BackgroundTracker

        make_inner = super().make
        return BackgroundTracker(lambda: make_inner(runs))

    def session(self, runs, finished=(), new=(), end=None):
        tracker = super().session(runs, finished, new, end)
        tracker.close()
        assert tracker.problems == ()
        return tracker
