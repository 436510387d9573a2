"""The pipeline of a bundle whose model is a network: its steps from one file, the network from another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.pipeline import Pipeline

from automl.bundle.files import MODEL, WHOLE_AGAIN
from automl.errors import BundleError, DataError
from automl.pipeline.network import Network, network_parts


class NetworkClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """The last step of such a pipeline; it predicts indices of classes, and cannot be fitted again.

    Parameters
    ----------
    shapes : of the inputs of the network, for one row
    """

    def __init__(self, network: Network, shapes: Sequence[tuple[int, ...]], n_classes: int) -> None:
        self.network = network
        self.shapes = shapes
        self.n_classes = n_classes

    @property
    def classes_(self) -> NDArray[np.int64]:
        """(n_classes,) indices."""
        return np.arange(self.n_classes)

    def fit(self, X: ArrayLike, y: ArrayLike) -> Any:
        """It is fitted already.

        Raises
        ------
        DataError
            Always.
        """
        raise DataError("a network from a bundle is not trained again", hint="automl search makes another one")

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """(n_samples, n_classes) probabilities."""
        return self.network.predict_proba(network_parts(X, self.shapes))

    def predict(self, X: ArrayLike) -> NDArray[np.intp]:
        """(n_samples,) index of the class with the highest probability."""
        found: NDArray[np.intp] = self.predict_proba(X).argmax(axis=1)
        return found

    def __sklearn_is_fitted__(self) -> bool:
        return True


def completed(preprocessing: Any, model: NetworkClassifier, *, where: str) -> Any:
    """The whole pipeline.

    Raises
    ------
    BundleError
        If what was read is no preprocessing of ours; ``where`` names the bundle.
    """
    if not isinstance(preprocessing, Pipeline) or any(name == "model" for name, _ in preprocessing.steps):
        raise BundleError(f"{where}: {MODEL} holds no preprocessing for a network", hint=WHOLE_AGAIN)
    return Pipeline([*preprocessing.steps, ("model", model)])
