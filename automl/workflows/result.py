"""What a study found."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automl.core.estimate import Estimate
from automl.core.leaderboard import Standing
from automl.core.metric import Metric
from automl.core.trial import TrialState

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class StudyResult:
    """The winner of a study, how it was judged, and every trial behind it.

    Parameters
    ----------
    standings : every trial, best first, those that are not complete last
    estimates : how well the winner will do on new units: the searched metric first
    n_tied : complete trials within one standard error of the best, itself included
    fastest_tied : number of the fastest of them
    folder : of the study
    bundle : folder of the exported winner
    notes : what changes what may be concluded
    """

    name: str
    metric: Metric
    standings: tuple[Standing, ...]
    estimates: tuple[Estimate, ...]
    n_folds: int
    n_tied: int
    fastest_tied: int
    folder: Path
    bundle: Path
    notes: tuple[str, ...] = ()

    @property
    def best(self) -> Standing:
        """The winner's line of the leaderboard."""
        return self.standings[0]

    @property
    def estimate(self) -> Estimate | None:
        """The final number in the searched metric; ``None`` when there were too few units for one."""
        return self.estimates[0] if self.estimates else None

    def leaderboard(self) -> pd.DataFrame:
        """One row per trial, best first: rank, trial, state, family, score, sd, seconds, and its parameters."""
        from automl.workflows.tables import leaderboard_frame

        return leaderboard_frame(self.standings, self.metric)

    def export(self, out: str | Path) -> Path:
        """Copy the winner's bundle to a new folder ``out``.

        Raises
        ------
        BundleError
            If ``out`` exists.
        """
        from automl.bundle.copy import copy_bundle

        return copy_bundle(self.bundle, Path(out))

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "study": self.name,
            "trial": self.best.trial.number,
            "config": dict(self.best.trial.config),
            "metric": self.metric.name,
            "in_the_search": {"value": self.best.score, "sd": self.best.sd, "n_folds": self.n_folds},
            "n_trials": len(self.standings),
            "n_complete": sum(s.rank is not None for s in self.standings),
            "n_pruned": sum(s.trial.state is TrialState.PRUNED for s in self.standings),
            "n_tied": self.n_tied,
            "fastest_tied": self.fastest_tied,
            "estimates": [e.as_dict() for e in self.estimates],
            "notes": list(self.notes),
            "bundle": str(self.bundle),
        }
