"""Made-up studies and trials for the tests of trackers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from automl.core.estimate import Estimate
from automl.core.metric import METRICS
from automl.core.ports import StudyEnd, StudyInfo
from automl.core.training import Training, over_folds
from automl.core.trial import Config, Suggestion, Trial, TrialResult, TrialState

# SQLAlchemy 2.1 calls deprecated what MLflow 3.17 does when it is imported.
IGNORE_MLFLOW_WARNING = "ignore:The ``noload`` loader strategy is deprecated"


def study_info(runs: Path, **changes: object) -> StudyInfo:
    """A study of three stages and two families, searched for log loss."""
    facts: dict[str, object] = {
        "name": "coughs-1",
        "folder": str(runs / "coughs-1"),
        "data": "coughs.csv",
        "fingerprint": "0123456789abcdef",
        "metric": "log_loss",
        "n_trials": 10,
        "labels": ("model", "impute", "scale", "select"),
        "families": ("svm", "boosting"),
        "params": {"rows": "170"},
        "uid": "c0ffee",
    }
    return StudyInfo(**{**facts, **changes})  # type: ignore[arg-type]


def complete(number: int, loss: float, *, family: str = "svm", scale: str = "standard") -> Trial:
    """A trial whose log loss is ``loss``; scores where greater is better go down with it."""
    config: Config = {"scale": scale, "select": "none", "model": family}
    if family == "svm":
        config = {"impute": "median", **config, "model.svm.C": 3.80000001}
    scores = {name: (loss, loss) if not m.greater_is_better else (1 - loss, None) for name, m in METRICS.items()}
    result = TrialResult(number, TrialState.COMPLETE, loss=loss, fold_scores=scores, seconds=0.25)
    return Trial(Suggestion(number, config, seed=number), result)


def trained(number: int, loss: float, *, n_epochs: int = 4) -> Trial:
    """A complete trial of a network: its second fold did best in the last epoch, its first in the one before."""
    trial = complete(number, loss, family="mlp")
    falling = tuple(loss + 1 / (i + 1) for i in range(n_epochs))
    curves = dict.fromkeys(("loss", "accuracy", "valid_loss", "valid_accuracy", "learning_rate"), falling)
    first = Training(curves, n_epochs - 1, n_parameters=182_234, architecture="Dense\nDense")
    training = over_folds([first, replace(first, best_epoch=n_epochs)])
    return replace(trial, result=replace(trial.result, training=training))


def pruned(number: int, loss: float) -> Trial:
    """A trial that stopped after two of five folds."""
    scores = {"log_loss": (loss, loss, None, None, None)}
    result = TrialResult(number, TrialState.PRUNED, loss=loss, fold_scores=scores, seconds=0.25)
    return Trial(Suggestion(number, {"scale": "none", "model": "svm"}, seed=number), result)


def failed(number: int) -> Trial:
    """A trial that raised."""
    result = TrialResult(
        number, TrialState.FAILED, seconds=0.5, error="ValueError: too odd", traceback="Traceback\nValueError: too odd"
    )
    return Trial(Suggestion(number, {"scale": "none", "model": "svm"}, seed=number), result)


def study_end(runs: Path, best: int, *, value: float = 0.2) -> StudyEnd:
    """The end of a study whose bundle holds one file."""
    bundle = runs / "coughs-1" / "best"
    bundle.mkdir(parents=True, exist_ok=True)
    (bundle / "manifest.json").write_text("{}")
    estimate = Estimate("log_loss", value, value - 0.05, value + 0.05, unit="speaker", n_units=82, method="bbc-cv")
    return StudyEnd(best, curve=((1, 0.4), (best, 0.2)), estimates=(estimate,), bundle=str(bundle))
