"""What the families ask of their packages, where it is not the package's default."""

import numpy as np
import pytest

from automl.pipeline.registry import family, family_names

Y = np.arange(30) % 2


@pytest.mark.parametrize("name", family_names())
def test_family_takes_every_parameter_it_names(name, make_context):
    chosen = family(name)
    params = {p.removeprefix("estimator__") for p in chosen.build({}, make_context(Y)).get_params()}
    assert set(chosen.params) <= params


def test_knn_cannot_ask_more_neighbours_than_there_are_rows(make_context):
    with pytest.warns(UserWarning, match="n_neighbors=50 is cut to the 30 training rows"):
        model = family("knn").build({"n_neighbors": 50}, make_context(Y))
    assert model.n_neighbors == 30


@pytest.mark.parametrize(
    ("params", "l1_ratio", "solver"),
    [
        ({"penalty": "l2"}, 0.0, "lbfgs"),
        ({"penalty": "l1"}, 1.0, "saga"),
        ({"penalty": "elasticnet", "l1_ratio": 0.3}, 0.3, "saga"),
        ({"penalty": "elasticnet", "l1_ratio": 0.0}, 0.0, "lbfgs"),
    ],
)
def test_logistic_penalties_have_a_solver_that_can(make_context, params, l1_ratio, solver):
    model = family("logistic").build(params, make_context(Y))
    assert (model.l1_ratio, model.solver) == (l1_ratio, solver)


def test_boosting_sets_no_rows_aside_by_itself(make_context):
    assert family("boosting").build({}, make_context(Y)).early_stopping is False


@pytest.mark.parametrize("name", ["forest", "extra_trees"])
def test_forests_predict_with_one_thread(name, make_context):
    model = family(name).build({}, make_context(Y))
    family(name).settle(model)
    assert model.n_jobs is None


def test_lda_shrinks(make_context):
    model = family("lda").build({"shrinkage": 0.4}, make_context(Y))
    assert (model.solver, model.shrinkage) == ("lsqr", 0.4)
