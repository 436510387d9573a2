from itertools import islice

import pytest

from automl.spaces.configs import check_config, config_key
from automl.spaces.finite import all_configs, n_configs
from automl.spaces.nodes import Choice, Fixed, Float, Int, Parameter, Space, Stage

GRID = Space("grid", "", (), {"m": tuple(Parameter(name, Int(1, 6, 3)) for name in "abc")})
SMALL = Space(
    "small",
    "",
    stages=(
        Stage("scale", {"none": (), "normalize": (Parameter("norm", Choice(("l1", "l2"), "l1")),)}, "none"),
        Stage("rows", {"none": (), "class_weights": ()}, "none", families=("svm",)),
    ),
    models={
        "svm": (
            Parameter("kernel", Choice(("linear", "rbf", "poly"), "rbf")),
            Parameter("seen", Fixed(1)),
            Parameter("gamma", Choice(("scale", "auto"), "scale"), {"kernel": ("rbf", "poly")}),
            Parameter("degree", Int(2, 4, 3), {"kernel": ("poly",), "gamma": ("auto",)}),
        ),
        "knn": (Parameter("n", Int(1, 3, 2)),),
    },
)


def test_a_grid_has_the_product_of_its_sides() -> None:
    assert n_configs(GRID) == 216


def test_a_conditional_space_is_counted_by_what_is_active() -> None:
    # svm: 3 scales, 2 rows, and 1 (linear) + 2 (rbf) + 1 + 3 (poly); knn: 3 scales, 3 neighbours
    assert n_configs(SMALL) == 3 * 2 * 7 + 3 * 3


def test_a_space_with_a_real_number_is_not_counted() -> None:
    assert n_configs(Space("s", "", (), {"m": (Parameter("x", Float(0.0, 1.0, 0.5)),)})) is None


def test_a_real_number_that_is_never_active_does_not_count() -> None:
    never = (
        Parameter("a", Choice((1, 2), 1)),
        Parameter("b", Choice((1, 2), 1), {"a": (1,)}),
        Parameter("x", Float(0.0, 1.0, 0.5), {"a": (2,), "b": (1,)}),
    )
    assert n_configs(Space("s", "", (), {"m": never})) == 3


@pytest.mark.parametrize("space", [GRID, SMALL], ids=["grid", "small"])
def test_all_configs_are_listed_once_and_each_fits(space: Space) -> None:
    configs = list(all_configs(space))
    for config in configs:
        check_config(space, config)
    assert len({config_key(config) for config in configs}) == len(configs) == n_configs(space)


def test_the_first_configs_of_a_huge_space_cost_nothing() -> None:
    huge = Space("huge", "", (), {"m": tuple(Parameter(name, Int(-(2**53), 2**53, 0)) for name in "abcdef")})
    assert n_configs(huge) == (2**54 + 1) ** 6
    assert len(list(islice(all_configs(huge), 3))) == 3


def test_a_space_without_end_is_not_listed() -> None:
    with pytest.raises(ValueError, match="no last config"):
        next(all_configs(Space("s", "", (), {"m": (Parameter("x", Float(0.0, 1.0, 0.5)),)})))
