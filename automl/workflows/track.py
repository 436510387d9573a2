"""MLflow's mirror of a study, as a session uses it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from automl.core.journal import JournalState
from automl.core.leaderboard import improvements
from automl.core.lock import StudyLock
from automl.core.ports import StudyEnd, StudyInfo, Tracker
from automl.core.trial import Trial
from automl.errors import AutoMLError, SearchInterrupted
from automl.spaces.configs import shared_labels
from automl.spaces.narrow import only_families
from automl.spaces.parse import parse_space
from automl.workflows.choose_space import vocabulary
from automl.workflows.events import Listener, Note, Progress
from automl.workflows.fit_space import without_idle_stages
from automl.workflows.folder import StudyFolder
from automl.workflows.result import StudyResult
from automl.workflows.session import Session

if TYPE_CHECKING:
    from automl.tracking.background import BackgroundTracker

_MAX_NOTES = 20
_STOP_FLUSH_S = 2.0  # Ctrl-C is answered within seconds, and a resume sends what is left
_CATCH_UP_FLUSH_S = 600.0
_GRACE_S = 2.0


@contextmanager
def tracking(session: Session, state: JournalState, listen: Listener) -> Iterator[tuple[Tracker, ...]]:
    """The trackers of a session, told that it begins; what they could not do is said at the end."""
    if not session.is_tracked:
        yield ()
        return
    labels = shared_labels(session.space)
    info = _study_info(session.folder, labels, n_trials=session.n_trials, n_folds=session.plan.n_folds)
    with _mirrored(session.folder, session.request.tracking_uri, listen) as tracker:
        tracker.study_started(info, state.trials)
        yield (tracker,)


def catch_up(
    folder: StudyFolder, state: JournalState, result: StudyResult, tracking_uri: str | None, listen: Listener
) -> None:
    """Send what MLflow lacks of a finished study; neither its data nor its holdout are looked at.

    Raises
    ------
    StudyError
        If another process holds the study.
    """
    with StudyLock(folder.path):
        try:
            info = _study_info(folder, _labels(folder), n_trials=state.n_trials, n_folds=result.n_folds)
        except AutoMLError as err:
            listen(Note(f"MLflow: nothing was sent: {err}"))
            return
        with _mirrored(folder, tracking_uri, listen, flush_s=_CATCH_UP_FLUSH_S) as tracker:
            tracker.study_started(info, state.trials)
            tracker.study_finished(study_end(result, state.trials))


@contextmanager
def _mirrored(
    folder: StudyFolder, tracking_uri: str | None, listen: Listener, *, flush_s: float = 60.0
) -> Iterator[BackgroundTracker]:
    """A tracker of MLflow; what it could not do is said at the end."""
    from automl.tracking.background import BackgroundTracker
    from automl.tracking.mlflow import MlflowTracker
    from automl.tracking.store import default_uri

    runs = folder.path.parent
    notes: dict[str, None] = {}
    tracker = BackgroundTracker(
        lambda: MlflowTracker(tracking_uri or default_uri(runs), runs=runs, on_note=notes.setdefault),
        flush_s=flush_s,
        on_wait=lambda seconds: listen(Progress(f"sending what is left to MLflow, {seconds:.0f} s at most")),
    )
    grace_s = _GRACE_S
    try:
        yield tracker
    except SearchInterrupted:
        tracker.study_finished(None, flush_s=_STOP_FLUSH_S)
        grace_s = 0.0
        raise
    except KeyboardInterrupt:
        grace_s = 0.0
        raise
    finally:
        tracker.close(grace_s)
        for text in (*list(notes)[:_MAX_NOTES], *_shortcomings(tracker, folder)):
            listen(Note(f"MLflow: {text}"))


def _shortcomings(tracker: BackgroundTracker, folder: StudyFolder) -> Iterator[str]:
    """What went wrong, what was not sent for that reason, and what to do."""
    if tracker.has_sent_everything:
        if tracker.problems:
            yield f"{'; '.join(tracker.problems)}, for a time; everything was sent in the end"
        return
    yield from tracker.problems
    n = tracker.n_unsent
    left = "the end of the study was" if n == 0 else "1 trial was" if n == 1 else f"{n} trials were"
    yield f"{left} not sent; {folder.resume_command} sends what is missing"


def tell(trackers: Sequence[Tracker], message: Callable[[Tracker], None], listen: Listener) -> None:
    """Give every tracker a message; one that fails costs a note and nothing else."""
    for tracker in trackers:
        try:
            message(tracker)
        except Exception as err:  # noqa: BLE001 - losing a tracker must lose nothing else
            listen(Note(f"MLflow: {type(err).__name__}: {err}"))


def _labels(folder: StudyFolder) -> tuple[str, ...]:
    """Those of the study's space, fitted to its data as it was."""
    space = parse_space(folder.space_text, source=str(folder.path / "space.toml"), vocabulary=vocabulary())
    space = only_families(space, folder.facts["families"])
    return shared_labels(without_idle_stages(space, folder.facts["data"]["kinds"].values()))


def _study_info(folder: StudyFolder, labels: tuple[str, ...], *, n_trials: int, n_folds: int) -> StudyInfo:
    facts = folder.facts
    data, request = facts["data"], facts["request"]
    return StudyInfo(
        name=folder.name,
        folder=str(folder.path),
        data=data["name"],
        fingerprint=data["fingerprint"],
        metric=request["metric"],
        n_trials=n_trials,
        labels=labels,
        families=tuple(facts["families"]),
        uid=facts["uid"],
        params={
            "rows": str(data["n_samples"]),
            "columns": str(len(data["kinds"])),
            "classes": str(len(data["classes"])),
            "groups": data["group"] or "none",
            "folds": str(n_folds),
            "seed": str(request["seed"]),
            "space": facts["space"]["name"],
        },
    )


def study_end(result: StudyResult, trials: Sequence[Trial]) -> StudyEnd:
    """What trackers are told of a study that has its winner."""
    return StudyEnd(
        best=result.best.trial.number,
        curve=improvements(trials, result.metric),
        estimates=result.estimates,
        bundle=str(result.bundle),
    )
