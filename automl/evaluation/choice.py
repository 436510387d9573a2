"""Choose the best trial again on each resample, and score it there or elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automl.core.metric import Metric
from automl.evaluation.metrics import resampled_scores, row_losses
from automl.evaluation.resampling import Units


@dataclass(frozen=True)
class Predictions:
    """What the trials of a search predicted out of fold.

    Parameters
    ----------
    oof : (n_trials, n_rows, n_classes)
    y : (n_rows,) class indices
    positive : index of the class to find
    """

    oof: NDArray[np.float64]
    y: NDArray[np.int64]
    positive: int
    units: Units

    def chooser(self, metric: Metric) -> Callable[[NDArray[np.intp]], NDArray[np.intp]]:
        """From how often each unit is drawn, (n_resamples, n_units), to the best trial of each resample.

        Of equal trials the first is chosen. Every resample must define the metric.
        """
        if metric.per_row:
            unit_losses = self._unit_losses(metric)
            return lambda drawn: (drawn @ unit_losses).argmin(axis=1)
        return lambda drawn: self._losses(metric, self.units.per_row(drawn)).argmin(axis=1)

    def scores_of(
        self, chosen: NDArray[np.intp], counts: NDArray[np.float64], names: Sequence[str]
    ) -> dict[str, NDArray[np.float64]]:
        """Scores of the trial chosen for each resample, on its rows.

        Parameters
        ----------
        chosen : (n_resamples,) indices of trials
        counts : (n_resamples, n_rows) how often each row is judged on
        names : of the metrics

        Returns
        -------
        name -> (n_resamples,), NaN where the metric is not defined
        """
        found = {name: np.empty(len(chosen)) for name in names}
        for trial in np.unique(chosen):
            its = chosen == trial
            values = resampled_scores(self.y, self.oof[trial], self.positive, counts=counts[its], names=names)
            for name in names:
                found[name][its] = values[name]
        return found

    def _unit_losses(self, metric: Metric) -> NDArray[np.float64]:
        """(n_units, n_trials) sums over the rows of each unit, which make the choice a product of two matrices."""
        by_trial = (row_losses(metric.name, self.y, proba) for proba in self.oof)
        sums = [np.bincount(self.units.of_row, losses, minlength=self.units.n_units) for losses in by_trial]
        return np.stack(sums, axis=1)

    def _losses(self, metric: Metric, counts: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n_resamples, n_trials), for a metric that cannot be summed over rows."""
        by_trial = (
            resampled_scores(self.y, proba, self.positive, counts=counts, names=(metric.name,))[metric.name]
            for proba in self.oof
        )
        return np.stack([-score if metric.greater_is_better else score for score in by_trial], axis=1)
