"""A small table with every kind of column, and models fitted on it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from automl.bundle.facts import BundleFacts, SearchScore
from automl.bundle.files import facts_of
from automl.core.dataset import ColumnKind, Dataset
from automl.core.estimate import Estimate
from automl.core.trial import Config
from automl.pipeline.fit import FittedPipeline, fit_pipeline

N_ROWS = 60
ONEHOT = {"encode": "onehot", "encode.onehot.min_share": 0.1}
LOGISTIC: Config = {**ONEHOT, "impute": "mean", "scale": "standard", "model": "logistic"}


def made_dataset() -> Dataset:
    """Two classes, told apart by ``dose``; some values are missing."""
    rng = np.random.default_rng(0)
    y = np.arange(N_ROWS) % 2
    dose = rng.normal(size=N_ROWS) + 2 * y
    dose[::7] = np.nan
    ward = np.array(["east", "west", "north"], dtype=object)[rng.integers(3, size=N_ROWS)]
    ward[::11] = np.nan
    X = pd.DataFrame({"dose": dose, "smoker": (rng.random(N_ROWS) > 0.5).astype(float), "ward": ward})
    kinds = {"dose": ColumnKind.NUMERIC, "smoker": ColumnKind.BOOLEAN, "ward": ColumnKind.CATEGORICAL}
    return Dataset("wards.csv", X, kinds, y.astype(np.int64), ("healthy", "ill"), "f" * 64)


@dataclass(frozen=True)
class Example:
    """A fitted model, what is said of it, and the data."""

    fitted: FittedPipeline
    facts: BundleFacts
    dataset: Dataset


def made_facts(config: Config, dataset: Dataset) -> BundleFacts:
    return BundleFacts(
        study="wards-1",
        trial=17,
        config=config,
        config_words="standard › logistic",
        data=dataset.name,
        fingerprint=dataset.fingerprint,
        n_rows=dataset.n_samples,
        kinds=dataset.kinds,
        class_names=dataset.class_names,
        positive="ill",
        metric="log_loss",
        search_score=SearchScore(0.31, 0.04, 5),
        estimates=(Estimate("log_loss", 0.35, 0.28, 0.44, "patient", 41, "bbc-cv", no_skill=0.693),),
        group_name="patient",
        notes=("3 rows are there twice.",),
    )


def made_example(config: Config) -> Example:
    dataset = made_dataset()
    fitted = fit_pipeline(config, dataset, np.arange(N_ROWS), 0)
    return Example(fitted, made_facts(config, dataset), dataset)


def edit_manifest(bundle: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    path = bundle / "manifest.json"
    table = json.loads(path.read_text())
    edit(table)
    path.write_text(json.dumps(table))


def reseal(bundle: Path, name: str, content: bytes) -> None:
    """Replace a file and rewrite its checksum, as whoever means harm would."""
    (bundle / name).write_bytes(content)
    facts = facts_of(content)
    edit_manifest(bundle, lambda table: table["files"].update({name: {"sha256": facts.sha256, "size": facts.size}}))
