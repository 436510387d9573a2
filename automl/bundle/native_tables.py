"""The tables of fitted models that native code follows without looking where they lead.

A file of trusted types cannot run code, but an edited table can still hang or crash the process at the first
prediction: a tree whose node is its own child, an index far outside an array. (scikit-learn 1.9 and XGBoost 3.2 follow
them unchecked; https://github.com/scikit-learn/scikit-learn/pull/34558 is open.) Each function here takes one fitted
object and yields what is wrong with it; what it does not understand it refuses. Covered are the classes that our
families and stages make: a bundle may still be built to crash the process through another class of scikit-learn.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

_LEAF = -1
_KERNELS = ("linear", "rbf", "poly", "sigmoid")


def tree_problems(tree: Any) -> Iterator[str]:
    """Of a ``sklearn.tree._tree.Tree``."""
    if not 1 <= tree.node_count <= tree.capacity:
        yield f"a tree claims {tree.node_count} nodes and holds {tree.capacity}"
        return
    inner = tree.children_left != _LEAF
    yield from _node_problems(tree.children_left, tree.children_right, inner)
    yield from _feature_problems(tree.feature[inner], tree.n_features)


def decision_tree_problems(model: Any) -> Iterator[str]:
    """Of a scikit-learn decision tree: it checks the width of its input, its table must not expect more."""
    if model.tree_.n_features != model.n_features_in_:
        yield f"a tree of {model.tree_.n_features} features stands in a model of {model.n_features_in_}"


def tree_ensemble_problems(model: Any) -> Iterator[str]:
    """Of a scikit-learn forest or gradient boosting: it checks the width of its input once, for all its trees."""
    widths = {int(tree.n_features_in_) for tree in np.ravel(model.estimators_)}
    if widths != {model.n_features_in_}:
        yield f"trees of {sorted(widths)} features stand in a model of {model.n_features_in_}"


def hist_gradient_boosting_problems(model: Any) -> Iterator[str]:
    """Of a scikit-learn histogram gradient boosting: the nodes of its trees."""
    for trees in model._predictors:
        for tree in trees:
            yield from _predictor_problems(tree.nodes, model.n_features_in_)


def _predictor_problems(nodes: NDArray[np.void], n_features: int) -> Iterator[str]:
    if not len(nodes):
        yield "a tree has no nodes"
        return
    inner = nodes["is_leaf"] == 0
    yield from _node_problems(nodes["left"], nodes["right"], inner)
    yield from _feature_problems(nodes["feature_idx"][inner], n_features)
    if nodes["is_categorical"][inner].any():
        yield "a tree splits on categories, and their tables are not checked"


def neighbors_problems(model: Any) -> Iterator[str]:
    """Of a scikit-learn nearest-neighbours classifier: the class of each of its rows, counted in native code."""
    labels, n_rows = np.asarray(model._y), model._fit_X.shape[0]
    n_classes = len(model.classes_)
    if labels.shape != (n_rows,):
        yield f"{labels.shape} classes stand beside {n_rows} rows"
    elif ((labels < 0) | (labels >= n_classes)).any():
        yield f"rows are of a class outside 0..{n_classes - 1}"


def neighbor_tree_problems(tree: Any) -> Iterator[str]:
    """Of a ``KDTree`` or ``BallTree``: a complete binary tree, node i above 2i+1 and 2i+2, over slices of the rows."""
    rows, order, nodes, bounds = (np.asarray(part) for part in tree.__getstate__()[:4])
    n_nodes, sides = len(nodes), 2 if type(tree).__name__.startswith("KDTree") else 1
    if bounds.shape != (sides, n_nodes, rows.shape[1]) or tree.__getstate__()[6] != n_nodes or not n_nodes:
        yield f"the {n_nodes} nodes of a neighbour tree have bounds of shape {bounds.shape}"
    if order.shape != rows.shape[:1] or (order < 0).any() or (order >= len(rows)).any():
        yield "a neighbour tree refers to rows it does not hold"
    start, end = nodes["idx_start"], nodes["idx_end"]
    if ((start < 0) | (end < start) | (end > len(rows))).any():
        yield "a node of a neighbour tree covers rows it does not hold"
    if (2 * np.flatnonzero(nodes["is_leaf"] == 0) + 2 >= n_nodes).any():
        yield "a node of a neighbour tree has children outside the tree"


def libsvm_problems(model: Any) -> Iterator[str]:
    """Of a scikit-learn support vector classifier: the shapes libsvm believes."""
    if model._impl not in ("c_svc", "nu_svc") or model._sparse or model.kernel not in _KERNELS:
        yield f"a support vector machine of kind {model._impl!r}, kernel {model.kernel!r}, is not checked"
        return
    n_classes, n_vectors = len(model.classes_), len(model.support_)
    n_pairs = n_classes * (n_classes - 1) // 2
    shapes = (model.support_vectors_.shape, model._n_support.shape, model._dual_coef_.shape, model._intercept_.shape)
    if shapes != ((n_vectors, model.n_features_in_), (n_classes,), (n_classes - 1, n_vectors), (n_pairs,)):
        yield f"the tables of a support vector machine do not fit each other: {shapes}"
    elif (model._n_support < 0).any() or model._n_support.sum() != n_vectors:
        yield f"a support vector machine of {n_vectors} vectors counts {model._n_support.tolist()}"
    if {model._probA.size, model._probB.size} - {0, n_pairs}:
        yield "the probability tables of a support vector machine do not fit its classes"


def booster_problems(booster: Any) -> Iterator[str]:
    """Of an ``xgboost.Booster``: the nodes of its trees, and the class each tree speaks for."""
    learner = json.loads(bytes(booster.save_raw("json")))["learner"]
    if learner["gradient_booster"]["name"] != "gbtree":
        yield f"a booster of kind {learner['gradient_booster']['name']!r} is not checked"
        return
    model, shape = learner["gradient_booster"]["model"], learner["learner_model_param"]
    n_groups = max(int(shape["num_class"]), int(shape["num_target"]), 1)
    if len(model["tree_info"]) != len(model["trees"]) or not set(model["tree_info"]) <= set(range(n_groups)):
        yield f"trees of a booster speak for classes outside 0..{n_groups - 1}"
    for tree in model["trees"]:
        yield from _booster_tree_problems(tree, int(shape["num_feature"]))


def _booster_tree_problems(tree: dict[str, Any], n_features: int) -> Iterator[str]:
    tables = ("left_children", "right_children", "split_indices", "split_conditions", "split_type", "default_left")
    left, right, feature, *others = (np.asarray(tree[name]) for name in tables)
    if not len(left) or {len(table) for table in (right, feature, *others)} != {len(left)}:
        yield "the tables of a tree have different lengths"
        return
    inner = left != _LEAF
    yield from _node_problems(left, right, inner)
    yield from _feature_problems(feature[inner], n_features)
    if np.any(tree["split_type"]) or tree["tree_param"]["size_leaf_vector"] not in ("0", "1"):
        yield "a tree splits on categories or has vectors for leaves, and their tables are not checked"


def _node_problems(left: NDArray[Any], right: NDArray[Any], inner: NDArray[np.bool_]) -> Iterator[str]:
    """Every library here writes a node before its children, so whoever goes down the table comes to a leaf."""
    parents = np.flatnonzero(inner)
    for children in (left[inner].astype(np.int64), right[inner].astype(np.int64)):
        if ((children <= parents) | (children >= len(inner))).any():
            yield "a node of a tree leads back, or out of the tree"
            return


def _feature_problems(feature: NDArray[Any], n_features: int) -> Iterator[str]:
    indices = feature.astype(np.int64)
    if ((indices < 0) | (indices >= n_features)).any():
        yield f"a node of a tree asks for a feature outside 0..{n_features - 1}"
