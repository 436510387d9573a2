"""After the last trial: choose, refit, judge, export."""

from __future__ import annotations

import shutil
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from automl.bundle.facts import BundleFacts, OnnxFacts, SearchScore
from automl.bundle.write import write_bundle
from automl.core.estimate import Estimate
from automl.core.journal import read_oof
from automl.core.leaderboard import Standing, standings
from automl.core.rest import rested
from automl.core.trial import Trial
from automl.errors import NoTrialSucceededError, StudyError
from automl.evaluation.estimates import bbc_cv, bbc_seconds, holdout_estimates
from automl.evaluation.selection import tied_trials
from automl.pipeline.fit import FittedPipeline, fit_pipeline
from automl.spaces.render import in_words
from automl.workflows.events import Listener, Progress
from automl.workflows.result import StudyResult
from automl.workflows.session import Session
from automl.workflows.study_files import write_json, writing_to
from automl.workflows.tables import write_leaderboard
from automl.workflows.trials import caching_in

if TYPE_CHECKING:
    import pandas as pd

_N_RESAMPLES = 1000
_WORTH_SAYING_S = 3.0
_N_WARNINGS, _N_SHOWN = 3, 150
_N_CHECKED = 256


def finish(session: Session, trials: Sequence[Trial], listen: Listener) -> StudyResult:
    """The winner refitted on all development rows, judged and exported; ``result.json`` is written last.

    Raises
    ------
    NoTrialSucceededError
        If no trial is complete.
    StudyError
        If the winner cannot be fitted on all rows, or its folder cannot be written.
    """
    ranked = standings(trials, session.metric)
    write_leaderboard(session.folder.path / "leaderboard.csv", ranked, session.metric)
    if not ranked or ranked[0].rank is None:
        raise _none_succeeded(session, trials)
    winner = ranked[0]
    listen(Progress("fitting the winner on all rows"))
    fitted = refit(session, winner.trial)
    with caching_in(session.runs / "cache"):
        estimates, notes = judge(session, [s.trial for s in ranked if s.rank is not None], fitted, listen)
    notes = (*notes, *_rest_notes(session, trials))
    tied = tied_trials([s.trial for s in ranked], session.metric.name)
    result = StudyResult(
        name=session.folder.name,
        metric=session.metric,
        standings=tuple(ranked),
        estimates=estimates,
        n_folds=session.plan.n_folds,
        n_tied=len(tied),
        fastest_tied=min(tied, key=lambda t: (t.result.seconds, t.number)).number,
        folder=session.folder.path,
        bundle=session.folder.path / "best",
        notes=notes,
    )
    facts = bundle_facts(session, winner, estimates, notes)
    with caching_in(session.runs / "cache"):
        onnx = replace_bundle(result.bundle, fitted, facts, X_check=rows_to_check(session))
    result = replace(result, notes=(*notes, *onnx_notes(onnx)))
    write_json(session.folder.path / "result.json", result.as_dict() | {"n_finished": len(trials), "bundle": "best"})
    return result


def refit(session: Session, trial: Trial) -> FittedPipeline:
    """The trial's config fitted on all development rows, with one thread as its folds were.

    Raises
    ------
    StudyError
        If that fails, which its folds did not.
    """
    from threadpoolctl import threadpool_limits

    try:
        with warnings.catch_warnings(), caching_in(session.runs / "cache"), threadpool_limits(1):
            warnings.simplefilter("ignore")  # the folds gave the same ones, and those are kept with the trial
            return fit_pipeline(trial.config, session.dataset, session.plan.dev, trial.suggestion.seed)
    except Exception as err:
        raise StudyError(
            f"trial {trial.number} cannot be fitted on all rows: {type(err).__name__}: {err}",
            hint=f"automl leaderboard {session.folder.name}, then automl export --trial N with another one",
        ) from err


def judge(
    session: Session, complete: Sequence[Trial], fitted: FittedPipeline, listen: Listener
) -> tuple[tuple[Estimate, ...], tuple[str, ...]]:
    """The final numbers: BBC-CV over the development rows, then those of the holdout if there is one; and notes.

    Parameters
    ----------
    complete : the complete trials, the winner first
    fitted : the winner on all development rows
    """
    dataset, dev = session.dataset, session.plan.dev
    oof = np.stack(list(read_oof(session.folder.path, tuple(complete))))
    n_trials, n_rows, n_classes = oof.shape
    seconds = bbc_seconds(n_trials, n_rows, n_classes, session.metric.name, _N_RESAMPLES)
    about = f", about {seconds:.0f} s" if seconds > _WORTH_SAYING_S else ""
    listen(Progress(f"correcting the score for the choice among {n_trials} trials{about}"))
    bbc = bbc_cv(
        oof,
        dataset.y[dev],
        dataset.units(dev),
        metric=session.metric.name,
        positive=dataset.positive,
        unit=dataset.unit,
        seed=session.request.seed,
        n_resamples=_N_RESAMPLES,
    )
    notes = [bbc.note] if bbc.note else []
    notes += [f"the winner warned: {_short(text)}" for text in complete[0].result.warnings[:_N_WARNINGS]]
    return bbc.estimates + _look_at_holdout(session, fitted), tuple(notes)


def _look_at_holdout(session: Session, fitted: FittedPipeline) -> tuple[Estimate, ...]:
    """Scores on the rows no trial saw; the look is counted before it is taken."""
    dataset, rows = session.dataset, session.plan.holdout
    if not len(rows):
        return ()
    looks = session.folder.current_looks() + 1
    session.folder.update(looks=looks)
    found = holdout_estimates(
        fitted.predict_proba(dataset.X.iloc[rows]),
        dataset.y[rows],
        dataset.units(rows),
        positive=dataset.positive,
        unit=dataset.unit,
        seed=session.request.seed,
        looks=looks,
    )
    return tuple(sorted(found, key=lambda e: e.metric != session.metric.name))


def bundle_facts(
    session: Session, standing: Standing, estimates: tuple[Estimate, ...], notes: tuple[str, ...]
) -> BundleFacts:
    """What the bundle says of a trial; ``estimates`` are empty unless it is the winner."""
    trial, dataset = standing.trial, session.dataset
    assert standing.score is not None, "only complete trials are exported"
    return BundleFacts(
        study=session.folder.name,
        trial=trial.number,
        config=trial.config,
        config_words=in_words(trial.config),
        data=dataset.name,
        fingerprint=dataset.fingerprint,
        n_rows=len(session.plan.dev),
        kinds=dataset.kinds,
        class_names=dataset.class_names,
        positive=dataset.class_names[dataset.positive],
        group_name=dataset.group_name,
        metric=session.metric.name,
        search_score=SearchScore(standing.score, standing.sd, session.plan.n_folds),
        estimates=estimates,
        notes=(*dataset.notes, *session.plan.notes, *notes),
    )


def rows_to_check(session: Session) -> pd.DataFrame:
    """Rows of the training data on which a new bundle must give the probabilities of the fitted trial."""
    dev = session.plan.dev
    return session.dataset.X.iloc[dev[np.linspace(0, len(dev) - 1, min(_N_CHECKED, len(dev))).astype(np.intp)]]


def onnx_notes(onnx: OnnxFacts | None) -> tuple[str, ...]:
    """What a person should know of a bundle whose network was to be ``model.onnx`` too."""
    if onnx is None or onnx.refused is None:
        return ()
    return (f"the bundle holds no model.onnx, so predicting starts TensorFlow: {onnx.refused}",)


def replace_bundle(
    bundle: Path, fitted: FittedPipeline, facts: BundleFacts, *, X_check: pd.DataFrame
) -> OnnxFacts | None:
    """Write a bundle where one may stand already; the old one goes only when the new one is whole.

    What the check of ``model.onnx`` found is returned.

    Raises
    ------
    StudyError
        If it cannot be written.
    """
    draft, old = bundle.with_name(f".{bundle.name}.new"), bundle.with_name(f".{bundle.name}.old")
    for path in bundle.parent.glob(f".{bundle.name}.*"):  # of a session that was killed here
        shutil.rmtree(path, ignore_errors=True)
    with writing_to(bundle):
        onnx = write_bundle(draft, fitted, facts, X_check=X_check)
        if bundle.exists():
            bundle.rename(old)
        draft.rename(bundle)
    shutil.rmtree(old, ignore_errors=True)
    return onnx


def _rest_notes(session: Session, trials: Sequence[Trial]) -> tuple[str, ...]:
    """A family at rest may be better than the search shows; ``trials`` in the order they finished."""
    reasons = rested(session.space.families, trials)
    return tuple(f"{family} was not searched to the end: {reason}" for family, reason in reasons.items())


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _N_SHOWN else f"{line[: _N_SHOWN - 1]}…"


def _none_succeeded(session: Session, trials: Sequence[Trial]) -> NoTrialSucceededError:
    reasons = Counter(t.result.error or t.state.value for t in trials).most_common(3)
    lines = [f"none of {len(trials)} trials succeeded"]
    lines += [f"{n} times: {reason}" for reason, n in reasons]
    return NoTrialSucceededError(
        "\n  ".join(lines),
        hint=f"automl leaderboard {session.folder.name} --trial 1 shows a whole traceback; or try another --space",
    )
