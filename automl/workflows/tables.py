"""The leaderboard as a table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from automl.core.disk import replacing
from automl.core.leaderboard import Standing, summarise
from automl.core.metric import METRICS, Metric
from automl.workflows.study_files import writing_to

if TYPE_CHECKING:
    import pandas as pd

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def leaderboard_frame(standings: Sequence[Standing], metric: Metric) -> pd.DataFrame:
    """One row per trial, best first: what it is, every metric's mean over folds, its parameters, its error."""
    import pandas as pd

    rows = []
    for standing in standings:
        trial = standing.trial
        means = {name: summarise(trial, name) if trial.is_complete else None for name in METRICS if name != metric.name}
        rows.append(
            {
                "rank": standing.rank,
                "trial": trial.number,
                "state": trial.state.value,
                "family": trial.family,
                metric.name: standing.score,
                f"{metric.name}_sd": standing.sd,
                "folds_done": trial.result.n_folds_done,
                "seconds": round(trial.result.seconds, 3),
                **{name: summary.mean if summary else None for name, summary in means.items()},
                **{f"config.{label}": value for label, value in trial.config.items()},
                "error": trial.result.error,
            }
        )
    frame = pd.DataFrame(rows)
    return frame.astype({"rank": "Int64"}) if len(frame) else frame


def write_leaderboard(path: Path, standings: Sequence[Standing], metric: Metric) -> None:
    """The same as CSV, replaced in one step; texts that a spreadsheet would run begin with an apostrophe.

    Raises
    ------
    StudyError
        If it cannot be written; the old one stands.
    """
    frame = leaderboard_frame(standings, metric)
    for column in frame.columns:
        frame[column] = [f"'{v}" if isinstance(v, str) and v.startswith(_FORMULA) else v for v in frame[column]]
    with writing_to(path), replacing(path) as draft:
        frame.to_csv(draft, index=False)
