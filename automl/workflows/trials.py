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
    """

    dataset: Dataset
    plan: Plan
    metric: str
    n_threads: int = 1
    cache: Path | None = None

    def __call__(self) -> Evaluate:
        """The evaluator."""
        from automl.evaluation.evaluator import Evaluator
        from automl.pipeline.fit import fit_pipeline

        if self.cache is not None:
            os.environ[_CACHE] = str(self.cache)
        return Evaluator(self.dataset, self.plan, self.metric, partial(fit_pipeline, n_threads=self.n_threads))


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
