"""Fitted models and bundles of them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from bundle_examples import LOGISTIC, Example, made_example

from automl.bundle.write import write_bundle
from automl.core.trial import Config


@pytest.fixture(scope="session")
def example() -> Example:
    """A scaled logistic regression."""
    return made_example(LOGISTIC)


@pytest.fixture(scope="session")
def example_of() -> Callable[[Config], Example]:
    """Makes an example of any config."""
    return made_example


@pytest.fixture(scope="session")
def _written(example: Example, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundles") / "best"
    write_bundle(folder, example.fitted, example.facts, X_check=example.dataset.X)
    return folder


@pytest.fixture
def bundle(_written: Path, tmp_path: Path) -> Path:
    """A copy of a bundle, for a test to spoil."""
    return shutil.copytree(_written, tmp_path / "bundle")
