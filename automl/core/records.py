"""Suggestions and results as plain JSON values, exactly: what is read back equals what was written.

Used by the journal and by worker processes. Out-of-fold probabilities travel beside the record, never in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from automl.core.trial import Suggestion, TrialResult, TrialState

Record: TypeAlias = dict[str, Any]


def suggestion_record(suggestion: Suggestion) -> Record:
    """The suggestion as JSON values."""
    record: Record = {"number": suggestion.number, "seed": suggestion.seed, "config": dict(suggestion.config)}
    if suggestion.bar is not None:
        record["bar"] = suggestion.bar
    return record


def read_suggestion(record: Mapping[str, Any]) -> Suggestion:
    """The suggestion a record was made from."""
    return Suggestion(
        number=record["number"], config=dict(record["config"]), seed=record["seed"], bar=record.get("bar")
    )


def result_record(result: TrialResult) -> Record:
    """The result as JSON values, without ``oof``."""
    return {
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
    )
