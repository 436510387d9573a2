from random import Random

import pytest

from automl.errors import SpaceError
from automl.spaces.configs import check_config, config_key, default_configs, sample, shared_labels
from automl.spaces.nodes import Choice, Fixed, Float, Int, Parameter, Space, Stage

SPACE = Space(
    "small",
    "",
    stages=(
        Stage("scale", {"none": (), "normalize": (Parameter("norm", Choice(("l1", "l2"), "l1")),)}, "normalize"),
        Stage("rows", {"none": (), "class_weights": ()}, "none", families=("svm",)),
    ),
    models={
        "svm": (
            Parameter("C", Float(0.01, 100.0, 1.0, log=True)),
            Parameter("kernel", Choice(("linear", "rbf"), "rbf")),
            Parameter("shrinking", Fixed(True)),
            Parameter("gamma", Float(0.001, 1.0, 0.1), {"kernel": ("rbf",)}),
        ),
        "knn": (Parameter("n_neighbors", Int(1, 3, 2)),),
    },
)
SVM = {
    "scale": "normalize",
    "scale.normalize.norm": "l1",
    "rows": "none",
    "model": "svm",
    "model.svm.C": 1.0,
    "model.svm.kernel": "rbf",
    "model.svm.shrinking": True,
    "model.svm.gamma": 0.1,
}
KNN = {"scale": "normalize", "scale.normalize.norm": "l1", "model": "knn", "model.knn.n_neighbors": 2}


def test_there_is_one_default_config_per_family_in_the_order_of_the_space() -> None:
    assert default_configs(SPACE) == (SVM, KNN)


def test_a_config_lists_the_stages_in_the_order_they_run_then_the_model() -> None:
    assert list(default_configs(SPACE)[0]) == list(SVM)


def test_equal_generators_draw_equal_configs() -> None:
    assert [sample(SPACE, Random(3)) for _ in range(2)] == [sample(SPACE, Random(3))] * 2


def test_every_family_and_option_is_drawn_about_equally_often() -> None:
    rng = Random(0)
    configs = [sample(SPACE, rng) for _ in range(2000)]
    for label, value in [("model", "svm"), ("scale", "none")]:
        assert sum(config[label] == value for config in configs) == pytest.approx(1000, abs=100)


def test_the_ends_of_a_range_of_whole_numbers_are_drawn_as_often_as_the_rest() -> None:
    rng = Random(0)
    space = Space("s", "", (), {"knn": (Parameter("n", Int(1, 5, 3)),)})
    values = [sample(space, rng)["model.knn.n"] for _ in range(5000)]
    assert [values.count(n) for n in range(1, 6)] == pytest.approx([1000] * 5, abs=120)


def test_a_log_range_is_drawn_evenly_over_the_orders_of_magnitude() -> None:
    rng = Random(0)
    space = Space("s", "", (), {"m": (Parameter("x", Float(1e-3, 1e3, 1.0, log=True)),)})
    values = [sample(space, rng)["model.m.x"] for _ in range(2000)]
    assert sum(isinstance(x, float) and x < 1.0 for x in values) == pytest.approx(1000, abs=100)


@pytest.mark.parametrize("config", [SVM, KNN])
def test_a_config_of_the_space_passes(config: dict[str, object]) -> None:
    check_config(SPACE, config)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"model.svm.C": 1000.0}, "model.svm.C: 1000.0 is outside 0.01 to 100.0"),
        ({"model.svm.C": float("nan")}, "model.svm.C: nan is outside 0.01 to 100.0"),
        ({"model.svm.C": "1"}, 'model.svm.C: "1" is not a number'),
        ({"model.svm.C": True}, "model.svm.C: true is not a number"),
        ({"model.svm.kernel": "poly"}, 'model.svm.kernel: "poly" is not "linear" or "rbf"'),
        ({"model.svm.kernel": "linear"}, "model.svm.gamma: is not active here"),
        ({"model.svm.shrinking": 1}, "model.svm.shrinking: 1 is not true"),
        ({"model.svm.degree": 3}, "model.svm.degree: is not active here"),
        ({"scale": "none"}, "scale.normalize.norm: is not active here"),
        ({"scale": "robust"}, 'scale: "robust" is not "none" or "normalize"'),
    ],
)
def test_a_config_that_does_not_fit_is_refused_by_label(change: dict[str, object], expected: str) -> None:
    with pytest.raises(SpaceError, match='not one of the space "small"') as caught:
        check_config(SPACE, SVM | change)
    assert caught.value.details == (expected,)


def test_a_float_is_no_whole_number() -> None:
    with pytest.raises(SpaceError, match=r"model\.knn\.n_neighbors: 2\.0 is not a whole number"):
        check_config(SPACE, KNN | {"model.knn.n_neighbors": 2.0})


def test_everything_that_does_not_fit_is_reported_at_once() -> None:
    config = {label: value for label, value in SVM.items() if label != "rows"}
    with pytest.raises(SpaceError, match=r"rows: is missing\nmodel\.svm\.C: 0\.0 is outside .*\nx: is not active here"):
        check_config(SPACE, config | {"model.svm.C": 0.0, "x": 1})


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        (0.1, 0.1000000001, True),
        (0.1, 0.100001, False),
        (0.0, -0.0, True),
        (1, 1.0, True),
        (1000001, 1000002, False),
        (1, True, False),
        (1, "1", False),
        (None, "None", False),
    ],
)
def test_real_numbers_are_the_same_to_six_significant_digits(a: object, b: object, same: bool) -> None:
    assert (config_key({"x": a}) == config_key({"x": b})) is same


def test_the_order_of_labels_makes_no_other_config() -> None:
    assert config_key(SVM) == config_key(dict(reversed(SVM.items())))


def test_the_shared_labels_are_the_model_and_the_stages() -> None:
    assert shared_labels(SPACE) == ("model", "scale", "rows")
