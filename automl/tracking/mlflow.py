"""A study in MLflow: one experiment, one run per trial, one more for the study itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from automl.core.ports import StudyEnd, StudyInfo
from automl.core.trial import Trial
from automl.tracking.client import connect, impatient, is_no_answer
from automl.tracking.experiment import open_experiment
from automl.tracking.mirror import Mirror
from automl.tracking.problems import one_line, without_credentials
from automl.tracking.records import RunRecord, trial_record
from automl.tracking.store import default_uri, prepare_store, relocate
from automl.tracking.views import store_views


class MlflowTracker:
    """Mirrors a study in the MLflow server or database at ``uri``; a ``Tracker``.

    Keeps the record of every trial it was told of. A call sends what MLflow lacks; when it fails, what MLflow has is
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
        self._records: dict[int, RunRecord] = {}
        self._mirror: Mirror | None = None

    def study_started(self, info: StudyInfo, finished: Sequence[Trial]) -> None:
        """See ``Tracker``."""
        self._info = info
        self._mirror = None
        self._records = {trial.number: trial_record(info, trial) for trial in finished}
        self._send(lambda mirror: None)

    def trial_finished(self, trial: Trial) -> None:
        """See ``Tracker``."""
        self._records[trial.number] = trial_record(self._started, trial)
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
                self._mirror = self._mirror or self._open()
                for record in self._records.values():
                    self._mirror.send(record)
                then(self._mirror)
            except Exception as err:
                self._mirror = None
                if is_no_answer(err):
                    raise ConnectionError(f"MLflow does not answer at {without_credentials(self._uri)}") from err
                raise

    def _open(self) -> Mirror:
        if self._uri == default_uri(self._runs):
            prepare_store(self._runs)
            relocate(self._runs)
        client = connect(self._uri)
        experiment = open_experiment(client, self._uri, self._started, runs=self._runs, on_note=self._on_note)
        try:
            store_views(client, experiment, self._started)
        except Exception as err:  # noqa: BLE001 - a prepared page is a comfort, and its format MLflow's own
            self._on_note(f"MLflow's page is not prepared: {one_line(err)}")
        return Mirror(client, experiment.experiment_id, self._started, on_note=self._on_note)
