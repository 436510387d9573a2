"""What all samplers share: defaults first, nothing twice, and an end when a space is used up."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import TypeAlias

import numpy as np

from automl.core.seeds import trial_seed
from automl.core.trial import Config, Suggestion
from automl.spaces.configs import config_key, default_configs, sample
from automl.spaces.finite import all_configs, n_configs
from automl.spaces.nodes import Space

Draw: TypeAlias = Callable[[int], Config]
"""``draw(seed)``: the config a sampler would propose, which may have been asked before."""

_N_REDRAWS = 4
"""TPE often proposes what it liked before; a few other seeds usually bring something new from the same region."""

_N_RANDOM = 1000
"""After as many random configs without a new one, a space is nearly used up."""


@dataclass(frozen=True)
class Asking:
    """How a sampler's draws become suggestions.

    Parameters
    ----------
    seed : of the study
    use_defaults : trial k is the default config of the k-th family, unless that was asked already
    reject_duplicates : nothing is suggested that was told or is pending
    """

    space: Space
    seed: int
    use_defaults: bool
    reject_duplicates: bool

    @cached_property
    def _defaults(self) -> tuple[Config, ...]:
        return default_configs(self.space) if self.use_defaults else ()

    def suggestion(
        self, number: int, *, told: Collection[Hashable], pending: Sequence[Suggestion], draw: Draw
    ) -> Suggestion | None:
        """The suggestion for trial ``number``; ``None`` when the space is used up.

        Parameters
        ----------
        told : ``config_key`` of every finished trial
        """
        seed = trial_seed(self.seed, number)
        taken = {*told, *(config_key(suggestion.config) for suggestion in pending)}
        default = self._defaults[number - 1 : number]
        if default and config_key(default[0]) not in taken:
            return Suggestion(number, default[0], seed)
        if not self.reject_duplicates:
            return Suggestion(number, draw(seed), seed)
        new = (config for config in self._candidates(draw, seed) if config_key(config) not in taken)
        config = next(new, None)
        return None if config is None else Suggestion(number, config, seed)

    def _candidates(self, draw: Draw, seed: int) -> Iterator[Config]:
        """The sampler's own draw, further ones, random configs, and then whatever there is.

        The last stops at the first config that is not taken, so it never costs more steps than there were trials.
        """
        yield draw(seed)
        yield from map(draw, np.random.default_rng([seed, 1]).integers(2**31 - 1, size=_N_REDRAWS).tolist())
        rng = Random(seed)  # noqa: S311 - a search, no secret
        yield from (sample(self.space, rng) for _ in range(_N_RANDOM))
        if n_configs(self.space) is not None:
            yield from all_configs(self.space)
