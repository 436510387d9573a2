"""What a ``model.onnx`` consists of, read before ONNX Runtime sees it.

The file is a protocol buffer (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto). Only its structure is walked
here: operators that could loop for ever or make much of little, parts in other files, and functions of its own are
named instead of opened.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

# What the conversion of our networks makes, over all their activations, normalisations, blocks and heads, and a few
# that compute as harmlessly. None repeats, branches, or makes a tensor of a size that is only a number in the file.
_FINE = """
Add AveragePool BatchNormalization Cast Concat Constant Conv Div Elu Erf Exp Flatten Gather Gemm GlobalAveragePool
GlobalMaxPool Identity LeakyRelu Log MatMul Max MaxPool Min Mul Neg Pow Reciprocal ReduceMax ReduceMean ReduceSum Relu
Reshape Selu Shape Sigmoid Slice Softmax Softplus Sqrt Squeeze Sub Tanh Transpose Unsqueeze
"""
OPERATORS = frozenset(_FINE.split())

_INNER: Mapping[str, Mapping[int, str]] = {
    "model": {7: "graph"},
    "graph": {1: "node", 5: "tensor"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 10: "tensor"},
    "tensor": {},
}
_REFUSED: Mapping[str, Mapping[int, str]] = {
    "model": {20: "instructions to train it", 25: "functions of its own"},
    "graph": {15: "sparse weights"},
    "node": {},
    "attribute": {6: "a graph inside an operator", 11: "graphs inside an operator", 22: "sparse weights"},
    "tensor": {13: "weights in another file", 14: "weights in another file"},
}
_OPERATOR, _DOMAIN = 4, 7
_OF_ONNX_RUNTIME = b"ORTM"


def strange_parts(content: bytes) -> tuple[str, ...]:
    """What the file holds that no network of ours does, in words.

    Raises
    ------
    ValueError
        If it is no protocol buffer.
    """
    if content[4:8] == _OF_ONNX_RUNTIME:
        return ("a format of ONNX Runtime's own",)
    return tuple(dict.fromkeys(_strange(memoryview(content), "model")))


def _strange(data: memoryview, kind: str) -> Iterator[str]:
    for number, value in _fields(data):
        if number in _REFUSED[kind]:
            yield _REFUSED[kind][number]
        elif kind == "node" and number in (_OPERATOR, _DOMAIN):
            name = bytes(_text(value)).decode(errors="replace")
            if number == _OPERATOR and name not in OPERATORS:
                yield f'the operator "{name}"'
            if number == _DOMAIN and name:
                yield f'operators of the domain "{name}"'
        elif (inner := _INNER[kind].get(number)) is not None:
            yield from _strange(_text(value), inner)


def _text(value: memoryview | int) -> memoryview:
    if isinstance(value, int):
        raise ValueError("a number where text or a part belongs")
    return value


def _fields(data: memoryview) -> Iterator[tuple[int, memoryview | int]]:
    """Number and value of every field."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, at = _varint(data, at)
            yield number, value
            continue
        if wire == 2:
            size, at = _varint(data, at)
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
        else:
            raise ValueError(f"a field of the unknown type {wire}")
        if size > len(data) - at:
            raise ValueError("it ends in the middle of a field")
        yield number, data[at : at + size]
        at += size


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    """A number, and where the next one begins."""
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise ValueError("it ends in the middle of a number")
        byte, at = data[at], at + 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
    raise ValueError("a number of more than ten bytes")
