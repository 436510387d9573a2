"""How the learning rate goes down."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from automl.errors import SpaceError

Rates: TypeAlias = Generator[float, float, None]
"""Gives the rate of the next epoch for the loss of the last one; without end."""

_FACTOR = 0.5
_PATIENCE = 5


@dataclass(frozen=True)
class Schedule:
    """The learning rate over a training.

    Parameters
    ----------
    kind : ``constant``, ``cosine`` (from ``start`` to the floor over all epochs), ``plateau`` (half of it after
        5 epochs without a smaller loss, down to the floor)
    start : in the first epoch
    floor : share of ``start`` below which it does not go
    """

    kind: str
    start: float
    floor: float


def learning_rates(schedule: Schedule, epochs: int) -> Rates:
    """The rate of each epoch.

    ``next`` gives the first one, ``send(loss)`` that after an epoch with this loss: of the inner validation rows, or of
    the training rows where there are none.

    Raises
    ------
    SpaceError
        If there is no such schedule.
    """
    if schedule.kind not in _KINDS:
        raise SpaceError(f'there is no schedule "{schedule.kind}"', hint=f"there are: {', '.join(_KINDS)}")
    return _KINDS[schedule.kind](schedule, epochs)


def _constant(schedule: Schedule, epochs: int) -> Rates:
    while True:
        yield schedule.start


def _cosine(schedule: Schedule, epochs: int) -> Rates:
    lowest = schedule.floor * schedule.start
    epoch = 0
    while True:
        share = min(1.0, epoch / max(1, epochs - 1))
        yield lowest + (schedule.start - lowest) * (1 + math.cos(math.pi * share)) / 2
        epoch += 1


def _plateau(schedule: Schedule, epochs: int) -> Rates:
    rate, best, n_waited = schedule.start, math.inf, 0
    while True:
        loss = yield rate
        best, n_waited = (loss, 0) if loss < best else (best, n_waited + 1)
        if n_waited >= _PATIENCE:
            rate, n_waited = max(rate * _FACTOR, schedule.floor * schedule.start), 0


_KINDS: Mapping[str, Callable[[Schedule, int], Rates]] = {
    "constant": _constant,
    "cosine": _cosine,
    "plateau": _plateau,
}
