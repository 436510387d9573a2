"""What is suggested, what came of it, and the two together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from automl.core.training import TrialTraining

Scalar: TypeAlias = str | int | float | bool | None
Config: TypeAlias = Mapping[str, Scalar]
"""Dotted path -> value, active parameters only::

    {"scale": "standard", "model": "svm", "model.svm.C": 3.8, "model.svm.kernel": "linear"}
"""


class TrialState(StrEnum):
    """How a trial ended."""

    COMPLETE = "complete"
    PRUNED = "pruned"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    OUT_OF_MEMORY = "out_of_memory"
    CRASHED = "crashed"


@dataclass(frozen=True)
class Suggestion:
    """A config to evaluate.

    Parameters
    ----------
    number : from 1, in the order of asking
    config : active parameters only
    seed : of every random choice inside the trial
    bars : after the first, second ... fold: stop the trial when its mean loss over the folds done is above this;
        ``None``, and what is not there, for going on. See ``core.pruning``
    """

    number: int
    config: Config
    seed: int
    bars: tuple[float | None, ...] = ()

    @property
    def family(self) -> str:
        """Name of the model family."""
        return str(self.config["model"])


@dataclass(frozen=True)
class TrialResult:
    """What came of one suggestion.

    Parameters
    ----------
    loss : lower is better; ``None`` unless COMPLETE or PRUNED; of a pruned trial over the folds it did, so not to be
        compared with another's
    fold_scores : every metric -> one value per fold, ``None`` where the metric is not defined on it, and for the folds
        that a pruned trial left out
    oof : (n_dev, n_classes) out-of-fold probabilities in the order of ``Plan.dev``; COMPLETE only, and ``None``
        where the holder keeps them elsewhere
    seconds : wall time of the evaluation
    peak_memory_mb : of the process, ``None`` where it was not measured
    warnings : distinct messages of the libraries, with notes of the evaluator
    error : one line, ``None`` when the trial succeeded
    training : how its models were trained, ``None`` for those that do not learn epoch by epoch
    """

    number: int
    state: TrialState
    loss: float | None = None
    fold_scores: Mapping[str, tuple[float | None, ...]] = field(default_factory=dict)
    oof: NDArray[np.float64] | None = None
    seconds: float = 0.0
    peak_memory_mb: float | None = None
    warnings: tuple[str, ...] = ()
    error: str | None = None
    traceback: str | None = None
    training: TrialTraining | None = None

    @property
    def n_folds_done(self) -> int:
        """Number of folds that were evaluated: up to the last with a score."""
        done = [k for scores in self.fold_scores.values() for k, score in enumerate(scores, 1) if score is not None]
        return max(done, default=0)


@dataclass(frozen=True)
class Trial:
    """A suggestion with its result: what the journal keeps and the sampler is told."""

    suggestion: Suggestion
    result: TrialResult

    @property
    def number(self) -> int:
        """Number of the trial, from 1."""
        return self.suggestion.number

    @property
    def config(self) -> Config:
        """What was chosen."""
        return self.suggestion.config

    @property
    def family(self) -> str:
        """Name of the model family."""
        return self.suggestion.family

    @property
    def state(self) -> TrialState:
        """How it ended."""
        return self.result.state

    @property
    def loss(self) -> float | None:
        """Lower is better; ``None`` unless COMPLETE or PRUNED."""
        return self.result.loss

    @property
    def ending(self) -> str:
        """How it ended, in words: ``complete``, ``timed out``, ``pruned after 2 of 5 folds``."""
        words = self.state.replace("_", " ")
        if self.state is not TrialState.PRUNED:
            return words
        n_folds = max(map(len, self.result.fold_scores.values()), default=0)
        return f"{words} after {self.result.n_folds_done} of {n_folds} folds"

    @property
    def is_success(self) -> bool:
        """Whether it did what it should: COMPLETE, or PRUNED because there was no point in going on."""
        return self.result.state in (TrialState.COMPLETE, TrialState.PRUNED)

    @property
    def is_complete(self) -> bool:
        """Whether every fold was evaluated."""
        return self.result.state is TrialState.COMPLETE
