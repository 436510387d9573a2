"""A network as the bytes of an ``.onnx`` file."""

from __future__ import annotations

import warnings
from typing import Any

from automl.pipeline.network import require_onnx_packages

_OPSET = 17  # ONNX Runtime 1.12 and all later ones read it
_NEEDS = ("onnx", "tf2onnx")


def onnx_content(model: Any) -> bytes:
    """The content of an ``.onnx`` file that computes what ``model`` does: rows of any number in, probabilities out.

    Called as a function of TensorFlow rather than through Keras' own exporter, which gives inputs of a network with
    several of them no order and leaves out a function of TensorFlow that GELU needs.

    Parameters
    ----------
    model : Keras model from a list of inputs to probabilities

    Raises
    ------
    MissingPackageError
        If a package that converts is not installed.
    """
    require_onnx_packages("a network", *_NEEDS)
    import tensorflow as tf

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # tf2onnx 1.17 asks numpy and protobuf for what they will drop one day
        import tf2onnx

        specs = [tf.TensorSpec([None, *i.shape[1:]], tf.float32, f"input_{n}") for n, i in enumerate(model.inputs)]
        traced = tf.function(
            lambda *parts: {"probabilities": model(list(parts), training=False)},
            input_signature=specs,
            autograph=False,
        )
        made, _ = tf2onnx.convert.from_function(
            traced, specs, opset=_OPSET, custom_op_handlers={"Erfc": (_one_minus_erf, [])}
        )
    content: bytes = made.SerializeToString()
    return content


def _one_minus_erf(graph: Any, node: Any, name: str, _: Any) -> None:
    """ONNX has erf and no erfc, of which TensorFlow makes GELU."""
    import numpy as np

    one = graph.make_const(f"{name}_one", np.array(1, dtype=np.float32))
    node.type = "Erf"
    difference = graph.insert_new_node_on_output("Sub", node.output[0], name=f"{name}_from_one")
    graph.replace_inputs(difference, [one.output[0], node.output[0]])
