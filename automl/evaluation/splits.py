"""How folds are made, and how a holdout is set aside."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from automl.core.dataset import Dataset
from automl.core.plan import Fold, Plan
from automl.errors import DataError, RequestError
from automl.evaluation.dealing import deal_groups, deal_rows, draw_rows
from automl.evaluation.resampling import MIN_UNITS
from automl.evaluation.wording import counted

DEFAULT_N_FOLDS = 5


def stratified_folds(
    y: NDArray[np.int64], groups: NDArray[np.int64] | None, n_folds: int, seed: int
) -> tuple[Fold, ...]:
    """Folds whose ``valid`` rows partition ``range(len(y))``, with the classes as even as can be.

    No group is on both sides of a fold, no part is empty, and every class is in every training part where that is
    possible. The same seed gives the same folds; different seeds give different ones wherever more than one way to
    part the rows is as good.

    Parameters
    ----------
    y : (n,) class indices
    groups : (n,) codes; ``None`` when every row stands for itself

    Raises
    ------
    DataError
        If there are fewer than two folds, or fewer rows or groups than folds.
    """
    n_units = _n_units(y, groups)
    if not 2 <= n_folds <= n_units:
        unit = "row" if groups is None else "group"
        raise DataError(f"{counted(n_units, unit)} cannot make {counted(n_folds, 'fold')}", hint=_fewer_folds(n_units))
    rng = np.random.default_rng(seed)
    if groups is None or n_units == len(y):
        part = deal_rows(y, n_folds, rng)
    else:
        part = deal_groups(y, groups, np.full(n_folds, 1 / n_folds), rng)
    return tuple(Fold(train=np.flatnonzero(part != k), valid=np.flatnonzero(part == k)) for k in range(n_folds))


def choose_n_folds(
    y: NDArray[np.int64],
    groups: NDArray[np.int64] | None,
    *,
    asked: int | None,
    class_names: Sequence[str],
    unit: str,
) -> tuple[int, str | None]:
    """The number of folds, and a note where it is not what one would expect or the folds lack a class.

    Unless asked for, it is 5, or as many as there are units (rows, or groups when given) that hold the rarest class,
    but never below 2.

    Parameters
    ----------
    y : (n,) class indices into ``class_names``
    groups : (n,) codes, ``None`` when every row stands for itself
    asked : what the user wants, ``None`` for the default
    unit : what a group is called; ``row`` without groups

    Raises
    ------
    RequestError
        If fewer than 2 folds are asked for.
    DataError
        If the folds asked for cannot be, or if there are fewer than two units.
    """
    n_units = _n_units(y, groups)
    if asked is not None:
        _check_asked(y, class_names, asked=asked, n_units=n_units, unit=unit)
    elif n_units < 2:
        raise DataError(f"{counted(n_units, unit)} cannot be parted into folds", hint="bring data of at least 2")
    holders = _n_holders(y, groups, len(class_names))
    n_folds = max(2, min(DEFAULT_N_FOLDS, int(holders.min()))) if asked is None else asked
    return n_folds, _note(holders, class_names, n_folds=n_folds, wanted=asked or DEFAULT_N_FOLDS, unit=unit)


def make_plan(dataset: Dataset, *, n_folds: int | None, holdout: float | NDArray[np.intp] | None, seed: int) -> Plan:
    """Set the holdout aside, if there is to be one, and make folds of the other rows.

    Parameters
    ----------
    n_folds : ``None`` for the default, see :func:`choose_n_folds`
    holdout : a share of the rows, drawn stratified and by group; or the rows themselves; ``None`` for none

    Raises
    ------
    RequestError
        If the share is not between 0 and 1, or fewer than 2 folds are asked for.
    DataError
        If a group or a class cannot be on the sides where it must be, or the folds cannot be made.
    """
    kept = _holdout_rows(dataset, holdout, seed)
    dev = np.setdiff1d(np.arange(dataset.n_samples), kept)
    _check_holdout(dataset, dev, kept)
    y, groups = dataset.y[dev], None if dataset.groups is None else dataset.groups[dev]
    n_folds, note = choose_n_folds(y, groups, asked=n_folds, class_names=dataset.class_names, unit=dataset.unit)
    folds = stratified_folds(y, groups, n_folds, seed)
    return Plan(
        folds=tuple(Fold(train=dev[fold.train], valid=dev[fold.valid]) for fold in folds),
        dev=dev,
        holdout=kept,
        notes=tuple(filter(None, (note, _holdout_note(dataset, kept)))),
    )


def _holdout_rows(dataset: Dataset, holdout: float | NDArray[np.intp] | None, seed: int) -> NDArray[np.intp]:
    if holdout is None:
        return np.empty(0, dtype=np.intp)
    if isinstance(holdout, np.ndarray):
        return np.unique(holdout.astype(np.intp))
    if not 0 < holdout < 1:
        raise RequestError(f"--test {holdout:g} is not a share between 0 and 1", hint="--test 0.2 keeps a fifth")
    rng = np.random.default_rng(seed)
    n_units = _n_units(dataset.y, dataset.groups)
    if dataset.groups is None or n_units == dataset.n_samples:
        return np.flatnonzero(draw_rows(dataset.y, holdout, rng))
    if n_units < 2:
        raise DataError(
            f"{counted(n_units, dataset.unit)} cannot be parted into data to search on and a test",
            hint="leave --test out",
        )
    return np.flatnonzero(deal_groups(dataset.y, dataset.groups, np.array([holdout]), rng) == 0)


def _check_holdout(dataset: Dataset, dev: NDArray[np.intp], kept: NDArray[np.intp]) -> None:
    """Refuse a class that no trial could learn and be judged on, and a group on both sides."""
    n_rows = np.bincount(dataset.y[dev], minlength=dataset.n_classes)
    if short := [f'{n} of class "{name}"' for name, n in zip(dataset.class_names, n_rows, strict=True) if n < 2]:
        raise DataError(
            f"too few rows outside the test to search on: {', '.join(short)}; at least 2 of every class are needed",
            hint="keep more rows for the search, such as --test 0.2",
        )
    n_shared = 0 if dataset.groups is None else len(np.intersect1d(dataset.groups[dev], dataset.groups[kept]))
    if n_shared:
        raise DataError(
            f"the test shares {counted(n_shared, dataset.unit)} with the rows to search on",
            hint=f"leave every {dataset.unit} out of one of the two",
        )


def _holdout_note(dataset: Dataset, kept: NDArray[np.intp]) -> str | None:
    n_units = len(np.unique(dataset.units(kept)))
    if 0 < n_units < MIN_UNITS:
        return f"only {counted(n_units, dataset.unit)} in the test: a score with an interval needs {MIN_UNITS}"
    return None


def _check_asked(y: NDArray[np.int64], class_names: Sequence[str], *, asked: int, n_units: int, unit: str) -> None:
    if asked < 2:
        raise RequestError(f"--folds {asked} is too few", hint="--folds takes a number from 2 on")
    if n_units < asked:
        raise DataError(f"{counted(n_units, unit)} cannot make {asked} folds", hint=_fewer_folds(n_units))
    n_rows = np.bincount(y, minlength=len(class_names))
    short = [f'class "{name}" has {n}' for name, n in zip(class_names, n_rows, strict=True) if n < asked]
    if short:
        raise DataError(
            f"--folds {asked} needs {asked} rows of every class, but {', '.join(short)}",
            hint=_fewer_folds(int(n_rows.min())),
        )


def _fewer_folds(most: int) -> str:
    return f"--folds {most} is the most this data allows" if most >= 2 else "leave --folds out"


def _n_units(y: NDArray[np.int64], groups: NDArray[np.int64] | None) -> int:
    return len(y) if groups is None else len(np.unique(groups))


def _n_holders(y: NDArray[np.int64], groups: NDArray[np.int64] | None, n_classes: int) -> NDArray[np.intp]:
    """(n_classes,) how many units hold a row of each class."""
    if groups is not None:
        y = np.unique(np.column_stack([groups, y]), axis=0)[:, 1]
    return np.bincount(y, minlength=n_classes)


def _note(holders: NDArray[np.intp], class_names: Sequence[str], *, n_folds: int, wanted: int, unit: str) -> str | None:
    """Why there are fewer folds than wanted, and what the folds lack."""
    rarest = int(np.argmin(holders))
    rarity = f'only {counted(int(holders[rarest]), unit)} of class "{class_names[rarest]}"'
    notes = []
    if n_folds < wanted:
        notes.append(f"{n_folds} folds instead of {wanted}: {rarity}")
    elif holders[rarest] < n_folds:
        notes.append(f"{n_folds} folds with {rarity}: some are judged without it")
    if alone := [f'"{name}"' for name, n in zip(class_names, holders, strict=True) if n < 2]:
        notes.append(f"the fold that is judged on class {', '.join(alone)} trains without it")
    return "; ".join(notes) or None
