"""What evaluates a trial, made once in every worker."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from automl.core.dataset import Dataset
from automl.core.plan import Plan
from automl.core.ports import Evaluate


@dataclass(frozen=True)
class MakeEvaluator:
    """Picklable; called in the process that evaluates.

    Parameters
    ----------
    n_threads : of each fit
    cache : folder of the sound features, ``None`` to keep none on the disk
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

        use_cache(self.cache)
        return Evaluator(self.dataset, self.plan, self.metric, partial(fit_pipeline, n_threads=self.n_threads))


def use_cache(cache: Path | None) -> None:
    """Let sound features be kept in ``cache``."""
    if cache is not None:
        os.environ["AUTOML_CACHE"] = str(cache)
