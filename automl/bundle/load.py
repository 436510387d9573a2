"""Read a bundle as if a stranger had made it: nothing is opened before it is checked, and no pickle ever."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from automl.bundle.consistency import contradictions
from automl.bundle.facts import BundleFacts
from automl.bundle.files import MODEL, WHOLE_AGAIN, read_files, read_manifest, unlisted
from automl.bundle.manifest import MAX_BYTES, Manifest, parse_manifest
from automl.bundle.model_file import read_pipeline
from automl.bundle.runtime import NETWORK_FILES, Runtime, choose_runtime, require_model_packages, with_network
from automl.bundle.structure import structure_problems
from automl.bundle.trusted import trusted_types
from automl.core.dataset import ColumnKind
from automl.core.decision import Decision
from automl.core.estimate import Estimate
from automl.errors import BundleError, DataError

if TYPE_CHECKING:
    import pandas as pd

_BATCH_ROWS = 1024  # of a network, whose rows may be pictures of many numbers


@dataclass(frozen=True)
class Bundle:
    """A model that was read, with what its manifest says of it.

    Parameters
    ----------
    notes : what is odd about the folder, though no reason to refuse it
    pipeline : fitted scikit-learn ``Pipeline``; its classes are indices into ``class_names``
    """

    path: Path
    manifest: Manifest
    pipeline: Any = field(repr=False)
    notes: tuple[str, ...] = ()

    @property
    def facts(self) -> BundleFacts:
        """Where the model comes from, what it takes and gives, and how good it is."""
        return self.manifest.facts

    @property
    def kinds(self) -> Mapping[str, ColumnKind]:
        """Column -> kind, every column the model needs."""
        return self.facts.kinds

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes, in the order of the probabilities."""
        return self.facts.class_names

    @property
    def positive(self) -> str:
        """Name of the class to find."""
        return self.facts.positive

    @property
    def decision(self) -> Decision:
        """How probabilities become a class."""
        return self.facts.decision

    @property
    def study(self) -> str:
        """Name of the search it comes from."""
        return self.facts.study

    @property
    def trial(self) -> int:
        """Number of the trial whose config was fitted."""
        return self.facts.trial

    @property
    def estimates(self) -> tuple[Estimate, ...]:
        """The final scores; empty for a trial that was not the winner."""
        return self.facts.estimates

    def predict_proba(self, X: pd.DataFrame) -> NDArray[np.float64]:
        """(n_samples, n_classes) probabilities.

        Parameters
        ----------
        X : typed as ``Dataset.X``; further columns and another order are fine

        Raises
        ------
        DataError
            If columns are missing.
        BundleError
            If what the model answers cannot be probabilities.
        """
        columns = list(self.kinds)
        if missing := [name for name in columns if name not in X.columns]:
            raise DataError(
                f"{len(missing)} of the {len(columns)} columns the model needs are missing", details=missing
            )
        shape = (len(X), len(self.class_names))
        if not len(X):
            return np.empty(shape)
        size = len(X) if self.manifest.network is None else _BATCH_ROWS
        batches = [X[columns].iloc[i : i + size] for i in range(0, len(X), size)]
        proba = np.concatenate([np.asarray(self.pipeline.predict_proba(b), dtype=np.float64) for b in batches])
        if proba.shape != shape or not np.isfinite(proba).all():
            raise BundleError(f"{self.path}: the model's answer cannot be probabilities of {shape[1]} classes")
        return proba

    def predict_indices(self, proba: NDArray[np.float64]) -> NDArray[np.intp]:
        """(n_samples,) class indices: the most probable class, the first of equal ones."""
        indices: NDArray[np.intp] = np.argmax(proba, axis=1)
        return indices


def load_bundle(path: Path, *, runtime: Runtime | None = None) -> Bundle:
    """The bundle in the folder ``path``, found to be whole, safe to read and consistent.

    The manifest is read first, then every listed file is compared with it, then the types in the model file with those
    this program trusts, then the model with the manifest and its native tables with what prediction expects of them.
    ``scaler.pkl`` is hashed and never opened. Files the manifest does not list are not read; a note names them.

    Checksums find accidents. Only where the folder comes from tells who made it.

    Parameters
    ----------
    runtime : for a network; ``None`` for ONNX Runtime where the bundle holds ``model.onnx`` and it is installed, which
        then needs neither TensorFlow nor the code that trained the network, and Keras elsewhere

    Raises
    ------
    BundleError
        If any of that fails.
    MissingPackageError
        If the model needs a package that is not installed.
    """
    where = str(path)
    manifest = parse_manifest(read_manifest(path, limit=MAX_BYTES), where=where)
    chosen = choose_runtime(manifest, runtime)
    contents = read_files(path, manifest.files, (MODEL, *NETWORK_FILES[chosen]))
    config = manifest.facts.config
    if chosen != "onnx":
        require_model_packages(manifest)
    steps = config if chosen is None else {name: value for name, value in config.items() if name != "model"}
    pipeline = read_pipeline(contents[MODEL], trusted_types(steps), where=where)
    problems = structure_problems(pipeline)
    if chosen is not None and not problems:
        pipeline = with_network(pipeline, contents, manifest, where=where)
    if problems or (problems := tuple(contradictions(pipeline, manifest.facts))):
        raise BundleError(
            f"{where}: {MODEL} is damaged or does not belong to this manifest",
            hint=WHOLE_AGAIN,
            details=problems,
        )
    return Bundle(path, manifest, pipeline, tuple(_notes(path, manifest, chosen)))


def _notes(path: Path, manifest: Manifest, runtime: Runtime | None) -> Iterator[str]:
    made, here = manifest.versions.get("scikit-learn"), version("scikit-learn")
    if made != here:
        yield f"made with scikit-learn {made} and read with {here}: probabilities may differ (see requirements.txt)"
    if runtime == "keras" and manifest.has_onnx and find_spec("onnxruntime") is None:
        yield 'the network runs through TensorFlow, which starts slowly: pip install "automl-search[onnx]" avoids that'
    if extra := unlisted(path, manifest.files):
        yield f"not listed in the manifest, so not read; do not run them: {', '.join(extra)}"
