"""MLflow's mirror of a study, as a session uses it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from automl.core.journal import JournalState
from automl.core.leaderboard import improvements
from automl.core.ports import StudyEnd, StudyInfo, Tracker
from automl.core.trial import Trial
from automl.spaces.configs import shared_labels
from automl.workflows.events import Listener, Note, Progress
from automl.workflows.result import StudyResult
from automl.workflows.session import Session


@contextmanager
def tracking(session: Session, state: JournalState, listen: Listener) -> Iterator[tuple[Tracker, ...]]:
    """The trackers of a session, told that it begins; what they could not do is said at the end."""
    if not session.is_tracked:
        yield ()
        return
    from automl.tracking.background import BackgroundTracker
    from automl.tracking.mlflow import MlflowTracker
    from automl.tracking.store import default_uri

    uri = session.request.tracking_uri or default_uri(session.runs)
    notes: list[str] = []
    tracker = BackgroundTracker(
        lambda: MlflowTracker(uri, runs=session.runs, on_note=notes.append),
        on_wait=lambda seconds: listen(Progress(f"sending what is left to MLflow, {seconds:.0f} s at most")),
    )
    try:
        tracker.study_started(_study_info(session), state.trials)
        yield (tracker,)
    finally:
        tracker.close()
        for text in (*notes, *tracker.problems):
            listen(Note(f"MLflow: {text}"))


def tell(trackers: Sequence[Tracker], message: Callable[[Tracker], None], listen: Listener) -> None:
    """Give every tracker a message; one that fails costs a note and nothing else."""
    for tracker in trackers:
        try:
            message(tracker)
        except Exception as err:  # noqa: BLE001 - losing a tracker must lose nothing else
            listen(Note(f"MLflow: {type(err).__name__}: {err}"))


def _study_info(session: Session) -> StudyInfo:
    facts = session.folder.facts
    return StudyInfo(
        name=session.folder.name,
        folder=str(session.folder.path),
        data=session.dataset.name,
        fingerprint=session.dataset.fingerprint,
        metric=session.metric.name,
        n_trials=session.n_trials,
        labels=shared_labels(session.space),
        families=session.space.families,
        uid=facts["uid"],
        params={
            "rows": str(session.dataset.n_samples),
            "columns": str(len(session.dataset.kinds)),
            "classes": str(session.dataset.n_classes),
            "groups": session.dataset.group_name or "none",
            "folds": str(session.plan.n_folds),
            "seed": str(session.request.seed),
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
