"""What is in the files of a new bundle."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from automl.bundle.card import card_text
from automl.bundle.facts import BundleFacts, OnnxFacts
from automl.bundle.files import CARD, KERAS, MANIFEST, MODEL, ONNX, REQUIREMENTS, SCALER, SCRIPT, facts_of
from automl.bundle.manifest import Manifest, manifest_text
from automl.bundle.model_file import model_content, types_beyond_skops
from automl.bundle.onnx_check import network_as_onnx
from automl.bundle.scaler_file import scaler_content
from automl.bundle.script import is_plain, script_text
from automl.bundle.sklearn_onnx import pipeline_as_onnx
from automl.bundle.versions import requirements_text, third_parties, with_python
from automl.pipeline.fit import FittedPipeline
from automl.pipeline.network import KerasNetwork, network_parts
from automl.pipeline.registry import family

if TYPE_CHECKING:
    import pandas as pd


def model_files(
    fitted: FittedPipeline, facts: BundleFacts, X: pd.DataFrame | None, *, with_onnx: bool
) -> tuple[dict[str, bytes], OnnxFacts | None]:
    """The files that hold the model, and what the check of ``model.onnx`` found; ``X`` are rows to check it on."""
    if not _is_network(facts):
        contents = {MODEL: model_content(fitted.pipeline)}
        if not with_onnx:
            return contents, None
        assert X is not None, "model.onnx is checked on rows"
        contents[ONNX], onnx = pipeline_as_onnx(fitted.pipeline, X, facts.kinds)
        return contents, onnx
    before = fitted.pipeline[:-1]
    network: KerasNetwork = fitted.pipeline.steps[-1][1].network_
    contents = {MODEL: model_content(before), KERAS: network.keras_content()}
    shapes = _shapes(fitted)
    matrix = np.empty((0, sum(map(math.prod, shapes)))) if X is None else before.transform(X)
    content, onnx = network_as_onnx(network, network_parts(matrix, shapes))
    return (contents if content is None else {**contents, ONNX: content}), onnx


def _is_network(facts: BundleFacts) -> bool:
    return family(str(facts.config["model"])).read_network is not None


def _shapes(fitted: FittedPipeline) -> tuple[tuple[int, ...], ...]:
    return tuple(spec.shape for spec in fitted.inputs)


def bundle_contents(
    fitted: FittedPipeline,
    facts: BundleFacts,
    model: Mapping[str, bytes],
    *,
    onnx: OnnxFacts | None,
    created: datetime,
) -> dict[str, bytes]:
    """File name -> content; the manifest, which vouches for the others, comes last."""
    types = types_beyond_skops(model[MODEL])
    scaler, scaler_facts = scaler_content(fitted, facts.config)
    shapes = _shapes(fitted) if _is_network(facts) else None
    manifest = Manifest(facts, scaler_facts, {}, {}, created.isoformat(timespec="seconds"), network=shapes, onnx=onnx)
    fitted_with = third_parties(facts)
    needed = third_parties(facts, through_onnx=True) if shapes is not None and manifest.has_onnx else fitted_with
    manifest = replace(manifest, versions=with_python({**fitted_with, **needed}))
    contents = {**model, SCALER: scaler, REQUIREMENTS: requirements_text(needed).encode()}
    if is_plain(manifest, types):
        contents[SCRIPT] = script_text(types).encode()
    return sealed(contents, manifest)


def sealed(contents: Mapping[str, bytes], manifest: Manifest) -> dict[str, bytes]:
    """The files of a bundle with its card, and the manifest that vouches for them.

    Parameters
    ----------
    contents : file name -> content, all but these two
    manifest : its ``files`` do not matter
    """
    whole = {**contents, CARD: card_text(manifest, has_script=SCRIPT in contents).encode()}
    files = {name: facts_of(content) for name, content in whole.items()}
    return {**whole, MANIFEST: manifest_text(replace(manifest, files=files)).encode()}
