"""A study's folder: found by name, read without loading its data."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from automl.core.journal import JOURNAL_NAME
from automl.core.plan import Fold, Plan
from automl.errors import RequestError, StudyError
from automl.workflows.request import SearchRequest
from automl.workflows.study_files import write_json

FORMAT = 3
"""Of ``study.json``: 2 adds the limits of trials and the families at rest to 1, 3 adds pruning and the folder of
TensorBoard's logs; the older ones are read as well."""

_RESTORE = "restore the file, or begin a new study"
_FACTS: dict[str, type] = {
    "request": dict, "data": dict, "digests": dict, "space": dict, "families": list, "plan_notes": list,
    "uid": str, "is_data_in_memory": bool, "looks": int,
}  # fmt: skip
"""What ``study.json`` must hold to be read again."""


@dataclass(frozen=True)
class StudyFolder:
    """A study on the disk.

    Parameters
    ----------
    facts : what stands in ``study.json``
    """

    path: Path
    facts: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Name of the study: that of its folder, which may have been renamed."""
        return self.path.name

    @property
    def resume_command(self) -> str:
        """What goes on with the study from the folder a person is in."""
        runs = self.path.parent
        return f"automl resume {self.name}" + ("" if runs.resolve() == Path("runs").resolve() else f" --runs {runs}")

    @property
    def space_text(self) -> str:
        """The space, verbatim."""
        path = self.path / "space.toml"
        try:
            return path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as err:
            raise StudyError(f"{path} cannot be read: {err}", hint=_RESTORE) from err

    @property
    def result(self) -> dict[str, Any] | None:
        """What the last finished session found, ``None`` before there is any."""
        try:
            found: dict[str, Any] = json.loads((self.path / "result.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except ValueError as err:
            raise self.damaged_result(str(err)) from err
        return found

    def damaged_result(self, why: str) -> StudyError:
        """What to raise of a ``result.json`` that cannot be read; it can be made again."""
        return StudyError(
            f"{self.path / 'result.json'} is damaged: {why}", hint=f"delete it, then: {self.resume_command}"
        )

    def plan(self) -> Plan:
        """The split, as made when the study began."""
        try:
            # opened here, because numpy leaves the file of a broken archive open
            with (self.path / "split.npz").open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                folds = tuple(Fold(arrays[f"train_{k}"], arrays[f"valid_{k}"]) for k in range(int(arrays["n_folds"])))
                return Plan(folds, arrays["dev"], arrays["holdout"], tuple(self.facts["plan_notes"]))
        except (OSError, ValueError, KeyError, EOFError, BadZipFile, zlib.error) as err:
            raise StudyError(f"{self.path / 'split.npz'} cannot be read: {err}", hint=_RESTORE) from err

    def current_looks(self) -> int:
        """How often the holdout has been looked at, read from the disk."""
        looks: int = self._current_facts()["looks"]
        return looks

    def update(self, **facts: Any) -> StudyFolder:
        """The folder with some of the facts replaced, on the disk too; the others are what stands there by now.

        Raises
        ------
        StudyError
            If ``study.json`` cannot be read or written.
        """
        changed = {**self._current_facts(), **facts}
        write_json(self.path / "study.json", changed)
        return StudyFolder(self.path, changed)

    def _current_facts(self) -> dict[str, Any]:
        path = self.path / "study.json"
        try:
            facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as err:
            raise StudyError(f"{path} cannot be read: {err}", hint=_RESTORE) from err
        return facts


def open_study(name: str | None, runs: Path) -> StudyFolder:
    """The study called ``name`` in ``runs``, or at the path ``name``; ``None`` for the newest in ``runs``.

    Raises
    ------
    StudyError
        If there is none, or it was written by a newer version.
    """
    path = _newest(runs) if name is None else _find(name, runs)
    try:
        facts = json.loads((path / "study.json").read_text(encoding="utf-8"))
    except OSError as err:
        raise StudyError(f"{path} is not a study: it has no readable study.json", hint=_what_exists(runs)) from err
    except ValueError as err:
        raise StudyError(f"{path / 'study.json'} is damaged: {err}", hint=_RESTORE) from err
    if not isinstance(facts, dict) or not isinstance(facts.get("format"), int):
        raise StudyError(f"{path / 'study.json'} is damaged: it has no format number", hint=_RESTORE)
    if facts["format"] > FORMAT:
        raise StudyError(
            f"{path / 'study.json'} has format version {facts['format']}, newer than this one reads ({FORMAT})",
            hint="upgrade automl-search",
        )
    if wrong := _wrong_facts(facts):
        raise StudyError(f"{path / 'study.json'} is damaged", hint=_RESTORE, details=wrong)
    return StudyFolder(path, facts)


def _wrong_facts(facts: Mapping[str, Any]) -> list[str]:
    wrong = [
        f"{key}: missing, or no {kind.__name__}" for key, kind in _FACTS.items() if type(facts.get(key)) is not kind
    ]
    if "request" in facts and not wrong:
        try:
            SearchRequest.from_dict({**facts["request"], "workers": None})  # this computer may have fewer cores
        except (KeyError, TypeError, RequestError) as err:
            wrong.append(f"request: {err}")
    return wrong


def studies(runs: Path) -> list[Path]:
    """Folders of the studies in ``runs``, the newest first."""
    # of os.path, because pathlib raises where a folder may not be looked into
    found = [p for p in runs.glob("[!.]*") if os.path.isfile(p / JOURNAL_NAME)]  # noqa: PTH113
    return sorted(found, key=lambda p: (p / JOURNAL_NAME).stat().st_mtime_ns, reverse=True)


def has_study(name: str, runs: Path) -> bool:
    """Whether ``name`` is a study in ``runs`` or the path of one, whole or damaged."""
    return _place(name, runs) is not None


def _place(name: str, runs: Path) -> Path | None:
    places = (runs / name, Path(name))
    return next((p for p in places if (p / "study.json").exists() or (p / JOURNAL_NAME).exists()), None)


def _find(name: str, runs: Path) -> Path:
    if (path := _place(name, runs)) is not None:
        return path.resolve()
    raise StudyError(f'there is no study "{name}" in {runs}', hint=_what_exists(runs))


def _newest(runs: Path) -> Path:
    found = studies(runs)
    if not found:
        raise StudyError(f"there is no study in {runs} yet", hint="automl search")
    return found[0].resolve()


def _what_exists(runs: Path) -> str:
    names = [p.name for p in studies(runs)[:8]]
    return f"studies in {runs}: {', '.join(names)}" if names else f"{runs} holds no study yet: automl search"
