"""What evaluates a trial, made once in every worker."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from automl.core.dataset import Dataset
from automl.core.plan import Plan
from automl.core.ports import Evaluate

_CACHE = "AUTOML_CACHE"


@dataclass(frozen=True)
class MakeEvaluator:
    """Picklable; called in the process that evaluates.

    Parameters
    ----------
    n_threads : of each fit
    cache : folder of the sound features, for a process of its own; ``None`` leaves the environment as it is
    logs : folder that takes TensorBoard's logs; ``None`` for none
    """

    dataset: Dataset
    plan: Plan
    metric: str
    n_threads: int = 1
    cache: Path | None = None
    logs: Path | None = None

    def __call__(self) -> Evaluate:
        """The evaluator."""
        from automl.evaluation.evaluator import Evaluator
        from automl.pipeline.fit import fit_pipeline
        from automl.tracking.tensorboard import write_logs

        if self.cache is not None:
            os.environ[_CACHE] = str(self.cache)
        fit = partial(fit_pipeline, n_threads=self.n_threads)
        on_trained = None if self.logs is None else partial(write_logs, self.logs)
        return Evaluator(self.dataset, self.plan, self.metric, fit, on_trained)


@contextmanager
def caching_in(folder: Path) -> Iterator[None]:
    """Let this process keep sound features in ``folder`` for a while."""
    before = os.environ.get(_CACHE)
    os.environ[_CACHE] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ[_CACHE]
        else:
            os.environ[_CACHE] = before
