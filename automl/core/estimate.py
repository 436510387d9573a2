"""A number that may be believed: with its interval, its unit and the method that made it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal


@dataclass(frozen=True)
class Estimate:
    """How well the winner will do on units it has never seen.

    Parameters
    ----------
    metric : name, see ``core.metric``
    value : mean over the resamples (``bbc-cv``), or the score itself (``holdout``)
    low, high : ends of the 95 % percentile interval
    unit : what was resampled: the group column's name, or ``row``
    n_units : how many of them
    looks : how often this data has been used for a final judgement
    no_skill : the same score of the class frequencies
    """

    metric: str
    value: float
    low: float
    high: float
    unit: str
    n_units: int
    method: Literal["bbc-cv", "holdout"]
    looks: int = 1
    no_skill: float | None = None

    def as_dict(self) -> dict[str, str | float | int | None]:
        """Plain values, for JSON."""
        return asdict(self)
