"""A sampler that leaves out the families at rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from automl.core.ports import Sampler
from automl.core.rest import Rests
from automl.core.trial import Suggestion, Trial
from automl.spaces.narrow import only_families
from automl.spaces.nodes import Space


class RestingSampler:
    """Asks a sampler of the whole space, and after a family came to rest a new one of the space without it.

    The new one is told again what the families that are left did. To throw away suggestions of the families at rest
    would not do: TPE learns no more about them and goes on proposing them. Of nine families with one at rest, half of
    130 suggestions then had to be random.

    Parameters
    ----------
    make : ``make(space)``: a sampler that was told nothing
    """

    def __init__(self, space: Space, make: Callable[[Space], Sampler]) -> None:
        self._space = space
        self._make = make
        self._sampler = make(space)
        self._rests = Rests(space.families)
        self._told: list[Trial] = []

    def ask(self, number: int, pending: Sequence[Suggestion]) -> Suggestion | None:
        """See ``core.ports.Sampler``."""
        return self._sampler.ask(number, [suggestion for suggestion in pending if self._is_left(suggestion.family)])

    def tell(self, trial: Trial) -> None:
        """See ``core.ports.Sampler``."""
        trial = replace(trial, result=replace(trial.result, oof=None))  # large, and no sampler reads it
        self._told.append(trial)
        if self._rests.tell(trial):
            self._begin_anew()
        elif self._is_left(trial.family):
            self._sampler.tell(trial)

    def _begin_anew(self) -> None:
        left = [family for family in self._space.families if self._is_left(family)]
        self._sampler = self._make(only_families(self._space, left))
        for trial in self._told:
            if self._is_left(trial.family):
                self._sampler.tell(trial)

    def _is_left(self, family: str) -> bool:
        return family not in self._rests.reasons
