"""One session of a study, from the first trial to the result: where the parts are wired together."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace

from automl.core.budget import Budget
from automl.core.journal import Journal, JournalState, read_journal
from automl.core.leaderboard import is_better, standing_of
from automl.core.lock import StudyLock
from automl.core.ports import Executor, Sampler, Tracker
from automl.core.rest import Rests
from automl.core.study import StopReason, StopRequest, Study
from automl.core.trial import Trial
from automl.errors import NoTrialSucceededError, SearchInterrupted
from automl.execution.inline import InlineExecutor
from automl.execution.limits import Limits
from automl.execution.processes import ProcessExecutor
from automl.execution.sharing import SharingExecutor
from automl.workflows.events import Finished, Listener, Note, SearchEnded, TrialEnded
from automl.workflows.finish import finish
from automl.workflows.gpu import has_gpu
from automl.workflows.limits import default_trial_memory_mb
from automl.workflows.logs import log_folder, noting_missing_logs
from automl.workflows.preload import modules_for, networks
from automl.workflows.result import StudyResult
from automl.workflows.session import Session
from automl.workflows.studies import read_result
from automl.workflows.track import study_end, tell, tracking
from automl.workflows.trials import MakeEvaluator, caching_in


def run_session(session: Session, listen: Listener, stop: StopRequest) -> StudyResult:
    """Search until there is a reason to stop, then refit, judge and export the winner.

    Raises
    ------
    SearchInterrupted
        If ``stop`` was requested; everything finished is kept.
    NoTrialSucceededError
        If there is no complete trial.
    StudyError
        If another process writes to the study, or its folder cannot be written.
    """
    with StudyLock(session.folder.path):
        journal, state = Journal.open(session.folder.path)
        if state.torn is not None:
            listen(Note(f"the last line of {journal.path.name} was half written and is dropped: {state.torn[:60]!r}"))
        with journal, tracking(session, state, listen) as trackers:
            audience = _Audience(session, noting_missing_logs(listen), trackers, state)
            audience.welcome()
            trials = _search(session, journal, state, audience, stop)
            try:
                result = read_result(session.folder, read_journal(session.folder.path)) or finish(
                    session, trials, listen
                )
            except NoTrialSucceededError:
                tell(trackers, lambda t: t.study_finished(None), listen)
                raise
            end = study_end(result, trials)
            tell(trackers, lambda t: t.study_finished(end), listen)
    listen(Finished(result))
    return result


def _search(
    session: Session, journal: Journal, state: JournalState, audience: _Audience, stop: StopRequest
) -> tuple[Trial, ...]:
    """Every finished trial of the study, this session's included."""
    begun = time.monotonic()
    with caching_in(session.runs / "cache"), closing(_executor(session, state)) as executor:
        study = Study(journal, state, _sampler(session), executor, on_finished=audience.hear)
        reason = study.run(Budget(session.n_trials, session.request.timeout_s), stop)
    trials = tuple(audience.trials)
    audience.listen(SearchEnded(reason, len(trials), time.monotonic() - begun))
    if reason is StopReason.HOPELESS:
        why = "every trial so far failed with the same error, so the search ends early"
        audience.listen(Note(f"{why}; {session.folder.resume_command} tries ten more"))
    if reason is StopReason.INTERRUPTED:
        raise SearchInterrupted(session.folder.name, len(trials))
    return trials


class _Audience:
    """Keeps the finished trials (without predictions) and passes each on, with whether it leads; says which families
    rest, and keeps that in ``study.json``."""

    def __init__(self, session: Session, listen: Listener, trackers: Sequence[Tracker], state: JournalState) -> None:
        self.listen = listen
        self.trials = list(state.trials)
        self._folder = session.folder
        self._metric = session.metric
        self._trackers = trackers
        self._best: Trial | None = None
        self._rests = Rests(session.space.families)
        for trial in self.trials:
            self._best = trial if is_better(trial, self._best) else self._best
            self._rests.tell(trial)

    def welcome(self) -> None:
        """Say which families came to rest in earlier sessions."""
        for family, reason in self._rests.reasons.items():
            self.listen(Note(f"{family} stays at rest: {reason}"))
        if self._rests.reasons != self._folder.facts.get("rested", {}):  # the last session was killed in between
            self._keep_rested()

    def hear(self, trial: Trial) -> None:
        trial = replace(trial, result=replace(trial.result, oof=None))
        self.trials.append(trial)
        leads = is_better(trial, self._best)
        self._best = trial if leads else self._best
        tell(self._trackers, lambda t: t.trial_finished(trial), self.listen)
        standing = replace(standing_of(trial, self._metric), rank=1 if leads else None)
        self.listen(TrialEnded(trial, standing, leads, len(self.trials)))
        if self._rests.tell(trial):
            self._keep_rested()
            reason = self._rests.reasons[trial.family]
            self.listen(Note(f"{trial.family} is rested for the rest of the search: {reason}"))

    def _keep_rested(self) -> None:
        self._folder.update(rested=dict(self._rests.reasons))


def _executor(session: Session, state: JournalState) -> Executor:
    request = session.request
    make = MakeEvaluator(
        session.dataset,
        session.plan,
        session.metric.name,
        cache=session.runs / "cache",
        logs=log_folder(request, session.space, session.folder.name),
    )
    if request.workers == 0:
        return InlineExecutor(replace(make, cache=None)())
    assert request.workers is not None, "the number of workers is settled when a session is made"
    logs = session.folder.path / "workers"
    logs.mkdir(exist_ok=True)  # an empty folder does not survive every copy
    trained = networks(session.space)
    on_gpu = bool(trained) and has_gpu()
    executor = ProcessExecutor(
        make,
        1 if on_gpu and trained == set(session.space.families) else request.workers,
        log_dir=logs,
        limits=Limits(request.trial_timeout_s, request.trial_memory_mb or default_trial_memory_mb(request.workers)),
        finished=state.trials,
        modules_for=modules_for(session.space, session.dataset),
    )
    return SharingExecutor(executor, lambda trial: trial.family in trained) if on_gpu else executor


def _sampler(session: Session) -> Sampler:
    from automl.samplers.hyperopt_tpe import HyperoptTPE
    from automl.samplers.pruning import PruningSampler
    from automl.samplers.resting import RestingSampler

    sampler = RestingSampler(session.space, lambda space: HyperoptTPE(space, session.request.seed))
    return PruningSampler(sampler, session.metric) if session.request.prune else sampler
