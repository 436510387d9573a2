"""Whether a model and a manifest belong together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from automl.bundle.facts import BundleFacts
from automl.core.dataset import ColumnKind
from automl.pipeline.registry import stage, stage_names


def contradictions(pipeline: Any, facts: BundleFacts) -> Iterator[str]:
    """What the model says of itself and the manifest does not; empty when they belong together."""
    try:
        inputs = pipeline.named_steps["inputs"]
        columns = [str(name) for name in inputs.feature_names_in_]
        classes = np.asarray(pipeline.classes_).tolist()
        branches = [(name, [str(c) for c in names]) for name, _, names in inputs.transformers_]
    except Exception as err:  # noqa: BLE001 - a made-up object may lack or hold anything
        yield f"the model is not a pipeline of ours ({type(err).__name__}: {err})"
        return
    if columns != list(facts.kinds):
        different = sorted(set(columns) ^ set(facts.kinds)) or ["their order"]
        yield f"the columns of the model are not those of the manifest: {', '.join(different)[:200]}"
    else:
        yield from _kind_contradictions(branches, facts.kinds)
    if classes != list(range(len(facts.class_names))):
        yield f"the model knows the classes {classes}, the manifest {len(facts.class_names)}"


def _kind_contradictions(branches: list[tuple[str, list[str]]], kinds: Mapping[str, ColumnKind]) -> Iterator[str]:
    for branch, names in branches:
        readable = _readable_kinds(branch)
        if strange := [name for name in names if kinds[name] not in readable]:
            yield f'the model reads columns as "{branch}" that are not so in the manifest: {", ".join(strange)[:200]}'


def _readable_kinds(branch: str) -> frozenset[ColumnKind]:
    """The kinds of column a branch of the inputs takes; any kind for a branch of a plug-in that is not installed."""
    if branch == "numeric":
        return frozenset({ColumnKind.NUMERIC, ColumnKind.BOOLEAN})
    eaten = stage(branch).column_kind if branch in stage_names() else None
    return frozenset(ColumnKind) if eaten is None else frozenset({eaten})
