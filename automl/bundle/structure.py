"""Whether a model that was read is sound: its parts looked at one by one before anything is asked of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from automl.bundle import native_tables as tables


@dataclass(frozen=True)
class _Check:
    """What to look at in the instances of a class.

    Parameters
    ----------
    fitted : the attribute without which an instance is not fitted and predicts nothing; ``None`` when it always can
    """

    problems: Callable[[Any], Iterator[str]]
    fitted: str | None = None


# Full name of a class -> the check of its instances and those of its subclasses. Names, so that nothing is imported
# for a model that does not hold it.
_CHECKS: Mapping[str, _Check] = {
    "sklearn.ensemble._forest.BaseForest": _Check(tables.tree_ensemble_problems, "estimators_"),
    "sklearn.ensemble._gb.BaseGradientBoosting": _Check(tables.tree_ensemble_problems, "estimators_"),
    "sklearn.ensemble._hist_gradient_boosting.gradient_boosting.BaseHistGradientBoosting": _Check(
        tables.hist_gradient_boosting_problems, "_predictors"
    ),
    "sklearn.neighbors._ball_tree.BallTree": _Check(tables.neighbor_tree_problems),
    "sklearn.neighbors._classification.KNeighborsClassifier": _Check(tables.neighbors_problems, "_y"),
    "sklearn.neighbors._classification.RadiusNeighborsClassifier": _Check(tables.neighbors_problems, "_y"),
    "sklearn.neighbors._kd_tree.KDTree": _Check(tables.neighbor_tree_problems),
    "sklearn.svm._base.BaseLibSVM": _Check(tables.libsvm_problems, "support_vectors_"),
    "sklearn.tree._classes.BaseDecisionTree": _Check(tables.decision_tree_problems, "tree_"),
    "sklearn.tree._tree.Tree": _Check(tables.tree_problems),
    "xgboost.core.Booster": _Check(tables.booster_problems),
}


def structure_problems(model: object) -> tuple[str, ...]:
    """What would make native code hang, crash or read what is not its own; empty for a sound model."""
    problems: dict[str, None] = {}  # an ordered set: one edited forest has the same problem in every tree
    for part in _parts(model):
        for problem in _problems_of(part):
            problems[f"{type(part).__name__}: {problem}"] = None
    return tuple(problems)


def _problems_of(part: object) -> Iterator[str]:
    for base in type(part).__mro__:
        check = _CHECKS.get(f"{base.__module__}.{base.__qualname__}")
        if check is None or (check.fitted and not hasattr(part, check.fitted)):
            continue
        try:
            yield from check.problems(part)
        except Exception as err:  # noqa: BLE001 - a made-up object may lack or hold anything; all of it is refused
            yield f"cannot be checked ({type(err).__name__}: {err})"


def _parts(model: object) -> Iterator[object]:
    """Every object reachable from ``model`` through attributes and containers, each once."""
    waiting, seen = [model], {}
    while waiting:
        part = waiting.pop()
        if id(part) in seen:
            continue
        seen[id(part)] = part  # holds it, so that its id is not given to another
        yield part
        waiting.extend(_inside(part))


def _inside(part: object) -> Iterable[object]:
    if isinstance(part, np.ndarray):
        return part.ravel().tolist() if part.dtype == object else ()
    if isinstance(part, (list, tuple, set, frozenset)):
        return part
    if isinstance(part, Mapping):
        return [*part.keys(), *part.values()]
    return getattr(part, "__dict__", {}).values() if not isinstance(part, type) else ()
