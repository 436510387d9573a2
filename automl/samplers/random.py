"""Random search: the reference for the sampler contract, and for whatever wants to be better."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from automl.core.trial import Config, Suggestion, Trial
from automl.samplers.asking import Asking
from automl.spaces.configs import config_key, sample
from automl.spaces.nodes import Space


class RandomSampler:
    """Independent random configs; every family is as likely as any other.

    Parameters
    ----------
    seed : of the study
    use_defaults : begin with the default config of each family
    reject_duplicates : never suggest a config twice
    """

    def __init__(self, space: Space, seed: int, *, use_defaults: bool = True, reject_duplicates: bool = True) -> None:
        self._asking = Asking(space, seed, use_defaults, reject_duplicates)
        self._told: set[object] = set()

    def ask(self, number: int, pending: Sequence[Suggestion]) -> Suggestion | None:
        """See ``core.ports.Sampler``."""
        return self._asking.suggestion(number, told=self._told, pending=pending, draw=self._draw)

    def tell(self, trial: Trial) -> None:
        """See ``core.ports.Sampler``."""
        self._told.add(config_key(trial.config))

    def _draw(self, seed: int) -> Config:
        return sample(self._asking.space, Random(seed))  # noqa: S311 - a search, no secret
