"""What a search says of ``model.onnx`` at its end."""

from __future__ import annotations

from automl.bundle.facts import OnnxFacts
from automl.workflows.finish import onnx_notes


def test_a_refused_model_onnx_is_said_with_its_reason() -> None:
    (note,) = onnx_notes(OnnxFacts(256, 0.3, "the probabilities differ by up to 3.0e-01 on 256 rows"))
    assert note == (
        "the bundle holds no model.onnx, so predicting starts TensorFlow: "
        "the probabilities differ by up to 3.0e-01 on 256 rows"
    )


def test_nothing_is_said_where_it_was_accepted_or_not_asked_for() -> None:
    assert onnx_notes(OnnxFacts(256, 1e-7, None)) == ()
    assert onnx_notes(None) == ()
