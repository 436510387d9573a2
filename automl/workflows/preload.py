"""What the workers of a study import before their first trial."""

from __future__ import annotations

from collections.abc import Callable, Collection

from automl.core.dataset import ColumnKind, Dataset
from automl.core.trial import Suggestion
from automl.pipeline import registry
from automl.spaces.nodes import Space

_ALWAYS = (
    "automl.workflows.trials",
    "pandas",
    "sklearn.calibration",
    "sklearn.compose",
    "sklearn.ensemble",
    "sklearn.impute",
    "sklearn.linear_model",
    "sklearn.neighbors",
    "sklearn.svm",
)
_FOR_SOUNDS = ("librosa.feature", "soundfile")
_FOR_NETWORKS = frozenset({"keras", "tensorflow"})


def networks(space: Space) -> frozenset[str]:
    """Its families that are trained with TensorFlow."""
    return frozenset(name for name in space.families if _FOR_NETWORKS.intersection(registry.family(name).needs))


def modules_for(space: Space, dataset: Dataset) -> Callable[[Suggestion], tuple[str, ...]]:
    """Which modules a worker should hold for a trial of this space on this data: no more than they need.

    Families that need TensorFlow (0.7 GB) get workers of their own; all others share theirs.
    """
    needs = {name: registry.family(name).needs for name in space.families}
    heavy = networks(space)
    common = (*_ALWAYS, *(_FOR_SOUNDS if dataset.columns_of(ColumnKind.SOUND) else ()))

    def modules(names: Collection[str]) -> tuple[str, ...]:
        packages = [package for name in sorted(names) for package in needs[name]]
        return tuple(dict.fromkeys((*common, *packages)))

    for_networks, for_others = modules(set(heavy)), modules(needs.keys() - heavy)
    return lambda suggestion: for_networks if suggestion.family in heavy else for_others
