"""Search for the best pipeline."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from automl._version import __version__
from automl.core.dataset import Dataset
from automl.core.metric import METRICS
from automl.core.study import StopRequest
from automl.workflows.events import Listener, Planned, unheard
from automl.workflows.folder import StudyFolder
from automl.workflows.new_study import create_study
from automl.workflows.prepare import Prepared, draft_of, prepare, space_line
from automl.workflows.request import TRACKING_VARIABLE, SearchRequest, as_names, inline_if_alone, n_physical_cores
from automl.workflows.result import StudyResult
from automl.workflows.run import run_session
from automl.workflows.session import Session

_PACKAGES = ("numpy", "scipy", "pandas", "scikit-learn", "hyperopt", "mlflow", "librosa")


def search(
    data: str | Path | None = None,
    *,
    label: str | None = None,
    group: str | None = None,
    budget: int = 100,
    metric: str = "log_loss",
    models: str | Sequence[str] = (),
    workers: int = 1,
    listen: Listener = unheard,
    **options: object,
) -> StudyResult:
    """Search for the best pipeline, as the command does.

    Parameters
    ----------
    data : table, or folder with one sub-folder of sound files per class; ``None`` for the demo
    label, group : column, or ``name:REGEX`` for the first group of a pattern found in the file name
    budget : trials
    metric : what is optimised, see ``core.metric``
    models : only these families of the space; empty for all
    workers : processes; 1 evaluates in this process, where native code that crashes takes the caller with it, unless
        ``trial_timeout_s`` or ``trial_memory_mb`` is among the options: only a process of its own can be stopped
    listen : called with every event of ``workflows.events``
    **options : further fields of ``SearchRequest``: ``space``, ``folds``, ``seed``, ``name``, ``runs`` ...

    Raises
    ------
    UserError
        For a request or data that cannot be.
    NoTrialSucceededError
        If there is no complete trial.
    """
    request = SearchRequest(
        data=None if data is None else str(data),
        label=label,
        group=group,
        budget=budget,
        metric=metric,
        models=as_names(models),
        workers=workers,
        **options,  # type: ignore[arg-type]
    )
    return run_search(inline_if_alone(request), listen, StopRequest())


def plan_search(request: SearchRequest, listen: Listener) -> Prepared:
    """Check everything and say what would be done; writes nothing."""
    prepared = prepare(settled(request), listen)
    listen(_planned(prepared, None))
    return prepared


def run_search(
    request: SearchRequest,
    listen: Listener,
    stop: StopRequest,
    *,
    dataset: Dataset | None = None,
    is_tracked: bool = True,
) -> StudyResult:
    """Make the study's folder and search.

    Parameters
    ----------
    dataset : instead of what ``request.data`` names
    is_tracked : whether MLflow mirrors the study

    Raises
    ------
    UserError, NoTrialSucceededError, SearchInterrupted
        See ``run_session``.
    """
    request = settled(request)
    prepared = prepare(request, listen, dataset=dataset)
    draft = draft_of(prepared, created=now(), versions=versions())
    stem = Path(prepared.dataset.name).stem
    stop.is_heeded = True  # by the loop, which is next: from here on there is a study to go on with
    folder = create_study(Path(request.runs), draft, name=request.name, stem=stem)
    listen(_planned(prepared, folder))
    session = Session(
        folder, request, prepared.dataset, prepared.plan, prepared.space, request.budget, is_tracked=is_tracked
    )
    return run_session(session, listen, stop)


def settled(request: SearchRequest) -> SearchRequest:
    """The request with the number of workers and the place of MLflow worked out."""
    workers = n_physical_cores() if request.workers is None else request.workers
    return replace(request, workers=workers, tracking_uri=request.tracking_uri or os.environ.get(TRACKING_VARIABLE))


def now() -> str:
    """Date and time here, ISO 8601 with the zone."""
    return datetime.now().astimezone().isoformat(timespec="seconds")


def versions(packages: Sequence[str] = _PACKAGES) -> dict[str, str]:
    """Versions of what the trials depend on."""
    found = {"automl-search": __version__, "python": platform.python_version()}
    return found | {name: version(name) for name in packages}


def _planned(prepared: Prepared, folder: StudyFolder | None) -> Planned:
    request = prepared.request
    return Planned(
        study=folder.name if folder else None,
        folder=folder.path if folder else None,
        data=prepared.dataset.description,
        n_samples=prepared.dataset.n_samples,
        metric=METRICS[request.metric],
        scoring=prepared.scoring,
        space=space_line(prepared.chosen),
        notes=prepared.notes,
        n_trials=request.budget,
        earlier=(),
        n_workers=request.workers or 1,
        is_demo=request.data is None,
    )
