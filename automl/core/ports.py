"""The protocols behind which the world stands: at most five methods each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from automl.core.dataset import Dataset
from automl.core.estimate import Estimate
from automl.core.trial import Config, Suggestion, Trial, TrialResult

if TYPE_CHECKING:
    import pandas as pd


class Sampler(Protocol):
    """Turns a space and the finished trials into the next config.

    Holds no state but the trials it was told, so a study is continued by telling it the journal again. Called from
    one thread.
    """

    def ask(self, number: int, pending: Sequence[Suggestion]) -> Suggestion | None:
        """The suggestion for trial ``number``; ``None`` when every config of the space has been asked, but for those
        of families at rest (``core.rest``), which are not suggested any more.

        The answer depends on the space, the study's seed, ``number``, what was told and ``pending`` (suggestions that
        are being evaluated) alone; equal calls give equal answers.
        """
        ...

    def tell(self, trial: Trial) -> None:
        """Learn from a finished trial, also one never asked for here. The order decides which families rest and
        nothing else. Only what the journal keeps is read: ``oof`` may be ``None``."""
        ...


class Executor(Protocol):
    """Evaluates suggestions, somewhere, and never raises for what a trial does.

    Called from one thread. ``close`` may be called at any time, twice too.
    """

    @property
    def capacity(self) -> int:
        """How many trials may be under way at once."""
        ...

    def submit(self, suggestion: Suggestion) -> None:
        """Start a trial. The caller keeps at most ``capacity`` under way."""
        ...

    def next_finished(self, timeout_s: float | None) -> TrialResult | None:
        """The next result; ``None`` when ``timeout_s`` passed first (``None`` waits for ever)."""
        ...

    def cancel(self, number: int) -> None:
        """Stop a trial now; no result of it will come. Unknown numbers are ignored."""
        ...

    def close(self) -> None:
        """End every process and free what is held."""
        ...


@dataclass(frozen=True)
class StudyInfo:
    """What a tracker is told of a study when it begins.

    Parameters
    ----------
    name : of the study; ``folder`` is its path, ``data`` the data's name for people
    metric : name of the metric searched for
    labels : label of every parameter shared by families (the stages and ``model``): those a chart needs in every run
    params : request and data facts worth showing, plain text
    uid : random, made with the study; tells it from another of the same name. Empty: the name alone tells
    """

    name: str
    folder: str
    data: str
    fingerprint: str
    metric: str
    n_trials: int
    labels: tuple[str, ...]
    families: tuple[str, ...]
    params: Mapping[str, str] = field(default_factory=dict)
    uid: str = ""


@dataclass(frozen=True)
class StudyEnd:
    """What a tracker is told when a study has its winner.

    Parameters
    ----------
    best : number of the winner
    curve : (trial number, best score so far) at each improvement
    bundle : path of the winner's bundle
    """

    best: int
    curve: tuple[tuple[int, float], ...]
    estimates: tuple[Estimate, ...]
    bundle: str


class Tracker(Protocol):
    """Mirrors a study somewhere people look. The journal is the truth, so a tracker may fail.

    Called from one thread. Any method may raise ``Exception``: the caller notes it and goes on. What could not be sent
    is sent at the next call that succeeds; a trial sent twice appears once.
    """

    def study_started(self, info: StudyInfo, finished: Sequence[Trial]) -> None:
        """A session begins; ``finished`` are the trials of earlier sessions: send those that are missing."""
        ...

    def trial_finished(self, trial: Trial) -> None:
        """A trial ended, in whatever state."""
        ...

    def study_finished(self, end: StudyEnd | None) -> None:
        """The session ends; ``None`` when it has no winner (stopped, or every trial failed). Send what is missing."""
        ...


class Predictor(Protocol):
    """Something fitted. It may have an attribute ``training`` that says how (``Training`` or ``None``)."""

    def predict_proba(self, X: pd.DataFrame) -> NDArray[np.float64]:
        """(n_samples, n_classes) probabilities; a class absent from the training rows has 0."""
        ...


Fit: TypeAlias = Callable[[Config, Dataset, NDArray[np.intp], int], Predictor]
"""``fit(config, dataset, rows, seed)``: everything that is fitted, fitted on ``rows`` only."""

Evaluate: TypeAlias = Callable[[Suggestion], TrialResult]
"""Evaluates a suggestion on every fold; never raises ``Exception``."""
