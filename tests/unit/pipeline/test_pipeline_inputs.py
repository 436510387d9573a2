import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from automl.core.dataset import ColumnKind
from automl.errors import AutoMLError, DataError
from automl.pipeline.build import ChosenStage, Recipe
from automl.pipeline.inputs import Block, column_names, fit_inputs, layout
from automl.pipeline.registry import InputKind, StageContext, StageKind, StageOption, family

FRAME = pd.DataFrame({"a": np.arange(6.0), "b": np.arange(6.0) ** 2})
KINDS = dict.fromkeys(FRAME, ColumnKind.NUMERIC)
CONTEXT = StageContext(seed=0, n_features=2, y=np.arange(6) % 2, groups=np.arange(6))


def eating_numbers(make, output=InputKind.VECTOR) -> Recipe:
    option = StageOption(lambda params, context: make())
    kind = StageKind("eat", "eat", "featurize", {"all": option}, ColumnKind.NUMERIC, output)
    return Recipe((ChosenStage(kind, option, {}),), family("knn"), {})


def test_parts_of_a_row_follow_each_other():
    parts = [Block("vector", InputKind.VECTOR, (3,)), Block("picture", InputKind.IMAGE, (2, 4))]
    assert [spec.columns for spec in layout(parts)] == [slice(0, 3), slice(3, 11)]


def test_numbers_that_a_stage_eats_do_not_pass_beside_it():
    inputs = fit_inputs(eating_numbers(StandardScaler), FRAME, KINDS, CONTEXT)
    assert inputs.X.shape == (6, 2)
    assert np.allclose(inputs.X.mean(axis=0), 0)


def test_columns_of_a_stage_that_builds_nothing_are_left_out():
    with pytest.raises(DataError, match="no column to learn from"):
        fit_inputs(eating_numbers(lambda: None), FRAME, KINDS, CONTEXT)


def test_image_that_does_not_say_how_it_unfolds_is_refused():
    with pytest.raises(AutoMLError, match='"eat" makes 2 numbers of a row, but its output_shape_ is None'):
        fit_inputs(eating_numbers(StandardScaler, InputKind.IMAGE), FRAME, KINDS, CONTEXT)


def test_columns_are_numbered_where_a_step_has_no_names():
    assert column_names([("step", FunctionTransformer().fit(FRAME))], 2) == ("x0", "x1")
    assert column_names([("step", StandardScaler().fit(FRAME))], 2) == ("a", "b")
