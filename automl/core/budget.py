"""When to stop asking."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Budget:
    """How long a search may be.

    Parameters
    ----------
    n_trials : finished trials in all, failed ones included, over every session of the study
    timeout_s : stop asking this long after the session began; ``None`` for no limit
    """

    n_trials: int
    timeout_s: float | None = None
