"""A study in MLflow: one experiment, one run per trial, one more for the study itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from automl.core.ports import StudyEnd, StudyInfo
from automl.core.trial import Trial
from automl.tracking.client import connect, error_status, impatient, is_no_answer, n_at_once
from automl.tracking.experiment import open_experiment
from automl.tracking.mirror import Mirror
from automl.tracking.parallel import for_each
from automl.tracking.problems import one_line, without_credentials
from automl.tracking.records import trial_record
from automl.tracking.store import default_uri, prepare_store, relocate
from automl.tracking.views import store_views


class MlflowTracker:
    """Mirrors a study in the MLflow server or database at ``uri``; a ``Tracker`` that takes several trials at once.

    Keeps every trial it was told of. A call sends what MLflow lacks; when it fails, what MLflow has is
    read anew at the next, so nothing is lost or doubled whatever the failed call had done.

    Parameters
    ----------
    uri : the database in ``runs`` (``default_uri``) is created when there is none
    runs : folder of the studies; artifacts go to ``mlflow-artifacts`` in it when ``uri`` is a database
    on_note : told what a person should know: an experiment under another name, a page that is less well prepared
    """

    def __init__(self, uri: str, *, runs: Path, on_note: Callable[[str], None] | None = None) -> None:
        self._uri = uri
        self._runs = runs
        self._on_note = on_note or (lambda note: None)
        self._info: StudyInfo | None = None
        self._trials: dict[int, Trial] = {}
        self._unsent: dict[int, Trial] = {}
        self._mirror: Mirror | None = None

    def study_started(self, info: StudyInfo, finished: Sequence[Trial]) -> None:
        """See ``Tracker``."""
        self._info = info
        self._mirror = None
        self._trials = {}
        self.trials_finished(finished)

    def trial_finished(self, trial: Trial) -> None:
        """See ``Tracker``."""
        self.trials_finished((trial,))

    def trials_finished(self, trials: Sequence[Trial]) -> None:
        """Trials ended."""
        for trial in trials:
            self._trials[trial.number] = self._unsent[trial.number] = trial
        self._send(lambda mirror: None)

    def study_finished(self, end: StudyEnd | None) -> None:
        """See ``Tracker``."""
        self._send(lambda mirror: mirror.finish(end))

    @property
    def _started(self) -> StudyInfo:
        assert self._info is not None, "study_started comes first"
        return self._info

    def _send(self, then: Callable[[Mirror], None]) -> None:
        with impatient():
            try:
                mirror = self._mirror or self._open()
                for_each(
                    lambda trial: mirror.send(trial_record(self._started, trial)),
                    self._unsent.values(),
                    n_at_once=n_at_once(self._uri),
                )
                self._unsent.clear()
                then(mirror)
            except Exception as err:
                self._mirror = None
                if (status := error_status(err)) is not None:
                    raise ConnectionError(f"MLflow at {self._place} answers with error {status}") from err
                if is_no_answer(err):
                    raise ConnectionError(f"MLflow does not answer at {self._place}") from err
                raise

    @property
    def _place(self) -> str:
        return without_credentials(self._uri)

    def _open(self) -> Mirror:
        """Read anew what MLflow has; every trial is then to be sent, unless it is there."""
        if self._uri == default_uri(self._runs):
            prepare_store(self._runs)
            relocate(self._runs)
        client = connect(self._uri)
        experiment = open_experiment(client, self._uri, self._started, runs=self._runs, on_note=self._on_note)
        try:
            store_views(client, experiment, self._started)
        except Exception as err:  # a prepared page is a comfort, and its format MLflow's own
            if is_no_answer(err):
                raise
            self._on_note(f"MLflow's page is not prepared: {one_line(err)}")
        self._mirror = Mirror(client, experiment.experiment_id, self._started, on_note=self._on_note)
        self._unsent = dict(self._trials)
        return self._mirror
