"""The MLflow experiment that belongs to a study: found by who made it, not by its name."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

from automl.core.ports import StudyInfo
from automl.tracking.client import load_mlflow
from automl.tracking.records import STUDY_TAG, UID_TAG
from automl.tracking.store import ROOT_TAG, artifact_root

_DATABASES = ("sqlite", "postgresql", "mysql", "mssql")


def find_experiment(client: Any, study: str, uid: str = "") -> Any | None:
    """The newest experiment of a study, ``None`` if there is none.

    Parameters
    ----------
    uid : the study's; experiments of another study of the same name are then left alone, and a renamed study is found
    """
    tag, value = (UID_TAG, uid) if uid else (STUDY_TAG, study)
    mark = '"' if "'" in value else "'"
    found = client.search_experiments(
        filter_string=f"tags.`{tag}` = {mark}{value}{mark}", order_by=["creation_time DESC"], max_results=1
    )
    return found[0] if found else None


def open_experiment(client: Any, uri: str, info: StudyInfo, *, runs: Path, on_note: Callable[[str], None]) -> Any:
    """The study's experiment, made if there is none.

    Its name is the study's, with a number where the name is taken: by another study, or by an experiment that was
    deleted, whose name MLflow keeps.
    """
    mlflow_exception = load_mlflow().exceptions.MlflowException
    for number in count(1):
        if (found := find_experiment(client, info.name, info.uid)) is not None:
            return found
        name = info.name if number == 1 else f"{info.name}-{number}"
        try:
            client.create_experiment(name, _artifact_location(uri, runs, name), tags=_tags(uri, info, runs))
        except mlflow_exception as err:
            # A server that answers too late has made the experiment: the next round finds it.
            if err.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
            continue
        if number > 1:
            on_note(f'MLflow has another experiment "{info.name}", so this study\'s is called "{name}"')
    raise AssertionError("there is always a next free number")


def _tags(uri: str, info: StudyInfo, runs: Path) -> dict[str, str]:
    tags = {"mlflow.experimentKind": "custom_model_development", STUDY_TAG: info.name}
    if info.uid:
        tags[UID_TAG] = info.uid
    if _is_database(uri):
        tags[ROOT_TAG] = runs.resolve().as_uri()
    return tags


def _artifact_location(uri: str, runs: Path, name: str) -> str | None:
    """Where artifacts go: a server decides for itself, but of a database MLflow would take the current directory."""
    return f"{artifact_root(runs)}/{quote(name, safe='')}" if _is_database(uri) else None


def _is_database(uri: str) -> bool:
    return uri.partition(":")[0].partition("+")[0] in _DATABASES
