"""What a workflow tells the people watching it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from automl.core.leaderboard import Standing
from automl.core.metric import Metric
from automl.core.study import StopReason
from automl.core.trial import Trial
from automl.workflows.result import StudyResult


@dataclass(frozen=True)
class Progress:
    """Something slow goes on: ``done`` of ``total`` (0: unknown) units of ``what``."""

    what: str
    done: int = 0
    total: int = 0


@dataclass(frozen=True)
class Note:
    """Something a person should know; it changes nothing of what was asked."""

    text: str


@dataclass(frozen=True)
class Planned:
    """Data, folds and space are settled; nothing has been searched yet.

    Parameters
    ----------
    study, folder : ``None`` in a dry run
    scoring, space : one line each
    notes : of data, folds and space
    earlier : trials kept from earlier sessions, best first
    is_demo : whether the embedded data was taken because none was given
    """

    study: str | None
    folder: Path | None
    data: str
    n_samples: int
    metric: Metric
    scoring: str
    space: str
    notes: tuple[str, ...]
    n_trials: int
    earlier: tuple[Standing, ...]
    n_workers: int
    is_demo: bool

    @property
    def n_finished(self) -> int:
        """Number of trials kept from earlier sessions."""
        return len(self.earlier)


@dataclass(frozen=True)
class TrialEnded:
    """A trial ended; ``standing`` is its line, ``is_best`` whether it leads now."""

    trial: Trial
    standing: Standing
    is_best: bool
    n_finished: int


@dataclass(frozen=True)
class SearchEnded:
    """No more trials in this session."""

    reason: StopReason
    n_finished: int
    seconds: float


@dataclass(frozen=True)
class Finished:
    """The winner is refitted, judged and exported."""

    result: StudyResult


Event: TypeAlias = Progress | Note | Planned | TrialEnded | SearchEnded | Finished
Listener: TypeAlias = Callable[[Event], None]


def unheard(event: Event) -> None:
    """A listener for callers who want none."""
