"""``scaler.pkl``: the fitted scaler alone, plain scikit-learn. Written here, and never opened."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Sequence
from typing import Any

import numpy as np

from automl.bundle.manifest import ScalerFacts
from automl.core.trial import Config
from automl.pipeline.fit import FittedPipeline
from automl.pipeline.inputs import column_names
from automl.pipeline.registry import stage

_PROTOCOL = 4  # every Python that runs the versions in requirements.txt reads it


def scaler_content(fitted: FittedPipeline, config: Config) -> tuple[bytes, ScalerFacts]:
    """The pickled scaler, and what the manifest says of it.

    It knows the columns it expects by name (``feature_names_in_``). A model that scales nothing gets a transformer
    that returns what it is given, so that whoever uses the file need not ask.
    """
    transformer, columns = fitted.scaler
    if transformer is None:
        columns = _unscaled_columns(fitted.pipeline)
        return _pickled(_identity(columns)), ScalerFacts("none", True, columns)
    scaling = [str(config[name]) for name in config if "." not in name and name != "model" and _scales(name)]
    return _pickled(_named(transformer, columns)), ScalerFacts(" + ".join(scaling), False, tuple(columns))


def _pickled(transformer: Any) -> bytes:
    return pickle.dumps(transformer, protocol=_PROTOCOL)


def _scales(name: str) -> bool:
    return stage(name).role == "scale"


def _named(transformer: Any, columns: Sequence[str]) -> Any:
    """A copy that knows its columns; several scalers, one after the other, ask the first for them."""
    scaler = copy.deepcopy(transformer)
    first = getattr(scaler, "steps", [("", scaler)])[0][1]
    first.feature_names_in_ = np.array(columns, dtype=object)
    return scaler


def _identity(columns: Sequence[str]) -> Any:
    import pandas as pd
    from sklearn.preprocessing import FunctionTransformer

    return FunctionTransformer(feature_names_out="one-to-one").fit(pd.DataFrame(columns=list(columns), dtype=float))


def _unscaled_columns(pipeline: Any) -> tuple[str, ...]:
    """Names of the columns a scaler would have been fitted on: those after the inputs and what imputes them."""
    steps = pipeline.steps[:-1]
    before = [step for step in steps if step[0] == "inputs" or stage(step[0]).role == "impute"]
    return column_names(before, pipeline.steps[len(before)][1].n_features_in_)
