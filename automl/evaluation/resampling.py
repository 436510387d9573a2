"""Draw units with replacement."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

MIN_UNITS = 5
"""With fewer units the resamples are so alike that an interval over them means nothing."""

MAX_TRIES = 20
"""So many resamples may be drawn for each one that is wanted."""

_BLOCK = 2_000_000
"""Counts of rows worked on at once: 16 MB."""


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
    def n_holders(self) -> int:
        """How many units hold the class that the fewest hold."""
        return int(np.count_nonzero(self.holds, axis=0).min())

    def per_row(self, per_unit: NDArray[Any]) -> NDArray[np.float64]:
        """(n_resamples, n_rows) from (n_resamples, n_units): every row of a unit counts as often as the unit."""
        return per_unit.astype(np.float64)[:, self.of_row]


@dataclass(frozen=True)
class Resampling:
    """How units are drawn.

    Parameters
    ----------
    judged_on_others : whether the units not drawn are used too; a resample that leaves none is drawn again
    """

    units: Units
    seed: int
    n_resamples: int
    judged_on_others: bool

    def draw(self, *, every_class: bool) -> Iterator[NDArray[np.intp]]:
        """How often each unit is drawn, in blocks (some resamples, n_units).

        Nothing where no resample can have every class, and fewer than ``n_resamples`` where hardly any has: when
        ``MAX_TRIES`` times as many were drawn.

        Parameters
        ----------
        every_class : draw resamples again that lack a class among the drawn units, or among the others if they are used
        """
        if every_class and self.units.n_holders < (2 if self.judged_on_others else 1):
            return
        rng = np.random.default_rng(self.seed)
        n_lines = max(1, _BLOCK // len(self.units.of_row))
        n_missing, n_tries = self.n_resamples, MAX_TRIES * self.n_resamples
        while n_missing > 0 and n_tries > 0:
            counts = _draw(self.units.n_units, min(n_lines, n_missing), rng)
            n_tries -= len(counts)
            good = counts[self._is_good(counts, every_class)]
            n_missing -= len(good)
            if len(good):
                yield good

    def _is_good(self, counts: NDArray[np.intp], every_class: bool) -> NDArray[np.bool_]:
        is_good = np.ones(len(counts), dtype=np.bool_)
        for side in (counts > 0, counts == 0) if self.judged_on_others else (counts > 0,):
            is_good &= side.any(axis=1)
            if every_class:
                is_good &= ((side @ self.units.holds.astype(np.float64)) > 0).all(axis=1)
        return is_good


def _draw(n_units: int, n_resamples: int, rng: np.random.Generator) -> NDArray[np.intp]:
    line = n_units * np.arange(n_resamples)[:, None]
    drawn = line + rng.integers(n_units, size=(n_resamples, n_units))
    return np.bincount(drawn.ravel(), minlength=n_resamples * n_units).reshape(n_resamples, n_units)
