"""From a request to everything a search needs, before anything is written or fitted."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from automl.core.dataset import Dataset
from automl.core.metric import METRICS
from automl.core.plan import Plan
from automl.data.load import load_dataset, load_with_test
from automl.data.source import DataSource
from automl.evaluation.splits import make_plan
from automl.spaces.nodes import Space
from automl.spaces.render import summary_line
from automl.tracking.problems import without_credentials
from automl.workflows.choose_space import ChosenSpace, choose_space
from automl.workflows.events import Listener, Progress
from automl.workflows.logs import log_notes, require_logs
from automl.workflows.new_study import StudyDraft, plan_digest, require_place
from automl.workflows.request import SearchRequest


@dataclass(frozen=True)
class Prepared:
    """A search that could begin."""

    request: SearchRequest
    dataset: Dataset
    plan: Plan
    chosen: ChosenSpace
    is_data_in_memory: bool = False

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know before believing a score."""
        families = [f"{name} is not searched: {why}" for name, why in self.chosen.left_out.items()]
        logs = log_notes(self.request, self.space)
        return (*left_out_notes(self.dataset), *self.dataset.notes, *self.plan.notes, *families, *logs)

    @property
    def scoring(self) -> str:
        """One line: metric, folds, what is kept together, holdout."""
        return scoring_line(self.request.metric, self.plan, self.dataset)

    @property
    def space(self) -> Space:
        """What will be searched."""
        return self.chosen.space


def prepare(request: SearchRequest, listen: Listener, *, dataset: Dataset | None = None) -> Prepared:
    """Load the data, make the folds, choose the space.

    Parameters
    ----------
    dataset : instead of what ``request.data`` names, for callers who hold their data

    Raises
    ------
    UserError
        For whatever of it cannot be.
    """
    require_place(Path(request.runs), request.name)
    require_logs(request)
    holdout: NDArray[np.intp] | float | None = request.test_share
    is_data_in_memory = dataset is not None
    if dataset is None:
        dataset, test_rows = load_data(request, listen)
        holdout = test_rows if test_rows is not None else holdout
    plan = make_plan(dataset, n_folds=request.folds, holdout=holdout, seed=request.seed)
    chosen = choose_space(request.space, request.models, dataset, rows=plan.dev)
    return Prepared(request, dataset, plan, chosen, is_data_in_memory)


def load_data(request: SearchRequest, listen: Listener) -> tuple[Dataset, NDArray[np.intp] | None]:
    """The data of a request, and the rows of its test file (``None`` without one)."""

    def on_progress(done: int, total: int) -> None:
        listen(Progress("checking recordings", done, total))

    source = DataSource(request.data, request.label, request.group, request.drop, request.positive)
    if request.test_file is None:
        return load_dataset(source, on_progress=on_progress), None
    return load_with_test(source, request.test_file, on_progress=on_progress)


def draft_of(prepared: Prepared, *, created: str, versions: Mapping[str, str]) -> StudyDraft:
    """What the study's folder will hold.

    Parameters
    ----------
    created : date and time, ISO 8601
    versions : package -> version
    """
    request, dataset, chosen = prepared.request, prepared.dataset, prepared.chosen
    text = chosen.file.text
    parts = digest_parts(request, dataset.fingerprint, text, prepared.plan, chosen.space.families)
    facts = {
        "created": created,
        "uid": uuid4().hex,
        "versions": dict(versions),
        "request": request.as_dict()
        | {
            "data": absolute(request.data),
            "test": _absolute_test(request),
            "tracking_uri": without_credentials(request.tracking_uri or "") or None,
            "tensorboard": absolute(request.tensorboard),
        },
        "sources": dict(request.sources),
        "data": data_facts(dataset),
        "is_data_in_memory": prepared.is_data_in_memory,
        "plan_notes": list(prepared.plan.notes),
        "space": {"name": chosen.space.name, "origin": chosen.file.origin},
        "families": list(chosen.space.families),
        "left_out_families": chosen.left_out,
        "digests": parts,
        "looks": 0,
    }
    return StudyDraft(facts, text, prepared.plan, overall_digest(parts), request.budget)


def digest_parts(
    request: SearchRequest, fingerprint: str, space_text: str, plan: Plan, families: tuple[str, ...]
) -> dict[str, str]:
    """What must stay the same for old and new trials to be comparable; counters and places are not among it."""
    asked = {
        "metric": request.metric,
        "seed": request.seed,
        "families": list(families),
        "positive": request.positive,
    }
    return {
        "data": fingerprint,
        "space": hashlib.sha256(space_text.encode()).hexdigest(),
        "split": plan_digest(plan),
        "request": hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest(),
    }


def overall_digest(parts: Mapping[str, str]) -> str:
    """One digest over all the parts."""
    return hashlib.sha256(json.dumps(dict(parts), sort_keys=True).encode()).hexdigest()


def data_facts(dataset: Dataset) -> dict[str, Any]:
    """What ``study.json`` keeps of the data: no row of it."""
    counts = np.bincount(dataset.y, minlength=dataset.n_classes)
    return {
        "name": dataset.name,
        "description": dataset.description,
        "fingerprint": dataset.fingerprint,
        "n_samples": dataset.n_samples,
        "kinds": {column: kind.value for column, kind in dataset.kinds.items()},
        "classes": {name: int(n) for name, n in zip(dataset.class_names, counts, strict=True)},
        "positive": dataset.class_names[dataset.positive],
        "group": dataset.group_name,
        "n_groups": None if dataset.groups is None else len(np.unique(dataset.groups)),
        "left_out": dict(dataset.left_out),
        "notes": list(dataset.notes),
    }


def left_out_notes(dataset: Dataset) -> tuple[str, ...]:
    """One line that names the columns left out, each with the reason; none where every column is used."""
    if not dataset.left_out:
        return ()
    reasons = "; ".join(f"{column} ({why})" for column, why in dataset.left_out.items())
    n = len(dataset.left_out)
    return (f"{n} {'column is' if n == 1 else 'columns are'} left out: {reasons}",)


def scoring_line(metric: str, plan: Plan, dataset: Dataset) -> str:
    """One line: metric, folds, what is kept together, holdout."""
    parts = [METRICS[metric].title, f"{plan.n_folds} folds"]
    if dataset.group_name is not None:
        parts.append(f"rows of one {dataset.group_name} kept together")
    if len(plan.holdout):
        parts.append(f"{len(plan.holdout)} rows held out for one look at the end")
    return ", ".join(parts)


def space_line(chosen: ChosenSpace) -> str:
    """One line: the space's name and what it searches."""
    return f"{chosen.space.name}: {summary_line(chosen.space)}"


def absolute(path: str | None) -> str | None:
    """The path from the root, so that a study can be resumed from any folder."""
    return None if path is None else str(Path(path).resolve())


def _absolute_test(request: SearchRequest) -> str | None:
    return absolute(request.test_file) or request.test
