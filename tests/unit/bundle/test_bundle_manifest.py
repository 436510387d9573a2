from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from automl.bundle.facts import OnnxFacts
from automl.bundle.load import load_bundle
from automl.bundle.manifest import MAX_BYTES, manifest_text, parse_manifest
from automl.errors import BundleError


@pytest.fixture
def table(bundle: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((bundle / "manifest.json").read_text())
    return loaded


def parse(table: dict[str, Any]) -> None:
    parse_manifest(json.dumps(table).encode(), where="somewhere")


def test_a_manifest_is_read_as_it_was_written(bundle: Path) -> None:
    content = (bundle / "manifest.json").read_bytes()
    assert manifest_text(parse_manifest(content, where="")).encode() == content


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b"[]", b"null"])
def test_what_is_not_a_json_object_is_refused(content: bytes) -> None:
    with pytest.raises(BundleError, match=r"somewhere: manifest\.json is not (a )?JSON"):
        parse_manifest(content, where="somewhere")


def test_a_newer_format_asks_for_an_upgrade(table: dict[str, Any]) -> None:
    with pytest.raises(
        BundleError, match="bundle of format 3, and this version of automl reads formats up to 2"
    ) as caught:
        parse(table | {"format": 3})
    assert caught.value.hint == "pip install --upgrade automl-search"


def test_format_1_knows_no_networks_and_is_read(table: dict[str, Any]) -> None:
    old = {key: value for key, value in table.items() if key not in ("network", "onnx")} | {"format": 1}
    manifest = parse_manifest(json.dumps(old).encode(), where="somewhere")
    assert (manifest.network, manifest.onnx, manifest.has_onnx) == (None, None, False)


def test_a_network_and_its_check_are_read_as_they_were_written(table: dict[str, Any]) -> None:
    file = table["files"]["model.skops"]
    table["files"] |= {"model.keras": file, "model.onnx": file}
    table |= {"network": [[7], [64, 128]], "onnx": {"rows": 60, "difference": 1e-7, "refused": None}}
    manifest = parse_manifest(json.dumps(table).encode(), where="somewhere")
    assert (manifest.network, manifest.onnx) == (((7,), (64, 128)), OnnxFacts(60, 1e-7, None))
    assert json.loads(manifest_text(manifest)) == table


@pytest.mark.parametrize("number", [None, "1", True, 0, 1.0])
def test_a_format_is_a_number(table: dict[str, Any], number: object) -> None:
    with pytest.raises(BundleError, match="no format number"):
        parse(table | {"format": number})


def test_every_wrong_entry_is_named(table: dict[str, Any]) -> None:
    del table["created"]
    with pytest.raises(BundleError, match="says what cannot be") as caught:
        parse(table | {"classes": ["ill"], "trial": "17", "files": {"model.skops": {"sha256": "0", "size": 1}}})
    assert [line.split(":")[0] for line in caught.value.details] == ["created", "trial", "classes", "files"]


SPOILED: dict[str, Callable[[dict[str, Any]], object]] = {
    "config": lambda t: t.update(config={"model": ["svm"]}),
    "data": lambda t: t["data"].pop("rows"),
    "input": lambda t: t["input"].append(t["input"][0]),
    "input ": lambda t: t["input"][0].update(kind="picture"),
    "input  ": lambda t: t.update(input=[]),
    "classes": lambda t: t.update(classes=["ill", "ill"]),
    "positive": lambda t: t.update(positive="cured"),
    "decision": lambda t: t["decision"].update(threshold=0.3),
    "search_score": lambda t: t["search_score"].update(value="good"),
    "estimates": lambda t: t["estimates"][0].update(method="guess"),
    "notes": lambda t: t.update(notes="none"),
    "scaler": lambda t: t["scaler"].update(identity=0),
    "versions": lambda t: t.update(versions={"numpy": 2}),
    "network": lambda t: t.update(network=[[]]),
    "network ": lambda t: t.update(network=[[0]]),
    "onnx": lambda t: t.update(onnx={"rows": 9, "difference": 2e-4, "refused": None}),
    "onnx ": lambda t: t.update(onnx={"rows": 9, "difference": None, "refused": None}),
    "files": lambda t: t.update(network=[[7]]),
    "files ": lambda t: t.update(onnx={"rows": 9, "difference": 1e-7, "refused": None}),
    "files  ": lambda t: t["files"].update({"model.onnx": t["files"]["model.skops"]}),
}


@pytest.mark.parametrize("entry", SPOILED)
def test_an_entry_is_what_it_has_to_be(table: dict[str, Any], entry: str) -> None:
    SPOILED[entry](table)
    with pytest.raises(BundleError, match=rf"\n{entry.strip()}: .*, expected "):
        parse(table)


def test_a_huge_manifest_is_not_read(bundle: Path) -> None:
    with (bundle / "manifest.json").open("ab") as file:
        file.truncate(MAX_BYTES + 2)
    with pytest.raises(BundleError, match="more than any bundle needs"):
        load_bundle(bundle)
