"""``manifest.json``: written from facts, and read as what a stranger may have written."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from automl._version import __version__
from automl.bundle.facts import LARGEST_DIFFERENCE, BundleFacts, OnnxFacts, SearchScore
from automl.bundle.files import KERAS, MANIFEST, ONNX, WHOLE_AGAIN, FileFacts
from automl.bundle.schema import (
    Entry,
    is_count,
    is_flag,
    is_number,
    is_scalar,
    is_sha256,
    is_text,
    list_of,
    one_of,
    optional,
    problems,
    record,
    table_of,
)
from automl.core.dataset import ColumnKind
from automl.core.decision import Decision
from automl.core.estimate import Estimate
from automl.errors import BundleError

FORMAT = 2
"""Raised by whoever changes what a manifest says, or what a file of the bundle means."""

MAX_BYTES = 16 * 1024**2
"""No manifest is larger: one of 100,000 columns has about 10 MB."""


@dataclass(frozen=True)
class ScalerFacts:
    """What ``scaler.pkl`` holds.

    Parameters
    ----------
    step : option of the scale stage, ``"none"`` when the model scales nothing
    identity : whether it returns what it is given, because the model scales nothing
    columns : the columns it expects, in this order
    """

    step: str
    identity: bool
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Manifest:
    """Everything a bundle says of itself.

    Parameters
    ----------
    versions : package -> version it was made with, ``python`` among them
    files : every other file of the bundle
    created : ISO date and time
    network : for a model that is a network: the shapes of its inputs, for one row. ``model.skops`` then holds the steps
        before it, and ``model.keras`` the network
    onnx : what the check of ``model.onnx`` found, ``None`` if there was none
    automl : version of this package that wrote it
    """

    facts: BundleFacts
    scaler: ScalerFacts
    versions: Mapping[str, str]
    files: Mapping[str, FileFacts]
    created: str
    network: tuple[tuple[int, ...], ...] | None = None
    onnx: OnnxFacts | None = None
    automl: str = __version__

    @property
    def has_onnx(self) -> bool:
        """Whether ``model.onnx`` was found to give the probabilities of the model."""
        return self.onnx is not None and self.onnx.refused is None


def manifest_text(manifest: Manifest) -> str:
    """The manifest as JSON."""
    facts = manifest.facts
    table = {
        "format": FORMAT,
        "automl": manifest.automl,
        "created": manifest.created,
        "study": facts.study,
        "trial": facts.trial,
        "config": dict(facts.config),
        "config_words": facts.config_words,
        "data": {"name": facts.data, "fingerprint": facts.fingerprint, "rows": facts.n_rows, "group": facts.group_name},
        "input": [{"name": name, "kind": kind.value} for name, kind in facts.kinds.items()],
        "classes": facts.class_names,
        "positive": facts.positive,
        "decision": facts.decision.as_dict(),
        "metric": facts.metric,
        "search_score": asdict(facts.search_score),
        "estimates": [estimate.as_dict() for estimate in facts.estimates],
        "notes": facts.notes,
        "scaler": asdict(manifest.scaler),
        "network": manifest.network,
        "onnx": None if manifest.onnx is None else asdict(manifest.onnx),
        "versions": dict(manifest.versions),
        "files": {name: asdict(file) for name, file in manifest.files.items()},
    }
    return json.dumps(table, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def parse_manifest(content: bytes, *, where: str) -> Manifest:
    """The manifest written in ``content``; ``where`` names the bundle in messages.

    Raises
    ------
    BundleError
        If it is not JSON, has a newer format, or entries that cannot be; the details name every one of them.
    """
    table = _read_json(content, where)
    _check_format(table.get("format"), where)
    if table["format"] == 1:  # one file held the whole model
        table |= {"network": None, "onnx": None}
    wrong = problems(table, _ENTRIES)
    if not wrong and table["positive"] not in table["classes"]:
        wrong.append(f"positive: {table['positive']!r:.60}, expected one of the classes")
    if wrong or (wrong := list(_unlisted_models(table))):
        raise BundleError(
            f"{where}: {MANIFEST} says what cannot be",
            hint=WHOLE_AGAIN,
            details=wrong,
        )
    return _manifest(table)


def _read_json(content: bytes, where: str) -> dict[str, Any]:
    try:
        table = json.loads(content)
    except (ValueError, RecursionError) as err:  # bytes that are no text are a ValueError too
        raise BundleError(f"{where}: {MANIFEST} is not JSON ({err})", hint=WHOLE_AGAIN) from err
    if not isinstance(table, dict):
        raise BundleError(f"{where}: {MANIFEST} is not a JSON object", hint=WHOLE_AGAIN)
    return table


def _check_format(number: object, where: str) -> None:
    if type(number) is not int or number < 1:
        raise BundleError(
            f"{where}: {MANIFEST} has no format number ({number!r:.60}), so this is no bundle", hint=WHOLE_AGAIN
        )
    if number > FORMAT:
        raise BundleError(
            f"{where} is a bundle of format {number}, and this version of automl reads formats up to {FORMAT}",
            hint="pip install --upgrade automl-search",
        )


def _manifest(table: Mapping[str, Any]) -> Manifest:
    scaler = table["scaler"]
    return Manifest(
        facts=_facts(table),
        scaler=ScalerFacts(scaler["step"], scaler["identity"], tuple(scaler["columns"])),
        versions=table["versions"],
        files={name: FileFacts(**file) for name, file in table["files"].items()},
        created=table["created"],
        network=None if table["network"] is None else tuple(tuple(shape) for shape in table["network"]),
        onnx=None if table["onnx"] is None else OnnxFacts(**table["onnx"]),
        automl=table["automl"],
    )


def _facts(table: Mapping[str, Any]) -> BundleFacts:
    data = table["data"]
    return BundleFacts(
        study=table["study"],
        trial=table["trial"],
        config=table["config"],
        config_words=table["config_words"],
        data=data["name"],
        fingerprint=data["fingerprint"],
        n_rows=data["rows"],
        kinds={column["name"]: ColumnKind(column["kind"]) for column in table["input"]},
        class_names=tuple(table["classes"]),
        positive=table["positive"],
        metric=table["metric"],
        search_score=SearchScore(**table["search_score"]),
        estimates=tuple(Estimate(**estimate) for estimate in table["estimates"]),
        group_name=data["group"],
        decision=Decision(**table["decision"]),
        notes=tuple(table["notes"]),
    )


def _unlisted_models(table: Mapping[str, Any]) -> Iterator[str]:
    """Files that the other entries speak of."""
    onnx = table["onnx"]
    if table["network"] is not None and KERAS not in table["files"]:
        yield f"files: no {KERAS}, expected it because the model is a network"
    if (onnx is not None and onnx["refused"] is None) != (ONNX in table["files"]):
        yield f"files: {ONNX} is there or not, expected what the entry onnx says"


def _is_onnx(value: object) -> bool:
    if not record(rows=is_count, difference=optional(is_number), refused=optional(is_text))(value):
        return False
    assert isinstance(value, dict), "a record is a table"
    difference = value["difference"]
    return value["refused"] is not None or (difference is not None and 0 <= difference <= LARGEST_DIFFERENCE)


def _are_shapes(value: object) -> bool:
    is_shape = list_of(lambda n: is_count(n) and n > 0)
    return isinstance(value, list) and bool(value) and all(is_shape(shape) and shape for shape in value)


def _are_classes(value: object) -> bool:
    return isinstance(value, list) and all(map(is_text, value)) and len(set(value)) == len(value) >= 2


def _are_columns(value: object) -> bool:
    is_column = record(name=is_text, kind=one_of(*ColumnKind))
    if not isinstance(value, list) or not value or not all(map(is_column, value)):
        return False
    return len({column["name"] for column in value}) == len(value)


_ESTIMATE = record(
    metric=is_text,
    value=is_number,
    low=is_number,
    high=is_number,
    unit=is_text,
    n_units=is_count,
    method=one_of("bbc-cv", "holdout"),
    looks=is_count,
    no_skill=optional(is_number),
)

_ENTRIES = {
    "automl": Entry("a version", is_text),
    "created": Entry("a date", is_text),
    "study": Entry("a name", is_text),
    "trial": Entry("a number", is_count),
    "config": Entry("a table of plain values", table_of(is_scalar)),
    "config_words": Entry("text", is_text),
    "data": Entry(
        "name, fingerprint, rows and group",
        record(name=is_text, fingerprint=is_text, rows=is_count, group=optional(is_text)),
    ),
    "input": Entry("a list of columns, each with a name of its own and a kind", _are_columns),
    "classes": Entry("a list of two or more different names", _are_classes),
    "positive": Entry("a class", is_text),
    # Thresholds, calibration and patients are not applied yet: a bundle that asks for them must not seem to get them.
    "decision": Entry("the most probable class of a row", one_of(Decision().as_dict())),
    "metric": Entry("a name", is_text),
    "search_score": Entry("value, sd and n_folds", record(value=is_number, sd=optional(is_number), n_folds=is_count)),
    "estimates": Entry("a list of scores with their intervals", list_of(_ESTIMATE)),
    "notes": Entry("a list of sentences", list_of(is_text)),
    "scaler": Entry("step, identity and columns", record(step=is_text, identity=is_flag, columns=list_of(is_text))),
    "network": Entry("null, or the shapes of the inputs", optional(_are_shapes)),
    "onnx": Entry("null, or rows, difference and refused", optional(_is_onnx)),
    "versions": Entry("a table of versions", table_of(is_text)),
    "files": Entry(
        "a table of files, each with its sha256 and size", table_of(record(sha256=is_sha256, size=is_count))
    ),
}
