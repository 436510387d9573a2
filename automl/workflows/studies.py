"""Look at a study without its data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from automl.core.estimate import Estimate
from automl.core.journal import JournalState, read_journal
from automl.core.leaderboard import Standing, standings
from automl.core.metric import METRICS, Metric
from automl.errors import RequestError
from automl.workflows.folder import StudyFolder, open_study
from automl.workflows.result import StudyResult


@dataclass(frozen=True)
class StudyView:
    """A study as its folder tells it, also while it runs.

    Parameters
    ----------
    standings : best first, those that are not complete last
    result : of the last finished session, ``None`` before there is any
    """

    folder: StudyFolder
    metric: Metric
    state: JournalState
    standings: tuple[Standing, ...]
    result: StudyResult | None

    def standing(self, number: int) -> Standing:
        """The line of one trial.

        Raises
        ------
        RequestError
            If the study has no such trial.
        """
        for standing in self.standings:
            if standing.trial.number == number:
                return standing
        raise RequestError(
            f"study {self.folder.name} has no finished trial {number}; it has {len(self.standings)}",
            hint=f"automl leaderboard {self.folder.name}",
        )


def view_study(name: str | None, runs: str) -> StudyView:
    """The study called ``name``, ``None`` for the newest.

    Raises
    ------
    StudyError
        If there is none or it is damaged.
    """
    folder = open_study(name, Path(runs))
    state = read_journal(folder.path)
    metric = METRICS[folder.facts["request"]["metric"]]
    ranked = tuple(standings(state.trials, metric))
    return StudyView(folder, metric, state, ranked, read_result(folder, state))


def read_result(folder: StudyFolder, state: JournalState) -> StudyResult | None:
    """The result of the study; ``None`` unless it has been judged since its last trial."""
    found = current_result(folder, state)
    try:
        return None if found is None else _result(folder, state, found)
    except (KeyError, TypeError) as err:
        raise folder.damaged_result(f"{type(err).__name__} {err}") from err


def current_result(folder: StudyFolder, state: JournalState) -> Mapping[str, Any] | None:
    """What ``result.json`` holds; ``None`` unless the study has been judged since its last trial."""
    found = folder.result
    try:
        is_current = found is not None and found["n_finished"] == len(state.trials)
    except (KeyError, TypeError) as err:
        raise folder.damaged_result(f"{type(err).__name__} {err}") from err
    return found if is_current and (folder.path / "best").is_dir() else None


def _result(folder: StudyFolder, state: JournalState, found: Mapping[str, Any]) -> StudyResult:
    metric = METRICS[found["metric"]]
    return StudyResult(
        name=folder.name,
        metric=metric,
        standings=tuple(standings(state.trials, metric)),
        estimates=tuple(Estimate(**e) for e in found["estimates"]),
        n_folds=found["in_the_search"]["n_folds"],
        n_tied=found["n_tied"],
        fastest_tied=found["fastest_tied"],
        folder=folder.path,
        bundle=folder.path / "best",
        notes=tuple(found["notes"]),
    )
