"""Write a trial's pipeline as a bundle."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from automl.bundle.copy import copy_bundle, refuse_existing
from automl.errors import RequestError, StudyError
from automl.workflows.events import Listener, Progress
from automl.workflows.resume import ResumeRequest, open_session
from automl.workflows.studies import view_study


@dataclass(frozen=True)
class Exported:
    """A new bundle: trial ``number`` of ``study``, ``n_bytes`` large."""

    path: Path
    study: str
    number: int
    n_bytes: int


def run_export(
    study: str | None, out: str, listen: Listener, *, number: int | None, runs: str, data: str | None
) -> Exported:
    """Export the winner as it stands, or another trial after fitting it on all rows of the study.

    The final number belongs to the winner of the whole search, so only the winner's bundle carries it.

    Parameters
    ----------
    number : of the trial; ``None`` for the winner
    data : where the study's data is now, ``None`` for where it was; only read for another trial

    Raises
    ------
    StudyError, RequestError
        If there is no such study or trial, or it is not complete.
    BundleError
        If ``out`` exists.
    """
    target = Path(out)
    refuse_existing(target)
    view = view_study(study, runs)
    if view.standings and view.standings[0].rank is None:
        raise StudyError(
            f"no trial of study {view.folder.name} succeeded, so there is nothing to export",
            hint=f"automl leaderboard {view.folder.name} --trial 1 shows why",
        )
    if view.result is None and number is None:
        done = f"{len(view.standings)} of {view.state.n_trials} trials are done"
        raise StudyError(
            f"study {view.folder.name} has no winner yet: {done}",
            hint=f"automl resume {view.folder.name}, or choose one with --trial N",
        )
    winner = view.result.best.trial.number if view.result else None
    number = winner if number is None else number
    assert number is not None, "without a winner a number was asked for"
    if number == winner and view.result is not None:
        copy_bundle(view.result.bundle, target)
    else:
        standing = view.standing(number)
        if standing.rank is None:
            raise RequestError(
                f"trial {number} is not complete ({standing.trial.state.value}), so it cannot be exported",
                hint=f"automl leaderboard {view.folder.name} lists those that are",
            )
        from automl.bundle.write import write_bundle
        from automl.workflows.finish import N_CHECKED, bundle_facts, refit

        session = open_session(view.folder, ResumeRequest(study, data=data, runs=runs), view.state.n_trials)
        listen(Progress(f"fitting trial {number} on all rows"))
        fitted, facts = refit(session, standing.trial), bundle_facts(session, standing, (), ())
        write_bundle(target, fitted, facts, X_check=session.dataset.X.iloc[:N_CHECKED])
    size = sum(p.stat().st_size for p in target.rglob("*") if p.is_file())
    return Exported(target, view.folder.name, number, size)
