"""The rules every preprocessing stage keeps, to be run by its author."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.core.dataset import ColumnKind
from automl.pipeline.made_columns import SR, made_columns
from automl.pipeline.made_rows import N_ROWS, MadeRows, made_rows
from automl.pipeline.registry import InputKind, Rows, StageContext, StageKind, StageOption
from automl.pipeline.rules import expect, expect_refusal, expect_to_travel, global_generator_untouched, keep_rules

_N_TRAIN = 40
_TOLERANCE = 1e-9


def check_stage(kind: StageKind) -> None:
    """Nothing, if every option of the stage keeps every rule.

    Options are built with their defaults and fitted on small made rows.

    Raises
    ------
    AutoMLError
        At the first rule that is broken; the message names the option, the rule and what was seen.
    """
    with TemporaryDirectory() as folder:
        for name, option in kind.options.items():
            case = _Case(kind, option, Path(folder))
            rules = _ROW_RULES if kind.role == "rows" else _RULES
            keep_rules(rules, case, f'option "{name}" of stage "{kind.name}"')


@dataclass(frozen=True)
class _Case:
    """An option, and the made rows it is tried on: the first are trained on, the others are new."""

    kind: StageKind
    option: StageOption
    folder: Path

    @cached_property
    def X(self) -> Any:
        """A frame of columns for a featurizing stage, else a matrix; only ``impute`` sees missing values."""
        if self.kind.role == "featurize":
            columns = made_columns(self.kind.column_kind or ColumnKind.NUMERIC, N_ROWS, self.folder)
            return columns.iloc[:, :1] if self.kind.per_column else columns
        X = self.rows.X.copy()
        if self.kind.role == "impute":
            X[np.random.default_rng(2).random(X.shape) < 0.1] = np.nan
            X[:_N_TRAIN, -1] = np.nan
        return X

    @property
    def made(self) -> MadeRows:
        """Three classes, in groups of four rows; a stage that changes rows sees an image in each, too."""
        kinds = [InputKind.VECTOR, InputKind.IMAGE] if self.kind.role == "rows" else [InputKind.VECTOR]
        return made_rows(kinds, n_classes=3, n_per_group=4)

    @property
    def rows(self) -> Rows:
        return self.made.rows

    @property
    def train(self) -> Any:
        return self.X[:_N_TRAIN]

    @property
    def new(self) -> Any:
        """Rows that were not trained on, one of them of categories that were never seen."""
        new = self.X[_N_TRAIN:].copy()
        if self.kind.column_kind is ColumnKind.CATEGORICAL:
            new.iloc[0] = "never seen"
        return new

    @property
    def context(self) -> StageContext:
        rows = self.rows
        return StageContext(
            seed=0,
            n_features=self.X.shape[1],
            y=rows.y[:_N_TRAIN],
            groups=rows.groups[:_N_TRAIN],
            lowest_sr=SR,
            inputs=self.made.inputs,
        )

    def build(self) -> Any:
        return self.option.build({}, self.context)

    def fitted(self) -> tuple[Any, NDArray[np.float64]]:
        """The fitted and settled transformer, and what it made of the training rows."""
        transformer = self.build()
        made = transformer.fit_transform(self.train, self.context.y)
        if self.option.settle is not None:
            self.option.settle(transformer)
        return transformer, made


def _unless_nothing_to_do(check: Callable[[_Case], None]) -> Callable[[_Case], None]:
    return lambda case: None if case.build() is None else check(case)


def _makes_numbers(case: _Case) -> None:
    transformer, trained = case.fitted()
    made = transformer.transform(case.new)
    for numbers, n_rows in ((trained, _N_TRAIN), (made, N_ROWS - _N_TRAIN)):
        expect(isinstance(numbers, np.ndarray) and numbers.ndim == 2, f"it makes {type(numbers).__name__}")
        expect(numbers.shape[0] == n_rows, f"of {n_rows} rows it makes {numbers.shape[0]}")
        expect(numbers.shape[1] == trained.shape[1] > 0, f"it makes {trained.shape[1]}, then {made.shape[1]} columns")
        expect(numbers.dtype == np.float64, f"it makes {numbers.dtype}, which forgets dates and ids")
        expect(not np.isinf(numbers).any(), "it makes infinite numbers")


def _fills(case: _Case) -> None:
    if case.kind.role == "impute":
        transformer, trained = case.fitted()
        expect(not np.isnan(trained).any(), "values of training rows are missing still")
        expect(not np.isnan(transformer.transform(case.new)).any(), "values of new rows are missing still")


def _unfolds(case: _Case) -> None:
    if case.kind.output is not InputKind.VECTOR:
        transformer, trained = case.fitted()
        shape = getattr(transformer, "output_shape_", None)
        expect(
            shape is not None and math.prod(shape) == trained.shape[1],
            f"output_shape_ is {shape} for {trained.shape[1]} columns",
        )


def _repeatable(case: _Case) -> None:
    (first, trained), (second, trained_again) = case.fitted(), case.fitted()
    expect(np.array_equal(trained, trained_again), "it makes something else of the training rows the second time")
    same = np.array_equal(first.transform(case.new), second.transform(case.new))
    expect(same, "it makes something else of new rows the second time")


def _rows_alone(case: _Case) -> None:
    transformer, _ = case.fitted()
    alone = np.vstack([transformer.transform(case.new[i : i + 1]) for i in range(5)])
    off = float(np.abs(alone - transformer.transform(case.new)[:5]).max())
    expect(off <= _TOLERANCE, f"alone, a row differs by {off:g}")


def _refitted_clone(case: _Case) -> None:
    from sklearn.base import clone

    transformer, _ = case.fitted()
    clone(transformer).fit_transform(case.X, case.rows.y)


def _travels(case: _Case) -> None:
    transformer, _ = case.fitted()
    expect_to_travel(transformer, lambda fitted: fitted.transform(case.new), case.kind.trusts)


def _leaves_the_world_alone(case: _Case) -> None:
    import pandas as pd

    before = pd.DataFrame(case.train).copy()
    with global_generator_untouched():
        case.fitted()
    # Unlike numpy, pandas takes two missing values for equal whatever the type.
    expect(before.equals(pd.DataFrame(case.train)), "it changed its rows in place")


def _unknown_parameters(case: _Case) -> None:
    expect_refusal(
        lambda: case.option.build({"no_such_parameter": 1}, case.context), "it was built with no_such_parameter=1"
    )


def _rows_stay_rows(case: _Case) -> None:
    change, rows = case.build(), case.rows
    if change is None:
        return
    with global_generator_untouched():
        made: Rows = change(rows)
    lengths = {len(made.X), len(made.y), len(made.groups)}
    expect(len(lengths) == 1, f"X, y and groups have lengths {sorted(lengths)}")
    expect(set(made.groups) <= set(rows.groups), "it invents groups; a new row inherits its parent's")
    expect(set(made.y) == set(rows.y), "it adds or loses a class")
    expect(case.option.weighs or made.sample_weight is None, "it weighs rows without saying so")
    untouched = case.rows
    expect(np.array_equal(rows.X, untouched.X) and np.array_equal(rows.y, untouched.y), "it changed X or y in place")


def _same_rows_twice(case: _Case) -> None:
    first, second = case.build(), case.build()
    if first is not None:
        a, b = first(case.rows), second(case.rows)
        expect(np.array_equal(a.X, b.X) and np.array_equal(a.y, b.y), "it makes other rows the second time")


_RULES: Mapping[str, Callable[[_Case], None]] = {
    "it refuses parameters it does not know": _unknown_parameters,
    "it makes numbers of every row": _unless_nothing_to_do(_makes_numbers),
    "it fills what is missing, if that is its role": _unless_nothing_to_do(_fills),
    "it says how its images or sequences unfold": _unless_nothing_to_do(_unfolds),
    "it depends on nothing but rows and seed": _unless_nothing_to_do(_repeatable),
    "what it makes of a new row depends on that row alone": _unless_nothing_to_do(_rows_alone),
    "a clone of it can be fitted on more rows": _unless_nothing_to_do(_refitted_clone),
    "it can be stored, trusting the types it names": _unless_nothing_to_do(_travels),
    "it leaves its rows and the global generator alone": _unless_nothing_to_do(_leaves_the_world_alone),
}
_ROW_RULES: Mapping[str, Callable[[_Case], None]] = {
    "it refuses parameters it does not know": _unknown_parameters,
    "it makes rows with classes and groups of the old ones": _rows_stay_rows,
    "it depends on nothing but rows and seed": _same_rows_twice,
}
