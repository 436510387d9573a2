"""One study's experiment: what it holds, and how each trial gets there once, whoever was killed when."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from automl.core.ports import StudyEnd, StudyInfo
from automl.tracking.client import UPLOAD_TIMEOUT_S, error_status, impatient, is_no_answer, is_refusal, load_mlflow
from automl.tracking.problems import one_line
from automl.tracking.records import (
    BEST_TAG,
    KIND_TAG,
    NUMBER_TAG,
    STUDY_TAG,
    Point,
    RunRecord,
    as_tags,
    study_params,
    study_points,
)

_PAGE_SIZE = 200  # a server reads about 2 ms per run (MLflow 3.17): a page stays well below the timeout


@dataclass(frozen=True)
class _Run:
    """A run as it stands in MLflow; ``is_closed`` when everything of it has been sent."""

    run_id: str
    started_ms: int
    is_closed: bool = False


class Mirror:
    """Writes trials as runs of one experiment.

    A run is open (RUNNING) until everything of it has been sent, so an open one is one that was interrupted: it is
    sent again, into the same run. That doubles nothing: parameters and tags are the same, and a metric's time is
    derived from the run's, by which MLflow knows a point it already has.

    Parameters
    ----------
    experiment_id : of the study; what it holds is read at once
    on_note : told what could not be stored beside the numbers
    """

    def __init__(self, client: Any, experiment_id: str, info: StudyInfo, *, on_note: Callable[[str], None]) -> None:
        self._client = client
        self._experiment_id = experiment_id
        self._info = info
        self._on_note = on_note
        self._runs = self._read_trials()
        self._study_run = self._begin_study()

    def send(self, record: RunRecord) -> None:
        """Complete the run of a trial; nothing is sent when it is complete. Different trials may be sent at once."""
        run = self._runs.get(record.number)
        if run is None:
            started_ms = _now_ms() - round(record.seconds * 1000)
            run = self._create(record.name, record.tags, started_ms)
        elif run.is_closed:
            return
        ended_ms = run.started_ms + round(record.seconds * 1000)
        try:
            self._log(run, record.points, params=record.params, at_ms=ended_ms)
        except Exception as err:  # one trial that is refused for ever must not keep the others from being sent
            if not is_refusal(err):
                raise
            self._on_note(f"MLflow refuses the numbers of {record.name}: {one_line(err)}")
        if record.files:
            self._store(run, f"files such as {next(iter(record.files))}", lambda: self._upload(run, record.files))
        self._client.set_terminated(run.run_id, "FAILED" if record.has_failed else "FINISHED", ended_ms)
        self._runs[record.number] = _Run(run.run_id, run.started_ms, is_closed=True)

    def finish(self, end: StudyEnd | None) -> None:
        """Complete the study's own run, and mark the winner's; ``None`` for a session without a winner."""
        self._delete_surplus()
        if end is not None:
            self._mark_best(end.best)
            self._log(self._study_run, study_points(end, self._info.n_trials), at_ms=self._study_run.started_ms)
            self._store(self._study_run, "the bundle", lambda: self._upload_bundle(end.bundle))
        self._client.set_terminated(self._study_run.run_id, "KILLED" if end is None else "FINISHED")

    def _read_trials(self) -> dict[int, _Run]:
        """The run of each trial. Of two, which a server that answered too late may have made, one is deleted."""
        found: dict[int, _Run] = {}
        for entity in self._search(f"tags.`{KIND_TAG}` = 'trial'"):
            number, run = int(entity.data.tags[NUMBER_TAG]), _as_run(entity)
            other = found.get(number)
            if other is not None:
                run, surplus = (run, other) if run.is_closed else (other, run)
                self._client.delete_run(surplus.run_id)
            found[number] = run
        return found

    def _begin_study(self) -> _Run:
        """The study's own run, open, with what it was asked."""
        params = study_params(self._info)
        found = list(self._search(f"tags.`{KIND_TAG}` = 'study'"))
        if not found:
            tags = as_tags({KIND_TAG: "study", STUDY_TAG: self._info.name})
            run = self._create(self._info.name, tags, _now_ms())
            self._log(run, (), params=params, at_ms=run.started_ms)
            return run
        *surplus, entity = found  # the oldest comes last
        for other in surplus:
            self._client.delete_run(other.info.run_id)
        run, known = _as_run(entity), entity.data.params
        self._log(run, (), params={k: v for k, v in params.items() if k not in known}, at_ms=run.started_ms)
        for key, value in params.items():
            if known.get(key, value) != value:  # MLflow's parameters never change; a resumed search's budget does
                self._client.set_tag(run.run_id, f"automl.{key}", value)
        self._client.update_run(run.run_id, status="RUNNING")
        return run

    def _delete_surplus(self) -> None:
        """Delete what a server made of a call after it had been given up, and after what it held was read."""
        ours = {self._study_run.run_id, *(run.run_id for run in self._runs.values())}
        for entity in list(self._search("attributes.status = 'RUNNING'")):
            if entity.info.run_id not in ours and KIND_TAG in entity.data.tags:
                self._client.delete_run(entity.info.run_id)

    def _mark_best(self, number: int) -> None:
        best = self._runs[number].run_id
        for entity in self._search(f"tags.`{BEST_TAG}` = 'true'"):
            if entity.info.run_id != best:
                self._client.delete_tag(entity.info.run_id, BEST_TAG)
        self._client.set_tag(best, BEST_TAG, "true")

    def _search(self, filter_string: str) -> Iterator[Any]:
        token = None
        while True:
            page = self._client.search_runs(
                [self._experiment_id], filter_string, max_results=_PAGE_SIZE, page_token=token
            )
            yield from page
            token = page.token
            if not token:
                return

    def _create(self, name: str, tags: dict[str, str], started_ms: int) -> _Run:
        return _as_run(self._client.create_run(self._experiment_id, started_ms, tags, name))

    def _log(self, run: _Run, points: Iterable[Point], *, at_ms: int, params: dict[str, str] | None = None) -> None:
        entities = load_mlflow().entities
        self._client.log_batch(
            run.run_id,
            metrics=[entities.Metric(p.key, p.value, at_ms, p.step) for p in points],
            params=[entities.Param(key, value) for key, value in (params or {}).items()],
        )

    def _store(self, run: _Run, what: str, store: Callable[[], None]) -> None:
        """Store a file of a run. A server may keep numbers and no files, and the numbers must get there all the same:
        an error is one only if the server is away altogether."""
        for is_last_try in (False, True):
            try:
                store()
                return
            except Exception as err:  # noqa: BLE001 - noted
                is_away = is_no_answer(err) or error_status(err) is not None
                if is_away:
                    self._client.get_run(run.run_id)
                if is_last_try or not is_away:
                    self._on_note(f"MLflow does not keep {what}: {one_line(err)}")
                    return

    def _upload_bundle(self, folder: str) -> None:
        with impatient(UPLOAD_TIMEOUT_S):
            self._client.log_artifacts(self._study_run.run_id, folder, "bundle")

    def _upload(self, run: _Run, files: Mapping[str, str]) -> None:
        # Unlike that of MLflow's log_text, this folder goes also when the process ends in the middle of the call.
        with TemporaryDirectory(prefix="automl-") as folder:
            for name, text in files.items():
                path = Path(folder) / name
                path.write_text(text, encoding="utf-8")
                self._client.log_artifact(run.run_id, str(path))


def _as_run(entity: Any) -> _Run:
    return _Run(entity.info.run_id, entity.info.start_time, is_closed=entity.info.status != "RUNNING")


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
