"""Which rows are trained on, which are judged on."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


def _no_rows() -> NDArray[np.intp]:
    return np.empty(0, dtype=np.intp)


@dataclass(frozen=True)
class Fold:
    """A train/valid pair of row indices into the data set; no group is on both sides."""

    train: NDArray[np.intp]
    valid: NDArray[np.intp]


@dataclass(frozen=True)
class Plan:
    """The folds of a search, and the rows no trial sees.

    Parameters
    ----------
    folds : their ``valid`` rows partition ``dev``
    dev : sorted indices of the rows the search may use; out-of-fold probabilities are in this order
    holdout : sorted indices of the rows kept for one judgement, empty unless asked for
    notes : what the folds made necessary ("3 folds instead of 5: ...")
    """

    folds: tuple[Fold, ...]
    dev: NDArray[np.intp]
    holdout: NDArray[np.intp] = field(default_factory=_no_rows)
    notes: tuple[str, ...] = ()

    @property
    def n_folds(self) -> int:
        """Number of folds."""
        return len(self.folds)
