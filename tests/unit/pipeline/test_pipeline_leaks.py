"""No fitted object knows anything of the rows it was not given."""

from dataclasses import replace

import numpy as np
import pytest

from automl.core.dataset import Dataset
from automl.pipeline.fit import fit_pipeline
from automl.pipeline.registry import family, family_names, stage

BASE = {"encode": "onehot", "impute": "mean", "scale": "standard", "select": "none"}
FAST = {
    "forest": {"model.forest.n_estimators": 5},
    "extra_trees": {"model.extra_trees.n_estimators": 5},
    "mlp": {"model.mlp.epochs": 3},
}
TRAIN, VALID = np.arange(45), np.arange(45, 60)
CONFIGS = [{**BASE, name: option} for name in ("encode", "impute", "scale", "select") for option in stage(name).options]


def poisoned(dataset: Dataset) -> Dataset:
    """The valid rows made unlike all others: huge values, no value missing, other categories, other classes."""
    X = dataset.X.copy()
    X.loc[VALID, ["age", "dose", "smoker"]] = 1e9
    X.loc[VALID, ["site", "ward"]] = "elsewhere"
    y = dataset.y.copy()
    y[VALID] = (y[VALID] + 1) % 3
    groups = dataset.groups.copy()
    groups[VALID] = 0
    return replace(dataset, X=X, y=y, groups=groups, sample_weight=np.where(np.isin(np.arange(60), VALID), 1e6, 1.0))


def unpoisoned(dataset: Dataset) -> Dataset:
    return replace(dataset, sample_weight=np.ones(dataset.n_samples))


@pytest.mark.parametrize("config", CONFIGS, ids=str)
def test_stages_see_training_rows_only(mixed, config):
    config = {**config, "model": "naive_bayes"}
    clean, poison = (fit_pipeline(config, d, TRAIN, 0) for d in (unpoisoned(mixed), poisoned(mixed)))
    assert np.array_equal(clean.predict_proba(mixed.X), poison.predict_proba(mixed.X))


@pytest.mark.filterwarnings("ignore:.*takes no weights:UserWarning", "ignore:margins rank left-out rows:UserWarning")
@pytest.mark.parametrize("name", [name for name in family_names() if not family(name).requires])
def test_families_see_training_rows_only(mixed, name):
    config = {**BASE, "model": name, **FAST.get(name, {})}
    clean, poison = (fit_pipeline(config, d, TRAIN, 0) for d in (unpoisoned(mixed), poisoned(mixed)))
    assert np.array_equal(clean.predict_proba(mixed.X), poison.predict_proba(mixed.X))
