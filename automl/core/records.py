"""Suggestions and results as plain JSON values, exactly: what is read back equals what was written.

Used by the journal and by worker processes. Out-of-fold probabilities travel beside the record, never in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, TypeAlias

from automl.core.training import TrialTraining
from automl.core.trial import Suggestion, TrialResult, TrialState

Record: TypeAlias = dict[str, Any]


def suggestion_record(suggestion: Suggestion) -> Record:
    """The suggestion as JSON values."""
    record: Record = {"number": suggestion.number, "seed": suggestion.seed, "config": dict(suggestion.config)}
    if suggestion.bars:
        record["bars"] = list(suggestion.bars)
    return record


def read_suggestion(record: Mapping[str, Any]) -> Suggestion:
    """The suggestion a record was made from."""
    return Suggestion(
        number=record["number"],
        config=dict(record["config"]),
        seed=record["seed"],
        bars=tuple(record.get("bars", ())),
    )


def result_record(result: TrialResult) -> Record:
    """The result as JSON values, without ``oof``."""
    record: Record = {
        "number": result.number,
        "state": result.state.value,
        "loss": result.loss,
        "fold_scores": {name: list(scores) for name, scores in result.fold_scores.items()},
        "seconds": result.seconds,
        "peak_memory_mb": result.peak_memory_mb,
        "warnings": list(result.warnings),
        "error": result.error,
        "traceback": result.traceback,
    }
    if result.training is not None:
        record["training"] = asdict(result.training)
    return record


def read_result(record: Mapping[str, Any]) -> TrialResult:
    """The result a record was made from, ``oof`` absent."""
    return TrialResult(
        number=record["number"],
        state=TrialState(record["state"]),
        loss=record["loss"],
        fold_scores={name: tuple(scores) for name, scores in record["fold_scores"].items()},
        seconds=record["seconds"],
        peak_memory_mb=record["peak_memory_mb"],
        warnings=tuple(record["warnings"]),
        error=record["error"],
        traceback=record["traceback"],
        training=_read_training(record["training"]) if "training" in record else None,
    )


def _read_training(record: Mapping[str, Any]) -> TrialTraining:
    return TrialTraining(
        epochs=tuple(record["epochs"]),
        curves={name: tuple(curve) for name, curve in record["curves"].items()},
        n_epochs=tuple(record["n_epochs"]),
        best_epochs=tuple(record["best_epochs"]),
        n_parameters=record["n_parameters"],
        architecture=record["architecture"],
        device=record["device"],
    )
