"""Whether ``model.onnx`` gives the probabilities of the model it was made from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from automl.bundle.facts import LARGEST_DIFFERENCE, OnnxFacts
from automl.bundle.onnx_file import OnnxNetwork
from automl.errors import MissingPackageError
from automl.pipeline.network import KerasNetwork, Parts, require_onnx_packages

_TOO_LARGE = f"the probabilities differ by up to {{:.1e}} on {{}} rows; at most {LARGEST_DIFFERENCE:.0e} is accepted"


def network_as_onnx(network: KerasNetwork, parts: Parts) -> tuple[bytes | None, OnnxFacts]:
    """The content of ``model.onnx`` and what the check found; no content if it is refused.

    Parameters
    ----------
    parts : rows of the training data, as the network takes them; without any, nothing is accepted
    """
    n_rows = len(parts[0])
    if not n_rows:
        return None, OnnxFacts(0, None, "there is no row to check it on")
    expected = network.predict_proba(parts)
    try:
        require_onnx_packages("a network", "onnxruntime")
        content = network.onnx_content()
        found = OnnxNetwork(content, [p.shape[1:] for p in parts], expected.shape[1]).predict_proba(parts)
    except MissingPackageError as err:
        return None, OnnxFacts(n_rows, None, f"{err.message} ({err.hint})")
    except Exception as err:  # noqa: BLE001 - a converter may raise anything; the bundle is whole without this file
        return None, OnnxFacts(n_rows, None, " ".join(f"it cannot be made: {type(err).__name__}: {err}".split())[:300])
    facts = judged(found, expected)
    return (None if facts.refused else content), facts


def judged(found: NDArray[np.float64], expected: NDArray[np.float64]) -> OnnxFacts:
    """What is to be said of two answers to the same rows."""
    n_rows = len(expected)
    if found.shape != expected.shape or not np.isfinite(found).all():
        return OnnxFacts(n_rows, None, f"its answers to {n_rows} rows cannot be probabilities")
    difference = float(np.abs(found - expected).max())
    refused = None if difference <= LARGEST_DIFFERENCE else _TOO_LARGE.format(difference, n_rows)
    return OnnxFacts(n_rows, difference, refused)
