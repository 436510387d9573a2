"""Continue a study that was stopped, or make it longer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from automl.core.dataset import Dataset
from automl.core.journal import JournalState, read_journal
from automl.core.leaderboard import standings
from automl.core.plan import Plan
from automl.core.study import StopRequest
from automl.errors import RequestError, StudyError
from automl.pipeline import registry
from automl.spaces.narrow import only_families
from automl.spaces.nodes import Space
from automl.spaces.parse import parse_space
from automl.spaces.render import summary_line
from automl.workflows.choose_space import vocabulary
from automl.workflows.events import Finished, Listener, Planned
from automl.workflows.fit_space import fit_to
from automl.workflows.folder import StudyFolder, open_study
from automl.workflows.logs import log_notes
from automl.workflows.prepare import absolute, digest_parts, left_out_notes, load_data, overall_digest, scoring_line
from automl.workflows.request import SearchRequest, n_physical_cores
from automl.workflows.result import StudyResult
from automl.workflows.run import run_session
from automl.workflows.session import Session
from automl.workflows.studies import read_result
from automl.workflows.track import catch_up


@dataclass(frozen=True)
class ResumeRequest:
    """What to continue, and how.

    Parameters
    ----------
    study : name or path; ``None`` for the newest in ``runs``
    more : further trials beyond the budget so far; 0 to finish what was begun
    data : where the data is now; ``None`` for where it was
    workers, timeout_s, trial_timeout_s, trial_memory_mb, prune, tracking_uri, tensorboard : ``None`` for what the
        search was asked
    """

    study: str | None = None
    more: int = 0
    data: str | None = None
    workers: int | None = None
    timeout_s: float | None = None
    trial_timeout_s: float | None = None
    trial_memory_mb: float | None = None
    prune: bool | None = None
    runs: str = "runs"
    tracking_uri: str | None = None
    tensorboard: str | None = None

    def __post_init__(self) -> None:
        if self.more < 0:
            raise RequestError(f"--more must be at least 1, not {self.more}", hint="--more 100")


def run_resume(request: ResumeRequest, listen: Listener, stop: StopRequest) -> StudyResult:
    """Continue: nothing finished is evaluated again, and what was running is evaluated first.

    A study that is already finished, and not to be made longer, is only reported, and MLflow is sent what it lacks: its
    holdout is not looked at again.

    Raises
    ------
    StudyError
        If there is no such study, or data, space, split or request are not what they were: what differs is named.
    """
    folder = open_study(request.study, Path(request.runs))
    state = read_journal(folder.path)
    n_trials = state.n_trials + request.more
    result = read_result(folder, state)  # first: a damaged one is said before a trial is run
    if result is not None and len(state.trials) >= n_trials:
        catch_up(folder, state, result, request.tracking_uri or folder.facts["request"]["tracking_uri"], listen)
        listen(Finished(result))
        return result
    session = open_session(folder, request, n_trials)
    listen(_planned(session, state))
    return run_session(session, listen, stop)


def open_session(folder: StudyFolder, request: ResumeRequest, n_trials: int) -> Session:
    """The study with its data loaded, proved to be what they were.

    Raises
    ------
    StudyError
        If data, space, split or request have changed.
    MissingPackageError
        If a package is not installed any more: every trial that needs it would fail.
    """
    asked = _request_now(folder, request)
    dataset = _load(folder, asked, request)
    plan = folder.plan()
    _refuse_changes(folder, asked, dataset, plan)
    return Session(folder, asked, dataset, plan, _space(folder, dataset), n_trials)


def _request_now(folder: StudyFolder, request: ResumeRequest) -> SearchRequest:
    then = folder.facts["request"]
    asked = SearchRequest.from_dict({**then, "workers": None})  # as many may be too many on this computer
    workers = request.workers or then["workers"] or n_physical_cores()
    changes: dict[str, object] = {"runs": request.runs, "workers": workers}
    if request.data is not None:
        changes["data"] = absolute(request.data)
    for option in ("timeout_s", "trial_timeout_s", "trial_memory_mb", "prune", "tracking_uri", "tensorboard"):
        if (value := getattr(request, option)) is not None:
            changes[option] = value
    return replace(asked, **changes)  # type: ignore[arg-type]


def _load(folder: StudyFolder, asked: SearchRequest, request: ResumeRequest) -> Dataset:
    if folder.facts["is_data_in_memory"]:
        raise StudyError(
            f"study {folder.name} was made from data handed over in Python, which this command does not have",
            hint="begin a new study from a file",
        )
    if asked.data is not None and not Path(asked.data).exists():
        raise StudyError(
            f"the data of study {folder.name} is not at {asked.data} any more",
            hint=f"automl resume {folder.name} --data PATH",
        )

    def unheard(event: object) -> None:
        """Loading again is quick: the check of the recordings is cached by the system."""

    return load_data(asked, unheard)[0]


def _refuse_changes(folder: StudyFolder, asked: SearchRequest, dataset: Dataset, plan: Plan) -> None:
    families = tuple(folder.facts["families"])
    before: dict[str, str] = folder.facts["digests"]
    now = digest_parts(asked, dataset.fingerprint, folder.space_text, plan, families)
    changed = [part for part in now if now[part] != before.get(part)]
    if "data" in changed:
        then = folder.facts["data"]["n_samples"]
        raise StudyError(
            f"{dataset.name} has changed since study {folder.name} began ({then} rows then, {dataset.n_samples} now; "
            f"sha256 {before['data'][:12]} then, {now['data'][:12]} now), so old and new trials cannot be compared",
            hint="start a new study with automl search, or bring the old data back with --data PATH",
        )
    if changed or overall_digest(now) != read_journal(folder.path).digest:
        what = " and ".join(changed) or "study.json"
        raise StudyError(
            f"the {what} of study {folder.name} has changed since it began, so old and new trials cannot be compared",
            hint=f"restore the files in {folder.path}, or start a new study",
        )


def _space(folder: StudyFolder, dataset: Dataset) -> Space:
    for name in folder.facts["families"]:
        registry.require_packages(registry.family(name))
    space = parse_space(folder.space_text, source=str(folder.path / "space.toml"), vocabulary=vocabulary())
    return fit_to(only_families(space, folder.facts["families"]), dataset)


def _planned(session: Session, state: JournalState) -> Planned:
    return Planned(
        study=session.folder.name,
        folder=session.folder.path,
        data=session.dataset.description,
        n_samples=session.dataset.n_samples,
        metric=session.metric,
        scoring=scoring_line(session.request.metric, session.plan, session.dataset),
        space=f"{session.space.name}: {summary_line(session.space)}",
        notes=(
            *left_out_notes(session.dataset),
            *session.dataset.notes,
            *session.plan.notes,
            *log_notes(session.request, session.space),
        ),
        n_trials=session.n_trials,
        earlier=tuple(standings(state.trials, session.metric)),
        n_workers=session.request.workers or 1,
        is_demo=session.request.data is None,
    )
