"""What a model that is a network offers, so that it can be stored apart from the pipeline around it."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Sequence
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from automl.errors import DataError, MissingPackageError

Parts: TypeAlias = Sequence[NDArray[np.float32]]
"""Rows as a network takes them: for each of its inputs an array ``(n_rows, *shape)``."""


class Network(Protocol):
    """A trained network that answers; nothing else may be known of it. Used by one thread at a time."""

    def predict_proba(self, parts: Parts) -> NDArray[np.float64]:
        """(n_rows, n_classes) probabilities; those of a row sum to 1 in double precision."""


class KerasNetwork(Network, Protocol):
    """A network that can be written to files.

    A family whose fitted models hold one as ``network_`` sets ``ModelFamily.read_network``.
    """

    def keras_content(self) -> bytes:
        """The content of a ``.keras`` file that holds it."""

    def onnx_content(self) -> bytes:
        """The content of an ``.onnx`` file that computes the same, up to rounding. May raise anything."""


def unfolded(X: NDArray[np.float32], shapes: Sequence[tuple[int, ...]]) -> list[NDArray[np.float32]]:
    """The rows of a matrix, for each input of a network in its shape.

    Raises
    ------
    DataError
        If the matrix has another width than the shapes together.
    """
    ends = np.cumsum([math.prod(shape) for shape in shapes])
    if ends[-1] != X.shape[1]:
        raise DataError(f"inputs of shapes {list(shapes)} take {ends[-1]} columns, X has {X.shape[1]}")
    parts = np.split(X, ends[:-1], axis=1)
    return [np.ascontiguousarray(p).reshape(-1, *shape) for p, shape in zip(parts, shapes, strict=True)]


def network_parts(X: ArrayLike, shapes: Sequence[tuple[int, ...]]) -> Parts:
    """A matrix as a network takes it.

    Raises
    ------
    DataError
        If it has another width than the network, or a number that single precision cannot hold.
    """
    with np.errstate(over="ignore"):  # said in one line below
        matrix = np.asarray(X, dtype=np.float32)
    if not np.isfinite(matrix).all():
        raise DataError(
            f"{int((~np.isfinite(matrix)).any(axis=1).sum())} of {len(matrix)} rows hold, after preprocessing, numbers "
            "that a network cannot take: infinite, or beyond 3e38",
            hint="correct them in the data",
        )
    return unfolded(matrix, shapes)


def require_onnx_packages(what: str, *names: str) -> None:
    """Nothing, if the packages that make or run ``.onnx`` files are installed; ``what`` needs them.

    Raises
    ------
    MissingPackageError
        Otherwise; the hint is the command that installs them.
    """
    if missing := [name for name in names if importlib.util.find_spec(name) is None]:
        raise MissingPackageError(
            f"model.onnx of {what} needs {', '.join(missing)}, and that is not installed",
            hint='pip install "automl-search[onnx]"',
        )
