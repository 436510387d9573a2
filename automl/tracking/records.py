"""What MLflow is told of a trial, worked out before anything is sent."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from automl.core.leaderboard import summarise
from automl.core.metric import Metric, metric_by_name
from automl.core.ports import StudyEnd, StudyInfo
from automl.core.training import TrialTraining
from automl.core.trial import Scalar, Trial, TrialResult, TrialState

NUMBER_TAG = "automl.number"
STUDY_TAG = "automl.study"
UID_TAG = "automl.uid"
KIND_TAG = "automl.kind"
BEST_TAG = "automl.best"

_MAX_PARAM_LENGTH = 6000  # MLflow 3.17 cuts longer ones
_MAX_TAG_LENGTH = 8000
_MAX_IN_BATCH = 1000  # metrics and parameters together; MLflow 3.17 refuses more
_NOT_IN_KEYS = re.compile(r"[^\w.\- :/]")
_CURVES = {"loss": "train_loss", "accuracy": "train_accuracy"}


class Point(NamedTuple):
    """One value of a metric."""

    key: str
    value: float
    step: int = 0


@dataclass(frozen=True)
class RunRecord:
    """A trial as MLflow shows it.

    Parameters
    ----------
    name : for people: ``#017 svm 0.182``
    params : under the space's labels
    points : the searched metric first, because MLflow's comparison begins with what was logged first; with ``params``
        no more than MLflow takes in one call, for which the epochs are thinned out
    files : name -> text
    """

    number: int
    name: str
    params: dict[str, str]
    points: tuple[Point, ...]
    tags: dict[str, str]
    seconds: float
    has_failed: bool
    files: dict[str, str]


def trial_record(info: StudyInfo, trial: Trial) -> RunRecord:
    """The record of a finished trial.

    A shared parameter that is not active is ``none``: MLflow's charts leave out, without a word, a run that lacks one
    of their axes.
    """
    result, metric = trial.result, metric_by_name(info.metric)
    active = {label: _plain(value) for label, value in trial.config.items()}
    params = as_params(dict.fromkeys(info.labels, "none") | active)
    points = _sendable(_points(trial, metric))[: _MAX_IN_BATCH - len(params)]
    if result.training is not None:
        points += _sendable(_epoch_points(result.training, room=_MAX_IN_BATCH - len(params) - len(points)))
    return RunRecord(
        number=trial.number,
        name=_run_name(trial, metric),
        params=params,
        points=points,
        tags=_trial_tags(info, trial),
        seconds=result.seconds,
        has_failed=trial.state not in (TrialState.COMPLETE, TrialState.PRUNED),
        files=dict(_files(result)),
    )


def study_params(info: StudyInfo) -> dict[str, str]:
    """What was searched in, for the study's own run."""
    facts = {
        "data": info.data,
        "fingerprint": info.fingerprint,
        "metric": info.metric,
        "n_trials": str(info.n_trials),
        "families": " ".join(info.families),
    }
    return as_params(facts | dict(info.params))


def study_points(end: StudyEnd, n_trials: int) -> tuple[Point, ...]:
    """The best-so-far curve by trial, and the final estimates as they are after ``n_trials``."""
    points = [Point("best_so_far", score, number) for number, score in end.curve]
    for estimate in end.estimates:
        section = "holdout" if estimate.method == "holdout" else "final"
        for suffix, value in (("", estimate.value), ("_low", estimate.low), ("_high", estimate.high)):
            points.append(Point(f"{section}/{estimate.metric}{suffix}", value, n_trials))
    return _sendable(points)


def _sendable(points: Iterable[Point]) -> tuple[Point, ...]:
    """Finite values, to as many digits as MLflow's table has room for; counts stay exact.

    An infinity would come back as the largest number there is and be sorted first.
    """
    return tuple(p._replace(value=_rounded(p.value)) for p in points if math.isfinite(p.value))


def _rounded(value: float) -> float:
    return float(value) if isinstance(value, int) else float(f"{value:.5g}")


def as_params(values: dict[str, str]) -> dict[str, str]:
    """Keys and values that MLflow takes for parameters."""
    return {_NOT_IN_KEYS.sub("_", key): value[:_MAX_PARAM_LENGTH] for key, value in values.items()}


def as_tags(values: dict[str, str]) -> dict[str, str]:
    """Values that MLflow takes for tags."""
    return {key: value[:_MAX_TAG_LENGTH] for key, value in values.items()}


def _trial_tags(info: StudyInfo, trial: Trial) -> dict[str, str]:
    error = {"automl.error": trial.result.error} if trial.result.error else {}
    training = trial.result.training
    device = {"automl.device": training.device} if training is not None and training.device else {}
    return as_tags(
        {
            KIND_TAG: "trial",
            STUDY_TAG: info.name,
            NUMBER_TAG: str(trial.number),
            "automl.state": trial.state.value,
            "automl.family": trial.family,
            "automl.data": info.fingerprint[:12],
        }
        | error
        | device
    )


def _run_name(trial: Trial, metric: Metric) -> str:
    loss = trial.loss if trial.is_complete else None
    outcome = trial.ending if loss is None else _short(metric.score(loss))
    return f"#{trial.number:03d} {trial.family} {outcome}"


def _short(score: float) -> str:
    return f"{score:.3f}" if score == 0 or abs(score) >= 0.001 else f"{score:.1e}"


def _plain(value: Scalar) -> str:
    """A parameter's value as a space file would write it, numbers to 6 significant digits."""
    if value is None or isinstance(value, bool):
        return str(value).lower()
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _points(trial: Trial, searched: Metric) -> Iterator[Point]:
    """Means and deviations of a complete trial, the folds of any, and its time."""
    scores = trial.result.fold_scores
    names = sorted(scores, key=lambda name: name != searched.name)
    for name in names if trial.is_complete else ():
        if (summary := summarise(trial, name)) is not None:
            value = searched.score(trial.loss) if name == searched.name and trial.loss is not None else summary.mean
            yield Point(name, value)
            yield Point(f"{name}_sd", summary.sd)
    for name in names:
        yield from (Point(f"fold/{name}", s, fold) for fold, s in enumerate(scores[name]) if s is not None)
    yield Point("seconds", trial.result.seconds)
    if (training := trial.result.training) is not None:
        yield from _training_points(training)


def _training_points(training: TrialTraining) -> Iterator[Point]:
    """Size of the network, and means over folds of the epochs it was trained for and of the best one."""
    if training.n_parameters is not None:
        yield Point("n_parameters", training.n_parameters)
    for name, epochs in (("n_epochs", training.n_epochs), ("best_epoch", training.best_epochs)):
        if any(epochs):
            yield Point(name, sum(epochs) / len(epochs))
            yield from (Point(f"fold/{name}", n, fold) for fold, n in enumerate(epochs))


def _epoch_points(training: TrialTraining, *, room: int) -> Iterator[Point]:
    """Every curve by epoch, in ``room`` points at most."""
    curves = dict(list(training.curves.items())[: max(0, room)])
    thinned = training.thinned(max(1, room // max(1, len(curves))))
    for name in curves:
        key = _NOT_IN_KEYS.sub("_", f"epoch/{_CURVES.get(name, name)}")
        points = zip(thinned.epochs, thinned.curves[name], strict=True)
        yield from (Point(key, value, epoch) for epoch, value in points if value is not None)


def _files(result: TrialResult) -> Iterator[tuple[str, str]]:
    if result.traceback is not None:
        yield "traceback.txt", result.traceback
    if result.training is not None and result.training.architecture:
        yield "architecture.txt", result.training.architecture
