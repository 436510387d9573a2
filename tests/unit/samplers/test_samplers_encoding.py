import json

import pytest

from automl.errors import SpaceError
from automl.samplers.encoding import decode, encode, hyperopt_space
from automl.spaces.configs import default_configs
from automl.spaces.nodes import Choice, Fixed, Float, Int, Parameter, Space, Stage

SPACE = Space(
    "mixed",
    "",
    stages=(Stage("scale", {"none": (), "standard": ()}, "standard", families=("svm", "lda")),),
    models={
        "svm": (
            Parameter("C", Float(0.01, 100.0, 1.0, log=True)),
            Parameter("kernel", Choice(("linear", True, 1), True)),
            Parameter("n_trees", Fixed(200)),
        ),
        "knn": (Parameter("n", Int(3, 100, 10, log=True)),),
        "lda": (),
    },
)


def test_a_config_becomes_numbers_and_indices() -> None:
    svm, knn, _ = default_configs(SPACE)
    assert encode(SPACE, svm) == {"model": 0, "scale": 1, "model.svm.C": 1.0, "model.svm.kernel": 1}
    assert encode(SPACE, knn) == {"model": 1, "model.knn.n": 10.0}


def test_true_and_one_are_different_options() -> None:
    svm = default_configs(SPACE)[0]
    assert encode(SPACE, {**svm, "model.svm.kernel": 1})["model.svm.kernel"] == 2


@pytest.mark.parametrize(("drawn", "value"), [(2.5, 3), (3.4999, 3), (3.5001, 4), (100.5, 100), (0.0, 3), (1e9, 100)])
def test_whole_numbers_are_rounded_into_their_range(drawn: float, value: int) -> None:
    config = decode(SPACE, {"model": 1, "model.knn.n": drawn})
    assert config == {"model": "knn", "model.knn.n": value}
    assert type(config["model.knn.n"]) is int


def test_numpy_scalars_do_not_get_through() -> None:
    import numpy as np

    vals = {
        "model": np.int64(0),
        "scale": np.int64(0),
        "model.svm.C": np.float64(100.00000000000001),
        "model.svm.kernel": np.int64(0),
    }
    config = decode(SPACE, vals)
    assert config["model.svm.C"] == 100.0
    assert json.loads(json.dumps(config)) == config


def test_a_config_of_another_space_is_refused() -> None:
    with pytest.raises(SpaceError, match=r"model\.knn\.n: 101 is outside 3 to 100"):
        encode(SPACE, {"model": "knn", "model.knn.n": 101})


def test_a_missing_number_is_refused() -> None:
    with pytest.raises(SpaceError, match=r"model\.knn\.n: hyperopt gave no value"):
        decode(SPACE, {"model": 1})


def test_a_stage_of_several_families_is_one_node() -> None:
    from hyperopt.base import Domain

    domain = Domain(None, hyperopt_space(SPACE))  # raises DuplicateLabel if it were two
    assert set(domain.params) == {"model", "scale", "model.svm.C", "model.svm.kernel", "model.knn.n"}


def test_choices_that_hang_on_each_other_make_no_circle() -> None:
    # Nested in the order of each `when`, these switches would: "Graph contains a cycle".
    two = ("x", "y")
    table = (
        Parameter("a", Choice(two, "x")),
        Parameter("b", Choice(two, "x"), {"a": ("x",)}),
        Parameter("c", Choice(two, "x")),
        Parameter("d", Int(1, 2, 1), {"b": ("x",), "a": ("x",)}),
        Parameter("e", Int(1, 2, 1), {"c": ("x",), "a": two}),
        Parameter("f", Int(1, 2, 1), {"a": ("y",), "c": ("y",)}),
        Parameter("never", Int(1, 2, 1), {"b": ("x",), "a": ("y",)}),
    )
    from hyperopt.base import Domain

    domain = Domain(None, hyperopt_space(Space("s", "", (), {"m": table})))
    assert set(domain.params) == {"model", *(f"model.m.{name}" for name in "abcdef")}
