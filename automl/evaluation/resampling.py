"""Draw units with replacement."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MIN_UNITS = 5
"""With fewer units the resamples are so alike that an interval over them means nothing."""

MAX_TRIES = 50
"""So many resamples may be drawn for each one that is wanted."""

_BLOCK = 2_000_000
"""Counts of rows handed out at once: 16 MB."""


@dataclass(frozen=True)
class Units:
    """Which rows and classes each unit holds.

    Parameters
    ----------
    of_row : (n_rows,) index of the unit of each row, 0..n_units-1
    holds : (n_units, n_classes) whether a row of the class is among the unit's
    """

    of_row: NDArray[np.intp]
    holds: NDArray[np.bool_]

    @classmethod
    def of(cls, y: NDArray[np.int64], units: NDArray[np.int64], n_classes: int) -> Units:
        """From class indices and unit codes of the same rows, both (n_rows,)."""
        codes, of_row = np.unique(units, return_inverse=True)
        holds = np.zeros((len(codes), n_classes), dtype=np.bool_)
        holds[of_row, y] = True
        return cls(of_row, holds)

    @property
    def n_units(self) -> int:
        """Number of units."""
        return len(self.holds)

    @property
    def n_holders(self) -> NDArray[np.intp]:
        """(n_classes,) how many units hold each class."""
        n_holders: NDArray[np.intp] = np.count_nonzero(self.holds, axis=0)
        return n_holders

    def per_row(self, per_unit: NDArray[np.intp]) -> NDArray[np.float64]:
        """(n_resamples, n_rows) from (n_resamples, n_units): every row of a unit counts as often as the unit."""
        return per_unit.astype(np.float64)[:, self.of_row]


def draw_resamples(
    units: Units, rng: np.random.Generator, n_resamples: int, *, judged_on_others: bool
) -> Iterator[NDArray[np.intp]]:
    """How often each unit is drawn, in blocks (some resamples, n_units).

    Resamples whose drawn units lack a class are drawn again, and where they are judged on the others, those whose other
    units lack one. A class that too few units hold for that (one, or two where both sides need it) is not asked for.
    Ends early when ``MAX_TRIES`` times as many were drawn.

    Parameters
    ----------
    judged_on_others : whether the units not drawn are used too, and may not be none
    """
    asked = units.n_holders >= (2 if judged_on_others else 1)
    holds = units.holds[:, asked].astype(np.float64)
    n_lines = max(1, _BLOCK // len(units.of_row))
    n_missing, n_tries = n_resamples, MAX_TRIES * n_resamples
    while n_missing > 0 and n_tries > 0:
        counts = _draw(units.n_units, min(n_lines, n_missing), rng)
        n_tries -= len(counts)
        is_good = _has_all(counts > 0, holds)
        if judged_on_others:
            is_good = is_good & _has_all(counts == 0, holds)
        if is_good.any():
            n_missing -= int(is_good.sum())
            yield counts[is_good]


def _draw(n_units: int, n_resamples: int, rng: np.random.Generator) -> NDArray[np.intp]:
    line = n_units * np.arange(n_resamples)[:, None]
    drawn = line + rng.integers(n_units, size=(n_resamples, n_units))
    return np.bincount(drawn.ravel(), minlength=n_resamples * n_units).reshape(n_resamples, n_units)


def _has_all(chosen: NDArray[np.bool_], holds: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether the chosen units are any at all and hold every class asked for, by resample."""
    lacks_one = ((chosen @ holds) == 0).any(axis=1)
    has_all: NDArray[np.bool_] = ~lacks_one & chosen.any(axis=1)
    return has_all
