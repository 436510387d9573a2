"""How probabilities become a decision."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal


@dataclass(frozen=True)
class Decision:
    """Carried in the bundle and applied by everything that predicts.

    Parameters
    ----------
    unit : what is decided on: a row
    aggregate : how rows of one unit are combined; ``None`` when the unit is the row
    calibration : what was done to the probabilities; ``None`` for nothing
    threshold : probability of the positive class from which it is called; ``None`` for the most probable class
    abstain_below : "uncertain" when the largest probability is below; ``None`` for never
    """

    unit: str = "row"
    aggregate: Literal["mean"] | None = None
    calibration: str | None = None
    threshold: float | None = None
    abstain_below: float | None = None

    def as_dict(self) -> dict[str, str | float | None]:
        """Plain values, for JSON."""
        return asdict(self)
