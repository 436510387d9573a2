"""Networks as ``.onnx`` content: every layer our networks may consist of."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import onnxruntime
import pytest

from automl.errors import MissingPackageError
from automl.models._keras_layers import with_head
from automl.models._keras_network import Predictor, TrainedNetwork, values
from automl.models._tensorflow import start_tensorflow
from automl.models.cnn import KerasCNN
from automl.models.mlp import KerasMLP

IMAGE, VECTOR = (16, 12), (3,)
MLPS = [
    {"activation": activation, "normalization": normalization}
    for activation, normalization in zip(
        ["relu", "selu", "silu", "mish", "gelu", "tanh"], ["none", "batch", "layer"] * 2, strict=True
    )
]
CNNS = [
    {"block": block, "head": head}
    for block, head in zip(["plain", "residual", "separable"], ["average", "average_max", "flatten"], strict=True)
]


def untrained(model: Any, shapes: list[tuple[int, ...]]) -> TrainedNetwork:
    """The network of a family with the weights it starts from."""
    start_tensorflow(1)
    made = with_head(model.layers, shapes, 3)
    return TrainedNetwork(Predictor(made), values(made.weights))


def off(network: TrainedNetwork, shapes: list[tuple[int, ...]], n_rows: int = 5) -> float:
    """The largest difference between a probability of the ``.onnx`` content and the same of the network."""
    rng = np.random.default_rng(0)
    parts = [rng.normal(size=(n_rows, *shape)).astype(np.float32) for shape in shapes]
    session = onnxruntime.InferenceSession(network.onnx_content(), providers=["CPUExecutionProvider"])
    names = [i.name for i in session.get_inputs()]
    assert names == [f"input_{i}" for i in range(len(shapes))]
    (found,) = session.run(["probabilities"], dict(zip(names, parts, strict=True)))
    return float(np.abs(found - network.predict_proba(parts)).max())


@pytest.mark.parametrize("params", MLPS, ids=lambda params: params["activation"])
def test_a_perceptron_computes_the_same_as_onnx(params: dict[str, Any]) -> None:
    assert off(untrained(KerasMLP(n_layers=2, width=8, **params), [VECTOR]), [VECTOR]) < 1e-6


@pytest.mark.parametrize("params", CNNS, ids=lambda params: params["block"])
def test_a_convolutional_network_computes_the_same_as_onnx(params: dict[str, Any]) -> None:
    model = KerasCNN(n_blocks=2, filters=4, inputs=(("image", IMAGE), ("vector", VECTOR)), **params)
    assert off(untrained(model, [IMAGE, VECTOR]), [IMAGE, VECTOR]) < 1e-6


def test_any_number_of_rows_goes_in() -> None:
    network = untrained(KerasMLP(n_layers=1, width=8), [VECTOR])
    assert max(off(network, [VECTOR], n_rows) for n_rows in (1, 7)) < 1e-6


def test_the_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    network = untrained(KerasMLP(n_layers=1, width=8), [VECTOR])
    monkeypatch.setitem(sys.modules, "tf2onnx", None)
    with pytest.raises(MissingPackageError, match="needs tf2onnx, and that is not installed") as caught:
        network.onnx_content()
    assert caught.value.hint == 'pip install "automl-search[onnx]"'
