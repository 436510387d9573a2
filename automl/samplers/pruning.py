"""A sampler whose suggestions say when to stop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from automl.core.metric import Metric
from automl.core.ports import Sampler
from automl.core.pruning import bars
from automl.core.trial import Suggestion, Trial


class PruningSampler:
    """Asks a sampler, and adds the bars of ``core.pruning`` to what it suggests.

    They are made of the finished trials when a trial is asked and stay as they are while it runs, so a study that is
    continued stops the same trials.

    Parameters
    ----------
    metric : that is searched for
    """

    def __init__(self, sampler: Sampler, metric: Metric) -> None:
        self._sampler = sampler
        self._metric = metric
        self._complete: list[Trial] = []

    def ask(self, number: int, pending: Sequence[Suggestion]) -> Suggestion | None:
        """See ``core.ports.Sampler``."""
        suggestion = self._sampler.ask(number, pending)
        if suggestion is None:
            return None
        return replace(suggestion, bars=bars(self._complete, suggestion.family, self._metric))

    def tell(self, trial: Trial) -> None:
        """See ``core.ports.Sampler``."""
        if trial.is_complete:
            self._complete.append(replace(trial, result=replace(trial.result, oof=None)))  # large, and not read here
        self._sampler.tell(trial)
