"""Trials for benchmarks that fit nothing. They stand in a module, because workers import what they are to call."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

import numpy as np

from automl.core.metric import METRICS
from automl.core.trial import Suggestion, TrialResult, TrialState

N_ROWS, N_CLASSES, N_FOLDS = 569, 2, 5


def act(suggestion: Suggestion) -> TrialResult:
    """A trial without fitting: nothing, some seconds of arithmetic, or a sudden end."""
    if suggestion.config.get("do") == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    until = time.process_time() + float(str(suggestion.config.get("cpu_s", 0)))
    while time.process_time() < until:
        np.linalg.svd(np.ones((40, 40)))
    return made_up(suggestion)


def made_up(suggestion: Suggestion) -> TrialResult:
    """As large a result as a real one, its scores from the number of the trial."""
    rng = np.random.default_rng(suggestion.number)
    scores = {name: tuple(rng.random(N_FOLDS).tolist()) for name in METRICS}
    oof = np.full((N_ROWS, N_CLASSES), 0.5)
    loss = float(np.mean(scores["log_loss"]))
    return TrialResult(suggestion.number, TrialState.COMPLETE, loss, scores, oof, seconds=0.1, peak_memory_mb=150.0)


def make() -> Callable[[Suggestion], TrialResult]:
    """What a worker calls once."""
    return act
