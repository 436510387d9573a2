"""Predict without automl, for a model you made or trust: python predict.py TABLE.csv > predictions.csv

TABLE.csv: UTF-8, a header, commas between cells, decimal points. Needs what requirements.txt lists.
"""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import skops.io

FOLDER = Path(__file__).resolve().parent
TRUSTED: list[str] = []
BATCH = 1024
MISSING = {"", "na", "n/a", "#n/a", "nan", "null", "<na>"}
MISSING_NUMBER = {"none", "-", "--", "---", "?", "."}
YES_OR_NO = {"yes": 1.0, "y": 1.0, "true": 1.0, "t": 1.0, "no": 0.0, "n": 0.0, "false": 0.0, "f": 0.0}


def read_file(name: str, manifest: dict[str, Any]) -> bytes:
    """The content of a file, if it is the one the manifest was written for."""
    content = (FOLDER / name).read_bytes()
    if hashlib.sha256(content).hexdigest() != manifest["files"][name]["sha256"]:
        sys.exit(f"error: {name} has changed: its sha256 is not the one in manifest.json")
    return content


def read_model(manifest: dict[str, Any]) -> Any:
    """The fitted pipeline, or the steps of it before a network."""
    return skops.io.loads(read_file("model.skops", manifest), trusted=TRUSTED)


def read_network(manifest: dict[str, Any]) -> Any:
    """The network behind those steps; None where there is none."""
    if manifest["network"] is None:
        return None
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    content = read_file("model.onnx", manifest)
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def answer_of(network: Any, matrix: Any, shapes: list[list[int]]) -> Any:
    """The probabilities of some rows, which are cut up for the inputs of the network."""
    ends = np.cumsum([np.prod(shape) for shape in shapes])
    parts = np.split(np.asarray(matrix, dtype=np.float32), ends[:-1], axis=1)
    feed = {i.name: p.reshape(-1, *s) for i, p, s in zip(network.get_inputs(), parts, shapes, strict=True)}
    if not all(np.isfinite(part).all() for part in feed.values()):
        sys.exit("error: some rows hold infinite or too large numbers, which a network cannot take")
    proba = network.run(None, feed)[0].astype(np.float64)
    return proba / proba.sum(axis=1, keepdims=True)


def read_rows(path: str, columns: list[dict[str, str]]) -> pd.DataFrame:
    """The columns the model was fitted on, each of the kind it was fitted with."""
    cells = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    cells = cells.rename(columns=str.strip)
    if not len(cells):
        sys.exit(f"error: {path} has no data rows")
    if absent := [column["name"] for column in columns if column["name"] not in cells]:
        sys.exit(f"error: {path} lacks columns: {', '.join(absent)}")
    return pd.DataFrame({column["name"]: typed(cells[column["name"]], column["kind"]) for column in columns})


def typed(cells: pd.Series, kind: str) -> pd.Series:
    """Words for a categorical column, numbers for any other; NaN where a cell says nothing."""
    text = cells.str.strip().astype(object)
    text = text.mask(text.str.lower().isin(MISSING))
    if kind == "categorical":
        return text
    words = text.str.lower()
    if kind == "boolean":
        words = words.map(lambda word: YES_OR_NO.get(word, word), na_action="ignore")
    else:
        words = words.mask(words.isin(MISSING_NUMBER))
    found = pd.to_numeric(words, errors="coerce").astype(float)
    fits = found.isin((0.0, 1.0)) if kind == "boolean" else np.isfinite(found)
    if (bad := words.notna() & ~fits).any():
        sys.exit(f'error: column "{cells.name}", row {bad.argmax() + 1}: "{cells[bad].iloc[0]}" is not {kind}')
    return found


def main() -> None:
    """Write a row number, the most probable class and every probability of each row to standard output."""
    if len(sys.argv) != 2:
        sys.exit("usage: python predict.py TABLE.csv > predictions.csv")
    manifest = json.loads((FOLDER / "manifest.json").read_text(encoding="utf-8"))
    model, network = read_model(manifest), read_network(manifest)
    rows, classes = read_rows(sys.argv[1], manifest["input"]), manifest["classes"]
    if network is None:
        proba = model.predict_proba(rows).astype(np.float64)
    else:
        batches = [model.transform(rows[i : i + BATCH]) for i in range(0, len(rows), BATCH)]
        proba = np.concatenate([answer_of(network, batch, manifest["network"]) for batch in batches])
    answer = pd.DataFrame({f"p_{name}": proba[:, index] for index, name in enumerate(classes)})
    answer.insert(0, "label", [classes[index] for index in proba.argmax(axis=1)])
    answer.insert(0, "row", range(1, len(rows) + 1))
    answer.to_csv(sys.stdout, index=False)


if __name__ == "__main__":
    main()
