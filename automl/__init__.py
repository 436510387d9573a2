"""Search, track and export classifiers for sounds and tables, honestly judged.

The public names are resolved on first use, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from automl._version import __version__

if TYPE_CHECKING:
    from automl.estimator import AutoMLClassifier
    from automl.pipeline.checks import check_family
    from automl.workflows.predict import load
    from automl.workflows.search import search

__all__ = ["AutoMLClassifier", "__version__", "check_family", "load", "search"]

_HOMES = {
    "AutoMLClassifier": "automl.estimator",
    "check_family": "automl.pipeline.checks",
    "load": "automl.workflows.predict",
    "search": "automl.workflows.search",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'automl' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
