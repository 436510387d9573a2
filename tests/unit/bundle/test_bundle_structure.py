"""Edited tables of fitted models. None of these models is asked for a prediction: it would hang or crash."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bundle_examples import LOGISTIC, Example
from sklearn.base import clone
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from automl.bundle.model_file import model_content, read_pipeline
from automl.bundle.structure import structure_problems
from automl.bundle.trusted import TRUSTED
from automl.bundle.write import write_bundle
from automl.core.trial import Config
from automl.errors import BundleError

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 3))
Y = RNG.integers(3, size=60)

SOUND = {
    "tree": DecisionTreeClassifier(max_leaf_nodes=9, ccp_alpha=0.005),
    "stump": DecisionTreeClassifier(max_depth=1),
    "forest": RandomForestClassifier(3),
    "extra trees": ExtraTreesClassifier(3),
    "gradient boosting": GradientBoostingClassifier(n_estimators=3),
    "histogram boosting": HistGradientBoostingClassifier(max_iter=3, early_stopping=False),
    "k-d tree": KNeighborsClassifier(3, algorithm="kd_tree", leaf_size=5),
    "ball tree": KNeighborsClassifier(3, algorithm="ball_tree", leaf_size=5),
    "cosine": KNeighborsClassifier(3, metric="cosine"),
    "svm": SVC(),
    "unfitted": RandomForestClassifier(),
}


def fitted(name: str) -> Any:
    return clone(SOUND[name]).fit(X, Y)


@pytest.mark.parametrize("name", SOUND)
def test_what_scikit_learn_fits_is_sound(name: str) -> None:
    model = SOUND[name] if name == "unfitted" else fitted(name)
    assert structure_problems({"in": [(model,)], "array": np.array([model, None], dtype=object)}) == ()


def edited_tree(field: str, value: int) -> DecisionTreeClassifier:
    model = DecisionTreeClassifier(random_state=0).fit(X, Y)
    state = model.tree_.__getstate__()
    state["nodes"][field][0] = value
    model.tree_.__setstate__(state)
    return model


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("left_child", 0, "leads back, or out"),
        ("right_child", 0, "leads back, or out"),
        ("left_child", 10**6, "leads back, or out"),
        ("right_child", -1, "leads back, or out"),
        ("left_child", -7, "leads back, or out"),
        ("feature", 3, "feature outside 0..2"),
        ("feature", -1, "feature outside 0..2"),
    ],
)
def test_an_edited_tree_is_found(field: str, value: int, problem: str) -> None:
    assert problem in structure_problems(edited_tree(field, value))[0]


def test_a_tree_that_claims_more_nodes_than_it_holds_is_found() -> None:
    model = fitted("tree")
    model.tree_.node_count += 1000
    assert "claims" in structure_problems(model)[0]


def test_a_tree_of_more_features_than_its_model_checks_is_found() -> None:
    model = fitted("tree")
    model.n_features_in_ = 2
    assert "a tree of 3 features stands in a model of 2" in structure_problems(model)[0]


def test_a_wider_tree_in_a_forest_is_found() -> None:
    model = fitted("forest")
    model.estimators_[2] = DecisionTreeClassifier().fit(np.hstack([X, X]), Y)
    assert "trees of [3, 6] features stand in a model of 3" in structure_problems(model)[0]


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("left", 0, "leads back, or out"),
        ("right", 10**6, "leads back, or out"),
        ("feature_idx", 3, "feature outside 0..2"),
        ("is_categorical", 1, "splits on categories"),
    ],
)
def test_an_edited_histogram_tree_is_found(field: str, value: int, problem: str) -> None:
    model = fitted("histogram boosting")
    model._predictors[1][2].nodes[field][0] = value
    assert problem in structure_problems(model)[0]


def test_a_histogram_tree_without_nodes_is_found() -> None:
    model = fitted("histogram boosting")
    tree = model._predictors[0][0]
    tree.nodes = tree.nodes[:0]
    assert "a tree has no nodes" in structure_problems(model)[0]


@pytest.mark.parametrize("name", ["k-d tree", "ball tree"])
@pytest.mark.parametrize(
    ("part", "edit", "problem"),
    [
        (1, lambda order: order + 1, "refers to rows it does not hold"),
        (1, lambda order: order[:-1], "refers to rows it does not hold"),
        (2, lambda nodes: replaced(nodes, "idx_end", 10**6), "covers rows it does not hold"),
        (2, lambda nodes: replaced(nodes, "idx_start", -1), "covers rows it does not hold"),
        (2, lambda nodes: replaced(nodes, "is_leaf", 0), "children outside the tree"),
        (3, lambda bounds: np.ascontiguousarray(bounds[:, :, :1]), "bounds of shape"),
        (6, lambda n_nodes: n_nodes + 1, "bounds of shape"),
    ],
)
def test_an_edited_neighbour_tree_is_found(name: str, part: int, edit: Callable[[Any], Any], problem: str) -> None:
    model = fitted(name)
    state = [np.array(value) if isinstance(value, np.ndarray) else value for value in model._tree.__getstate__()]
    state[part] = edit(state[part])
    model._tree.__setstate__(tuple(state))
    assert any(problem in line for line in structure_problems(model))


def replaced(nodes: Any, field: str, value: int) -> Any:
    nodes[field][-1] = value
    return nodes


@pytest.mark.parametrize("labels", [np.full(60, 3), np.full(60, -1), np.zeros(59, dtype=int)])
def test_neighbours_of_no_class_are_found(labels: Any) -> None:
    model = fitted("cosine")
    model._y = labels
    assert "KNeighborsClassifier: " in structure_problems(model)[0]


@pytest.mark.parametrize(
    ("attribute", "edit", "problem"),
    [
        ("_n_support", lambda n: n + 1, "counts"),
        ("_n_support", lambda n: n * np.array([-1, 1, 1], dtype=np.int32), "counts"),
        ("_dual_coef_", lambda table: table[:1], "do not fit each other"),
        ("_intercept_", lambda table: table[:1], "do not fit each other"),
        ("support_", lambda table: table[:-1], "do not fit each other"),
        ("_probA", lambda table: np.zeros(1), "probability tables"),
        ("kernel", lambda name: "precomputed", "is not checked"),
        ("_impl", lambda name: "epsilon_svr", "is not checked"),
        ("_sparse", lambda flag: True, "is not checked"),
        ("support_vectors_", lambda table: None, "cannot be checked"),
    ],
)
def test_an_edited_support_vector_machine_is_found(attribute: str, edit: Callable[[Any], Any], problem: str) -> None:
    model = fitted("svm")
    setattr(model, attribute, edit(getattr(model, attribute)))
    assert problem in structure_problems(model)[0]


def edited_booster(edit: Callable[[dict[str, Any]], object]) -> Any:
    import xgboost

    booster = xgboost.XGBClassifier(n_estimators=2, max_depth=3, n_jobs=1).fit(X, Y).get_booster()
    table = json.loads(bytes(booster.save_raw("json")))
    edit(table["learner"])
    return xgboost.Booster(model_file=bytearray(json.dumps(table).encode()))


def in_tree(field: str, value: int) -> Callable[[dict[str, Any]], object]:
    def edit(learner: dict[str, Any]) -> None:
        learner["gradient_booster"]["model"]["trees"][1][field][0] = value

    return edit


def test_what_xgboost_fits_is_sound() -> None:
    assert structure_problems(edited_booster(lambda learner: None)) == ()


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        (in_tree("left_children", 0), "leads back, or out"),
        (in_tree("right_children", 10**6), "leads back, or out"),
        (in_tree("split_indices", 3), "feature outside 0..2"),
        (lambda learner: learner["gradient_booster"]["model"].update(tree_info=[0, 1, 2, 0, 1, 9]), "classes outside"),
    ],
)
def test_an_edited_booster_is_found(edit: Callable[[dict[str, Any]], object], problem: str) -> None:
    assert problem in structure_problems(edited_booster(edit))[0]


def test_a_booster_of_another_kind_is_not_taken_for_checked() -> None:
    import xgboost

    model = xgboost.XGBClassifier(n_estimators=2, booster="dart", n_jobs=1).fit(X, Y)
    assert "'dart' is not checked" in structure_problems(model)[0]


def test_one_problem_of_many_trees_is_said_once() -> None:
    assert len(structure_problems([edited_tree("left_child", 0), edited_tree("left_child", 0)])) == 1


def test_edits_survive_the_file_and_are_found_in_it() -> None:
    content = model_content(edited_tree("left_child", 0))
    assert "leads back" in structure_problems(read_pipeline(content, TRUSTED, where="here"))[0]


def test_a_bundle_with_an_edited_table_is_refused(example_of: Callable[[Config], Example], tmp_path: Path) -> None:
    example = example_of({**LOGISTIC, "model": "forest", "model.forest.n_estimators": 3})
    forest = example.fitted.pipeline.named_steps["model"]
    forest.estimators_[1] = edited_tree("left_child", 0)
    with pytest.raises(BundleError, match=r"damaged or does not belong(?s:.)*a node of a tree leads back"):
        write_bundle(tmp_path / "best", example.fitted, example.facts)
    assert not (tmp_path / "best").exists()
