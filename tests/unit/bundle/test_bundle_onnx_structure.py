"""What a ``model.onnx`` holds is known before anything computes it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from onnx import GraphProto, ModelProto, NodeProto, SparseTensorProto, TensorProto, helper, numpy_helper

from automl.bundle.onnx_structure import strange_parts

Change = Callable[[ModelProto], object]


def model(*nodes: NodeProto) -> ModelProto:
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 2])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 2])
    weights = numpy_helper.from_array(np.ones((2, 2), dtype=np.float32), "w")
    nodes = nodes or (helper.make_node("MatMul", ["x", "w"], ["y"]),)
    return helper.make_model(helper.make_graph(list(nodes), "made", [x], [y], [weights]))


def nested() -> GraphProto:
    return helper.make_graph([], "inner", [], [])


def test_an_ordinary_network_holds_nothing_strange() -> None:
    constant = helper.make_node("Constant", [], ["c"], value=numpy_helper.from_array(np.ones(3, dtype=np.float32)))
    made = model(constant, helper.make_node("Relu", ["x"], ["y"]))
    made.metadata_props.add(key="location", value="a word like any other")
    assert strange_parts(made.SerializeToString()) == ()


@pytest.mark.parametrize(
    ("node", "seen"),
    [
        (helper.make_node("Loop", ["n", "c", "x"], ["y"], body=nested()), ('the operator "Loop"', "a graph inside")),
        (helper.make_node("ConstantOfShape", ["x"], ["y"]), ('the operator "ConstantOfShape"',)),
        (helper.make_node("Relu", ["x"], ["y"], domain="com.example"), ('the domain "com.example"',)),
        (helper.make_node("Relu", ["x"], ["y"], inner=[nested()]), ("graphs inside an operator",)),
    ],
)
def test_operators_that_no_network_of_ours_has_are_named(node: NodeProto, seen: tuple[str, ...]) -> None:
    strange = strange_parts(model(node).SerializeToString())
    assert len(strange) == len(seen)
    for said, expected in zip(strange, seen, strict=True):
        assert expected in said


def external(tensor: TensorProto) -> None:
    tensor.external_data.add(key="location", value="secret")


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        (lambda m: external(m.graph.initializer[0]), "weights in another file"),
        (lambda m: setattr(m.graph.initializer[0], "data_location", TensorProto.EXTERNAL), "weights in another file"),
        (lambda m: m.graph.sparse_initializer.append(SparseTensorProto()), "sparse weights"),
        (lambda m: m.functions.add(name="own"), "functions of its own"),
        (lambda m: m.training_info.add(), "instructions to train it"),
    ],
)
def test_parts_that_no_network_of_ours_has_are_named(change: Change, seen: str) -> None:
    made = model()
    change(made)
    assert strange_parts(made.SerializeToString()) == (seen,)


def test_the_order_of_what_is_said_of_another_file_makes_no_difference() -> None:
    entry = b"\x12\x06secret\x0a\x08location"  # the value before its key, as no library writes it
    tensor = b"\x6a" + bytes([len(entry)]) + entry
    graph = b"\x2a" + bytes([len(tensor)]) + tensor
    assert strange_parts(b"\x3a" + bytes([len(graph)]) + graph) == ("weights in another file",)


def test_the_format_of_onnx_runtime_itself_is_strange() -> None:
    assert strange_parts(b"\x00\x00\x00\x00ORTM" + b"\x00" * 50) == ("a format of ONNX Runtime's own",)


@pytest.mark.parametrize("content", [b"\x3a", b"\x3a\x7fshort", b"\xff" * 20, b"\x3b", b"\x38\x01"])
def test_what_is_no_protocol_buffer_is_an_error(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"it ends|ten bytes|unknown type|a number where"):
        strange_parts(content)
