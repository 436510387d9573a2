"""TensorBoard's logs, as a session uses them: where they go, and what is said of them."""

from __future__ import annotations

from pathlib import Path

from automl.errors import RequestError
from automl.spaces.nodes import Space
from automl.tracking.tensorboard import PROBLEM
from automl.workflows.events import Event, Listener, Note, TrialEnded
from automl.workflows.new_study import why_no_folder
from automl.workflows.preload import networks
from automl.workflows.request import SearchRequest

_HINT = "--tensorboard DIR takes a folder that can be written or made"


def require_logs(request: SearchRequest) -> None:
    """Nothing, if no logs are asked for, or their folder can probably be written.

    Raises
    ------
    RequestError
        If it cannot.
    """
    if request.tensorboard is not None and (why := why_no_folder(Path(request.tensorboard))) is not None:
        raise RequestError(f"--tensorboard {request.tensorboard} cannot be written: {why}", hint=_HINT)


def log_folder(request: SearchRequest, space: Space, study: str) -> Path | None:
    """The folder of a study's logs, made if it is not there; ``None`` if none are asked for, or nothing will write any.

    Raises
    ------
    RequestError
        If it cannot be made.
    """
    if request.tensorboard is None or not networks(space):
        return None
    require_logs(request)
    folder = Path(request.tensorboard).resolve() / study
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as err:
        raise RequestError(f"--tensorboard: {folder} cannot be made: {err.strerror}", hint=_HINT) from err
    return folder


def log_notes(request: SearchRequest, space: Space) -> tuple[str, ...]:
    """A line where logs are asked for that nothing will write."""
    if request.tensorboard is None or networks(space):
        return ()
    return (f"nothing will be written to {request.tensorboard}: the space holds no network to be watched",)


def noting_missing_logs(listen: Listener) -> Listener:
    """Passes on what it hears, and says once that logs could not be written: the trials go on without."""
    said = False

    def hear(event: Event) -> None:
        nonlocal said
        listen(event)
        if said or not isinstance(event, TrialEnded):
            return
        for warning in event.trial.result.warnings:
            if PROBLEM in warning and not said:
                said = True
                listen(Note(f"{warning[warning.index(PROBLEM) :]} (trial {event.trial.number}); the search goes on"))

    return hear
