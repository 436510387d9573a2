"""k nearest neighbours."""

from __future__ import annotations

import warnings
from typing import Any

from automl.pipeline.params import with_defaults
from automl.pipeline.registry import FitContext, ModelFamily, Params

_DEFAULTS: Params = {"n_neighbors": 5, "weights": "uniform", "metric": "euclidean"}


def _build(params: Params, context: FitContext) -> Any:
    from sklearn.neighbors import KNeighborsClassifier

    chosen = with_defaults(params, _DEFAULTS)
    n_rows = len(context.y)
    if chosen["n_neighbors"] > n_rows:
        warnings.warn(f"n_neighbors={chosen['n_neighbors']} is cut to the {n_rows} training rows", stacklevel=2)
        chosen["n_neighbors"] = n_rows
    return KNeighborsClassifier(**chosen, n_jobs=context.n_threads)


FAMILY = ModelFamily(
    name="knn",
    title="k nearest neighbours",
    params=tuple(_DEFAULTS),
    build=_build,
    takes_weights=False,
    trusts=(
        "sklearn.metrics._dist_metrics.EuclideanDistance64",
        "sklearn.metrics._dist_metrics.ManhattanDistance64",
        "sklearn.neighbors._kd_tree.KDTree",
    ),
)
