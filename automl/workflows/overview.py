"""Every study in a folder, with its state and how far it is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from automl.core.journal import JOURNAL_NAME, JournalState, read_journal
from automl.core.leaderboard import is_better
from automl.core.lock import LockState, read_lock
from automl.core.metric import METRICS
from automl.core.trial import Trial
from automl.errors import StudyError
from automl.workflows.folder import StudyFolder, open_study
from automl.workflows.studies import current_result

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class StudyState(StrEnum):
    """What is the matter with a study."""

    RUNNING = "running"
    STOPPED = "stopped"
    FINISHED = "finished"
    CRASHED = "crashed"
    DAMAGED = "damaged"


@dataclass(frozen=True)
class StudySummary:
    """One line about a study.

    Parameters
    ----------
    n_finished, n_trials, n_failed : trials of any outcome, the budget, those that ended without a score; ``None`` for a
        damaged study
    best : score of the leading trial, higher or lower is better as ``metric`` says; ``None`` before there is one
    data : name of the data
    began : when the study was made, ``None`` where it does not say
    changed : when its journal was last written, ``None`` where there is none
    pid : of the process that searches now
    problem : why a damaged study cannot be read, in short
    is_data_in_memory : the data was handed over in Python, so that no command can go on with the study
    """

    name: str
    folder: Path
    state: StudyState
    n_finished: int | None = None
    n_trials: int | None = None
    n_failed: int | None = None
    best: float | None = None
    metric: str | None = None
    data: str | None = None
    began: datetime | None = None
    changed: datetime | None = None
    pid: int | None = None
    problem: str | None = None
    is_data_in_memory: bool = False

    @property
    def is_resumable(self) -> bool:
        """Whether ``automl resume`` would go on with it."""
        return self.state in (StudyState.STOPPED, StudyState.CRASHED) and not self.is_data_in_memory


def overview(runs: Path) -> list[StudySummary]:
    """The studies in ``runs``, the last written first; a damaged one is among them and hides no other.

    Raises
    ------
    StudyError
        If there is none.
    """
    found = [_summary(folder) for folder in _folders(runs)]
    if not found:
        raise StudyError(f"there is no study in {runs} yet", hint="automl search")
    return sorted(found, key=lambda s: (s.changed or _LONG_AGO, s.name), reverse=True)


def _folders(runs: Path) -> Iterator[Path]:
    for folder in runs.glob("[!.]*"):
        # of os.path, because pathlib raises where a folder may not be looked into
        if os.path.exists(folder / "study.json") or os.path.exists(folder / JOURNAL_NAME):  # noqa: PTH110
            yield folder.resolve()


def _summary(path: Path) -> StudySummary:
    changed = _changed(path / JOURNAL_NAME)
    try:
        lock = read_lock(path)  # first: a search that ends while the rest is read was running
        folder = open_study(str(path), path.parent)
        return _summarise(folder, read_journal(path), lock, changed)
    except (StudyError, OSError, KeyError, TypeError, ValueError, RecursionError) as err:
        return StudySummary(path.name, path, StudyState.DAMAGED, changed=changed, problem=_in_short(err, path))


def _summarise(folder: StudyFolder, state: JournalState, lock: LockState, changed: datetime | None) -> StudySummary:
    metric = METRICS[folder.facts["request"]["metric"]]
    best: Trial | None = None
    for trial in state.trials:
        best = trial if is_better(trial, best) else best
    return StudySummary(
        name=folder.name,
        folder=folder.path,
        state=_state(lock, state, is_judged=current_result(folder, state) is not None),
        n_finished=len(state.trials),
        n_trials=state.n_trials,
        n_failed=sum(not t.is_success for t in state.trials),
        best=None if best is None or best.loss is None else metric.score(best.loss),
        metric=metric.name,
        data=str(folder.facts["data"]["name"]),
        began=datetime.fromisoformat(folder.facts["created"]) if "created" in folder.facts else None,
        changed=changed,
        pid=lock.pid if lock.is_held else None,
        is_data_in_memory=folder.facts["is_data_in_memory"],
    )


def _state(lock: LockState, state: JournalState, *, is_judged: bool) -> StudyState:
    if lock.is_held:
        return StudyState.RUNNING
    is_used_up = len(state.trials) >= state.n_trials
    has_ended = is_judged or (is_used_up and not any(t.is_complete for t in state.trials))
    if has_ended and is_used_up:
        # also one that was killed later, while MLflow was told: there is nothing left to go on with
        return StudyState.FINISHED
    if lock.pid is not None:
        return StudyState.CRASHED
    # fewer trials than asked for are enough after a timeout, or when the space is used up; then none is in flight
    return StudyState.FINISHED if has_ended and not state.in_flight else StudyState.STOPPED


def _changed(journal: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(journal.stat().st_mtime).astimezone()
    except OSError:
        return None


def _in_short(err: Exception, path: Path) -> str:
    if isinstance(err, StudyError):
        text = ": ".join([err.message, *err.details[:1]])
        text += f" and {len(err.details) - 1} more" if len(err.details) > 1 else ""
    elif isinstance(err, OSError):
        text = f"{err.filename or 'a file'} cannot be read: {err.strerror}"
    else:
        text = f"study.json or {JOURNAL_NAME} is damaged: {type(err).__name__} {err}"
    return text.removeprefix(f"{path} is not a study: ").replace(f"{path}{os.sep}", "").replace(str(path), path.name)
