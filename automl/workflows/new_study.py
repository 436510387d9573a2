"""A study's folder, made whole or not at all."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from automl.bundle.files import sync_folder
from automl.core.disk import why_not_written
from automl.core.journal import Journal
from automl.core.plan import Plan
from automl.errors import StudyError
from automl.workflows.folder import FORMAT, StudyFolder, open_study
from automl.workflows.study_files import replace_json

_ELSEWHERE = "--runs DIR puts studies somewhere else"


@dataclass(frozen=True)
class StudyDraft:
    """What a study folder is made of.

    Parameters
    ----------
    facts : for ``study.json``, without the name
    digest : of request, space, split and data: the journal's first line
    n_trials : budget
    """

    facts: Mapping[str, Any]
    space_text: str
    plan: Plan
    digest: str
    n_trials: int


def require_place(runs: Path, name: str | None) -> None:
    """Nothing, if a study of that name can probably be made in ``runs``; said before data are read, which takes long.

    Raises
    ------
    StudyError
        If a study of that name exists, or ``runs`` is no folder that can be written or made.
    """
    if (why := why_no_folder(runs)) is not None:
        raise StudyError(f"{runs} cannot be written: {why}", hint=_ELSEWHERE)
    if name is not None:
        _require_new(name, runs)


def why_no_folder(path: Path) -> str | None:
    """Why files cannot be put into the folder ``path``, made where it is not there; ``None`` if they probably can."""
    try:
        place = next(p for p in (path.absolute(), *path.absolute().parents) if p.exists())
    except OSError as err:
        return err.strerror
    if not place.is_dir():
        return f"{place} is a file, not a folder"
    return None if os.access(place, os.W_OK | os.X_OK) else f"no permission to write in {place}"


def _require_new(name: str, runs: Path) -> None:
    if (runs / name).exists():
        raise StudyError(
            f"study {name} exists already in {runs}", hint=f"automl resume {name}, or choose another --name"
        )


def create_study(runs: Path, study: StudyDraft, *, name: str | None, stem: str) -> StudyFolder:
    """A new study folder; from the moment it exists the search can be resumed from it.

    Parameters
    ----------
    name : of the study; ``None`` for ``stem`` with the next free number

    Raises
    ------
    StudyError
        If a study of that name exists, or ``runs`` cannot be written.
    """
    try:
        runs.mkdir(parents=True, exist_ok=True)
        draft = runs / f".new-study-{os.getpid()}"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
    except OSError as err:
        raise _no_place(runs, err) from err
    try:
        for candidate in _candidates(runs, name, stem):
            _fill(draft, study, candidate)
            try:
                draft.rename(runs / candidate)
                sync_folder(runs)
            except OSError:
                if name is None and (runs / candidate).exists():
                    continue
                raise
            return open_study(candidate, runs)
    except OSError as err:
        raise _no_place(runs, err) from err
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    raise AssertionError("there is always a next free number")


def _no_place(runs: Path, err: OSError) -> StudyError:
    return StudyError(f"{runs} cannot be written: {why_not_written(runs / 'study', err)}", hint=_ELSEWHERE)


def _candidates(runs: Path, name: str | None, stem: str) -> Iterator[str]:
    if name is not None:
        _require_new(name, runs)
        yield name
        return
    stem = re.sub(r"[^\w.-]+", "-", stem).strip(".-")[:60] or "study"
    number = 1
    while True:
        if not (runs / f"{stem}-{number}").exists():
            yield f"{stem}-{number}"
        number += 1


def _fill(folder: Path, study: StudyDraft, name: str) -> None:
    shutil.rmtree(folder)
    folder.mkdir(mode=0o700)
    replace_json(folder / "study.json", {"format": FORMAT, "name": name, **study.facts})
    (folder / "space.toml").write_text(study.space_text, encoding="utf-8")
    np.savez_compressed(folder / "split.npz", **plan_arrays(study.plan))  # type: ignore[arg-type]
    (folder / "workers").mkdir()
    Journal.create(folder, study=name, digest=study.digest, n_trials=study.n_trials)
    for path in (folder / "space.toml", folder / "split.npz"):
        with path.open("rb+") as file:
            os.fsync(file.fileno())
    sync_folder(folder)


def plan_arrays(plan: Plan) -> dict[str, np.ndarray[Any, Any]]:
    """The plan as named arrays."""
    arrays: dict[str, np.ndarray[Any, Any]] = {
        "n_folds": np.array(plan.n_folds),
        "dev": plan.dev,
        "holdout": plan.holdout,
    }
    for k, fold in enumerate(plan.folds):
        arrays |= {f"train_{k}": fold.train, f"valid_{k}": fold.valid}
    return arrays


def plan_digest(plan: Plan) -> str:
    """sha256 over the split."""
    digest = hashlib.sha256()
    for name, array in sorted(plan_arrays(plan).items()):
        digest.update(name.encode() + np.ascontiguousarray(array, dtype=np.int64).tobytes())
    return digest.hexdigest()
