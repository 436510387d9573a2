"""What tests of several floors need."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def _mlflow_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty MLflow database; its creation takes five seconds, a copy none."""
    from automl.tracking.store import DATABASE_NAME, prepare_store

    runs = tmp_path_factory.mktemp("mlflow")
    prepare_store(runs)
    return runs / DATABASE_NAME


@pytest.fixture
def tracked_runs(tmp_path: Path, _mlflow_database: Path) -> Path:
    """A folder for studies with an empty MLflow database in it."""
    runs = tmp_path / "runs"
    runs.mkdir()
    shutil.copy(_mlflow_database, runs)
    return runs
