"""Whether there is a card for networks is known without TensorFlow."""

import sys

import pytest

from automl.workflows.gpu import has_gpu


@pytest.mark.parametrize("hidden", ["", "-1", " "])
def test_hidden_cards_are_not_used(monkeypatch, hidden):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", hidden)
    assert not has_gpu()


def test_looking_for_a_card_does_not_import_tensorflow(monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    before = "tensorflow" in sys.modules
    assert has_gpu() in (False, True)
    assert ("tensorflow" in sys.modules) is before
