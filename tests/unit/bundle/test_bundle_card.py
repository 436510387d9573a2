from __future__ import annotations

from dataclasses import replace

import pytest
from bundle_examples import Example

from automl.bundle.card import card_text
from automl.bundle.facts import BundleFacts, OnnxFacts
from automl.bundle.manifest import Manifest, ScalerFacts
from automl.core.dataset import ColumnKind
from automl.core.estimate import Estimate


def card(facts: BundleFacts, *, identity: bool = False, has_script: bool = True) -> str:
    return card_text(manifest(facts, identity=identity), has_script=has_script)


def manifest(facts: BundleFacts, *, identity: bool = False) -> Manifest:
    return Manifest(facts, ScalerFacts("standard", identity, ("dose",)), {}, {}, "2026-11-03")


def test_a_score_has_its_interval_its_unit_its_method_and_what_no_skill_scores(example: Example) -> None:
    assert (
        "**log loss 0.35**, 95 % interval 0.28 to 0.44, over 41 values of `patient` (bbc-cv), "
        "0.693 for the class frequencies; lower is better"
    ) in card(example.facts)


def test_the_looks_at_a_holdout_are_counted(example: Example) -> None:
    looked = Estimate("roc_auc", 0.8, 0.7, 0.9, "row", 50, "holdout", looks=3)
    text = card(replace(example.facts, estimates=(looked,)))
    assert "over 50 rows (holdout, looked at 3 times); higher is better" in text


def test_a_trial_that_did_not_win_has_no_final_score(example: Example) -> None:
    text = card(replace(example.facts, estimates=()))
    assert "There is no final score" in text
    assert "log loss 0.31 (standard deviation 0.04) over 5 folds" in text


def test_the_score_in_the_search_is_never_the_result(example: Example) -> None:
    assert "do not report it" in card(example.facts)


def test_notes_and_groups_are_said(example: Example) -> None:
    text = card(example.facts)
    assert "- 3 rows are there twice." in text
    assert "Rows of one `patient` were kept together" in text


def test_only_what_is_there_is_explained(example: Example) -> None:
    assert "python predict.py" in card(example.facts)
    assert "python predict.py" not in card(example.facts, has_script=False)
    assert "scales nothing" in card(example.facts, identity=True)
    assert "scales nothing" not in card(example.facts)


def test_long_tables_are_cut(example: Example) -> None:
    kinds = {f"gene{i}": ColumnKind.NUMERIC for i in range(1000)}
    text = card(replace(example.facts, kinds=kinds))
    assert "`gene49` (numeric)" in text
    assert "gene50" not in text
    assert "and 950 more" in text


HOSTILE = "x`\n# Trusted\n<script>alert(1)</script> [click](http://evil) $title \x1b[31m\u202e"


@pytest.mark.parametrize("field", ["study", "config_words", "data", "positive", "group_name"])
def test_a_name_cannot_mark_up_the_card(example: Example, field: str) -> None:
    harmless = card(replace(example.facts, **{field: "name"}))
    text = card(replace(example.facts, **{field: HOSTILE}))
    assert_same_structure(text, harmless)


def test_columns_classes_and_notes_cannot_mark_up_the_card(example: Example) -> None:
    harmless = replace(example.facts, kinds={"a": ColumnKind.NUMERIC}, class_names=("b", "c"), notes=("d",))
    hostile = replace(
        example.facts, kinds={HOSTILE: ColumnKind.NUMERIC}, class_names=(HOSTILE, "c"), notes=(HOSTILE,), study="`"
    )
    assert_same_structure(card(hostile), card(harmless))


def assert_same_structure(text: str, harmless: str) -> None:
    """As many lines and code spans, no heading more, and no markup outside of code."""
    assert len(text.splitlines()) == len(harmless.splitlines())
    assert text.replace("\\`", "").count("`") == harmless.count("`")
    assert [line for line in text.splitlines() if line.startswith("##")] == [
        line for line in harmless.splitlines() if line.startswith("##")
    ]
    outside = "".join(text.replace("\\`", "").split("`")[::2])
    assert "<script>" not in outside
    assert "[click]" not in outside
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_a_network_says_in_which_files_it_is_and_how_far_they_agree(example: Example) -> None:
    network = replace(manifest(example.facts), network=((7,),), onnx=OnnxFacts(256, 1.2e-7, None))
    text = card_text(network, has_script=True)
    assert "`model.keras` the network for Keras" in text
    assert "on 256 rows of the training data its probabilities differ by at most 1.2e-07" in text


def test_a_network_without_model_onnx_says_why(example: Example) -> None:
    network = replace(manifest(example.facts), network=((7,),), onnx=OnnxFacts(256, 0.3, "the probabilities differ"))
    text = card_text(network, has_script=False)
    assert "There is no `model.onnx`,\nso predicting needs TensorFlow: the probabilities differ." in text


def test_a_converted_pipeline_says_how_it_takes_what_is_missing(example: Example) -> None:
    converted = replace(manifest(example.facts), onnx=OnnxFacts(60, 1e-7, None))
    text = card_text(converted, has_script=True)
    assert "a missing category is the text\n`nan`, a missing number NaN" in text
    assert "model.onnx" not in card(example.facts)
