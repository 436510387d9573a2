"""The rules every model family keeps, to be run by its author.

What ``check_estimator`` is to scikit-learn::

    from automl import check_family

    check_family(FAMILY)
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.pipeline.made_rows import N_ROWS, MadeRows, made_rows
from automl.pipeline.registry import ModelFamily, require_packages
from automl.pipeline.rules import expect, expect_refusal, expect_to_travel, global_generator_untouched, keep_rules
from automl.pipeline.training import read_training

_TOLERANCE = 1e-6


def check_family(family: ModelFamily) -> None:
    """Nothing, if the family keeps every rule.

    It is built with its defaults and fitted on small made rows, about 15 times.

    Raises
    ------
    AutoMLError
        At the first rule that is broken; the message names the rule and what was seen.
    MissingPackageError
        If a package the family needs is not installed.
    """
    require_packages(family)
    keep_rules(_RULES, family, f'family "{family.name}"')


def _fitted(family: ModelFamily, made: MadeRows, n_threads: int = 1) -> Any:
    """Built and fitted as ``fit_pipeline`` does it."""
    model = family.build({}, made.context(n_threads))
    weight = made.rows.sample_weight
    model.fit(made.rows.X, made.rows.y, **({} if weight is None else {"sample_weight": weight}))
    if family.settle is not None:
        family.settle(model)
    return model


def _learns(family: ModelFamily, made: MadeRows) -> None:
    """Fit, and look whether the probabilities are probabilities and know the obvious."""
    model = _fitted(family, made)
    y, n_classes = made.rows.y, made.n_classes
    expect(np.array_equal(model.classes_, np.arange(n_classes)), f"classes_ is {model.classes_!r} for {n_classes}")
    proba = model.predict_proba(made.rows.X)
    expect(proba.shape == (len(y), n_classes), f"predict_proba has shape {proba.shape}, not {(len(y), n_classes)}")
    expect(bool(np.isfinite(proba).all()), "predict_proba is not finite everywhere")
    expect(bool((proba >= 0).all()), f"a probability is {proba.min():g}")
    off = float(np.abs(proba.sum(axis=1) - 1).max())
    expect(off <= _TOLERANCE, f"the probabilities of a row miss the sum of 1 by {off:g}")
    own = float(proba[np.arange(len(y)), y].mean())
    expect(own > 1 / n_classes, f"on its training rows the true class has a mean probability of {own:.2f}")


def _names(family: ModelFamily) -> None:
    expect(family.name.isidentifier(), f"its name is {family.name!r}")
    odd = [p for p in family.params if not p.isidentifier()]
    expect(not odd and len(set(family.params)) == len(family.params), f"its params are {family.params}")


def _two_classes(family: ModelFamily) -> None:
    _learns(family, made_rows(family.takes))


def _three_classes(family: ModelFamily) -> None:
    _learns(family, made_rows(family.takes, n_classes=3))


def _one_column(family: ModelFamily) -> None:
    _learns(family, made_rows(family.takes, vector_width=1))


def _grouped_rows(family: ModelFamily) -> None:
    _learns(family, made_rows(family.takes, n_per_group=4))


def _one_group(family: ModelFamily) -> None:
    with warnings.catch_warnings():
        # It may say that it could not keep groups apart.
        warnings.simplefilter("ignore", UserWarning)
        _learns(family, made_rows(family.takes, n_per_group=N_ROWS))


def _missing_values(family: ModelFamily) -> None:
    if family.takes_missing:
        made = made_rows(family.takes)
        X = made.rows.X.copy()
        X[::5, 0] = np.nan
        _learns(family, replace(made, rows=replace(made.rows, X=X)))


def _weights(family: ModelFamily) -> None:
    if not family.takes_weights:
        return
    made = made_rows(family.takes)
    weighted = replace(made, rows=replace(made.rows, sample_weight=np.where(made.rows.y == 0, 20.0, 1.0)))
    # A model that knows its rows by heart is indifferent there, and only there.
    between = (made.rows.X[:-1] + made.rows.X[1:]) / 2
    plain, heavy = (_fitted(family, m).predict_proba(between) for m in (made, weighted))
    expect(not np.array_equal(plain, heavy), "a class that weighs 20 times as much changes nothing")


def _unknown_parameters(family: ModelFamily) -> None:
    context = made_rows(family.takes).context()
    expect_refusal(lambda: family.build({"no_such_parameter": 1}, context), "it was built with no_such_parameter=1")


def _repeatable(family: ModelFamily) -> None:
    made = made_rows(family.takes, n_classes=3)
    model = _fitted(family, made)
    once = model.predict_proba(made.rows.X)
    expect(np.array_equal(once, model.predict_proba(made.rows.X)), "it predicts otherwise the second time")
    expect(np.array_equal(once, _fitted(family, made).predict_proba(made.rows.X)), "it fits otherwise the second time")


def _threads(family: ModelFamily) -> None:
    made = made_rows(family.takes, n_classes=3)
    one, two = (_fitted(family, made, n).predict_proba(made.rows.X) for n in (1, 2))
    off = _distance(one, two)
    expect(off <= _TOLERANCE, f"two threads change a probability by {off:g}")


def _rows_alone(family: ModelFamily) -> None:
    made = made_rows(family.takes)
    model = _fitted(family, made)
    alone = np.vstack([model.predict_proba(row[np.newaxis]) for row in made.rows.X[:5]])
    off = _distance(alone, model.predict_proba(made.rows.X)[:5])
    expect(off <= _TOLERANCE, f"alone, a row gets probabilities that differ by {off:g}")


def _distance(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    return float(np.abs(a - b).max())


def _refitted_clone(family: ModelFamily) -> None:
    from sklearn.base import clone

    made = made_rows(family.takes)
    model = _fitted(family, made)
    again = clone(model).fit(made.rows.X, made.rows.y).predict_proba(made.rows.X)
    # What settle removed, a clone cannot know.
    same = family.settle is not None or np.array_equal(again, model.predict_proba(made.rows.X))
    expect(same, "the clone predicts otherwise")


def _travels(family: ModelFamily) -> None:
    made = made_rows(family.takes, n_classes=3)
    expect_to_travel(_fitted(family, made), lambda model: model.predict_proba(made.rows.X), family.trusts)


def _says_how_it_was_trained(family: ModelFamily) -> None:
    model = _fitted(family, made_rows(family.takes))
    history = getattr(model, "history_", None)
    if not isinstance(history, Mapping):
        return
    training = read_training(model)
    read = {} if training is None else training.curves
    lost = [name for name, curve in history.items() if len(curve) and name not in read]
    expect(not lost, f"history_ holds what are no numbers, one per epoch: {lost}")
    lengths = {name: len(curve) for name, curve in read.items()}
    expect(len(set(lengths.values())) <= 1, f"history_ holds curves of different lengths: {lengths}")
    if training is not None and training.best_epoch is not None:
        expect(training.best_epoch <= training.n_epochs, f"best_epoch_ is not among its {training.n_epochs} epochs")


def _leaves_the_world_alone(family: ModelFamily) -> None:
    made, untouched = made_rows(family.takes), made_rows(family.takes)
    with global_generator_untouched():
        _fitted(family, made).predict_proba(made.rows.X)
    kept = (np.array_equal(getattr(made.rows, a), getattr(untouched.rows, a)) for a in ("X", "y", "groups"))
    expect(all(kept), "it changed X, y or groups in place")


_RULES: Mapping[str, Callable[[ModelFamily], None]] = {
    "its name and parameters are identifiers": _names,
    "it is built without parameters and learns two classes": _two_classes,
    "it learns three classes": _three_classes,
    "it leaves its rows and the global generator alone": _leaves_the_world_alone,
    "it learns from one column": _one_column,
    "it learns from rows in groups": _grouped_rows,
    "it learns from a single group": _one_group,
    "it learns with missing values if it says so": _missing_values,
    "weights count if it says so": _weights,
    "it refuses parameters it does not know": _unknown_parameters,
    "it depends on nothing but rows and seed": _repeatable,
    "the number of threads changes nothing": _threads,
    "a prediction depends on its row alone": _rows_alone,
    "a clone of it can be fitted": _refitted_clone,
    "what it says of its training can be read": _says_how_it_was_trained,
    "it can be stored, trusting the types it names": _travels,
}
