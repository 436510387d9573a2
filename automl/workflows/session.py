"""Everything one session of a study works with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from automl.core.dataset import Dataset
from automl.core.metric import METRICS, Metric
from automl.core.plan import Plan
from automl.spaces.nodes import Space
from automl.workflows.folder import StudyFolder
from automl.workflows.request import SearchRequest


@dataclass(frozen=True)
class Session:
    """A study, its data and what this session may do.

    Parameters
    ----------
    request : the study's; of it this session uses metric, seed, workers, timeout and tracking
    n_trials : budget of the study in all
    is_tracked : whether MLflow mirrors the study
    """

    folder: StudyFolder
    request: SearchRequest
    dataset: Dataset
    plan: Plan
    space: Space
    n_trials: int
    is_tracked: bool = True

    @property
    def metric(self) -> Metric:
        """What the search optimises."""
        return METRICS[self.request.metric]

    @property
    def runs(self) -> Path:
        """The folder that holds the study."""
        return self.folder.path.parent
