"""Write a trial's pipeline as a bundle."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from automl.bundle.copy import copy_bundle, copy_with_onnx, refuse_existing
from automl.bundle.facts import OnnxFacts
from automl.bundle.load import load_bundle
from automl.core.leaderboard import Standing
from automl.errors import RequestError, StudyError
from automl.workflows.events import Listener, Progress
from automl.workflows.resume import ResumeRequest, open_session
from automl.workflows.session import Session
from automl.workflows.studies import StudyView, view_study
from automl.workflows.trials import caching_in


@dataclass(frozen=True)
class Exported:
    """A new bundle: trial ``number`` of ``study``, ``n_bytes`` large.

    Parameters
    ----------
    onnx : what the check of ``model.onnx`` found, ``None`` if there was none
    """

    path: Path
    study: str
    number: int
    n_bytes: int
    onnx: OnnxFacts | None = None


@dataclass(frozen=True)
class ExportRequest:
    """What to export.

    Parameters
    ----------
    study : name or path; ``None`` for the newest in ``runs``
    out : a new folder
    number : of the trial; ``None`` for the winner
    data : where the study's data is now, ``None`` for where it was; read for another trial, and for ``with_onnx``
    with_onnx : whether a model that is no network gets a ``model.onnx``, as a network always does
    """

    study: str | None
    out: str
    number: int | None = None
    runs: str = "runs"
    data: str | None = None
    with_onnx: bool = False


def run_export(request: ExportRequest, listen: Listener) -> Exported:
    """Export the winner as it stands, or another trial after fitting it on all rows of the study.

    The final number belongs to the winner of the whole search, so only the winner's bundle carries it.

    Raises
    ------
    StudyError, RequestError
        If there is no such study or trial, or it is not complete.
    BundleError
        If ``out`` exists, or there is no converter for the model.
    MissingPackageError
        If a package that converts is not installed.
    """
    target = Path(request.out)
    refuse_existing(target)
    view = view_study(request.study, request.runs)
    number = _number(view, request.number)
    if view.result is not None and number == view.result.best.trial.number:
        onnx = _export_winner(view, view.result.bundle, request, listen)
    else:
        onnx = _export_other(view, view.standing(number), request, listen)
    size = sum(p.stat().st_size for p in target.rglob("*") if p.is_file())
    return Exported(target, view.folder.name, number, size, onnx)


def _number(view: StudyView, asked: int | None) -> int:
    """The trial to export."""
    if view.standings and view.standings[0].rank is None:
        raise StudyError(
            f"no trial of study {view.folder.name} succeeded, so there is nothing to export",
            hint=f"automl leaderboard {view.folder.name} --trial 1 shows why",
        )
    if asked is not None:
        return asked
    if view.result is None:
        done = f"{len(view.standings)} of {view.state.n_trials} trials are done"
        raise StudyError(
            f"study {view.folder.name} has no winner yet: {done}",
            hint=f"automl resume {view.folder.name}, or choose one with --trial N",
        )
    return view.result.best.trial.number


def _export_winner(view: StudyView, bundle: Path, request: ExportRequest, listen: Listener) -> OnnxFacts | None:
    manifest = load_bundle(bundle).manifest if request.with_onnx else None
    if manifest is None or manifest.network is not None:
        return load_bundle(copy_bundle(bundle, Path(request.out))).manifest.onnx
    from automl.workflows.finish import rows_to_check

    session = _session(view, request)
    listen(Progress("converting the winner"))
    with caching_in(session.runs / "cache"):
        return copy_with_onnx(bundle, Path(request.out), rows_to_check(session))


def _export_other(view: StudyView, standing: Standing, request: ExportRequest, listen: Listener) -> OnnxFacts | None:
    number = standing.trial.number
    if standing.rank is None:
        raise RequestError(
            f"trial {number} is not complete ({standing.trial.ending}), so it cannot be exported",
            hint=f"automl leaderboard {view.folder.name} lists those that are",
        )
    from automl.bundle.write import write_bundle
    from automl.workflows.finish import bundle_facts, refit, rows_to_check

    session = _session(view, request)
    listen(Progress(f"fitting trial {number} on all rows"))
    fitted, facts = refit(session, standing.trial), bundle_facts(session, standing, (), ())
    with caching_in(session.runs / "cache"):
        return write_bundle(
            Path(request.out), fitted, facts, X_check=rows_to_check(session), with_onnx=request.with_onnx
        )


def _session(view: StudyView, request: ExportRequest) -> Session:
    return open_session(
        view.folder, ResumeRequest(request.study, data=request.data, runs=request.runs), view.state.n_trials
    )
