"""What a search is asked to do."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from automl.core.metric import METRICS
from automl.errors import RequestError
from automl.workflows.limits import limit_problems

DEFAULT_BUDGET = 100
TRACKING_VARIABLE = "MLFLOW_TRACKING_URI"
_MAX_WORKERS_PER_CORE = 8


@dataclass(frozen=True)
class SearchRequest:
    """A search as asked for; ``None`` means that the default is worked out from the data or the machine.

    Parameters
    ----------
    data : table or folder; ``None`` for the demo
    label, group : column, or ``name:REGEX`` for the first group of a pattern found in the file name
    drop : columns to leave out
    positive : the class to find; ``None`` for the rarer one
    test : a file, or a share between 0 and 1, judged on once; ``None`` for no holdout
    space : name or path; ``None`` for the packaged one that suits the data
    models : families; empty for those of the space
    budget : trials in all
    timeout_s : stop asking after this long; ``None`` for no limit
    trial_timeout_s : stop a trial after this long; ``None`` for ten times the median finished trial, at least 5 minutes
    trial_memory_mb : stop a trial that holds more; ``None`` for 80 % of the machine divided by the workers
    folds : ``None`` for 5, or fewer where the data demands it
    prune : stop a trial that is clearly worse after some of its folds, see ``core.pruning``
    workers : processes; ``None`` for one per physical core, 0 for this process (Python callers)
    name : of the study; ``None`` for one made from the data's name
    tracking_uri : of MLflow; ``None`` for the database in ``runs``
    tensorboard : folder that takes TensorBoard's logs of networks, in one named after the study; ``None`` for none
    sources : option -> where its value came from, for ``study.json``
    """

    data: str | None = None
    label: str | None = None
    group: str | None = None
    drop: tuple[str, ...] = ()
    positive: str | None = None
    test: str | None = None
    space: str | None = None
    models: tuple[str, ...] = ()
    metric: str = "log_loss"
    budget: int = DEFAULT_BUDGET
    timeout_s: float | None = None
    trial_timeout_s: float | None = None
    trial_memory_mb: float | None = None
    folds: int | None = None
    prune: bool = True
    workers: int | None = None
    seed: int = 0
    name: str | None = None
    runs: str = "runs"
    tracking_uri: str | None = None
    tensorboard: str | None = None
    sources: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        problems = list(self._problems())
        if problems:
            (message, hint), *others = problems
            raise RequestError(message, hint=hint, details=[m for m, _ in others])

    def _problems(self) -> Iterator[tuple[str, str | None]]:
        for option in ("data", "label", "group", "test", "space", "runs", "tensorboard"):
            if getattr(self, option) == "":
                what = "DATA" if option == "data" else f"--{option}"
                yield f'{what} is empty: ""', f"give {what} a value, or leave it out"
        if self.budget < 1:
            yield f"--budget must be at least 1, not {self.budget}", f"--budget {DEFAULT_BUDGET}"
        if self.metric not in METRICS:
            yield f'unknown metric "{self.metric}"', f"--metric takes one of: {', '.join(METRICS)}"
        if self.folds is not None and self.folds < 2:
            yield f"--folds must be at least 2, not {self.folds}", "--folds 5"
        if self.timeout_s is not None and not 0 < self.timeout_s < math.inf:
            yield f"--timeout must be positive and finite, not {self.timeout_s:g} s", "--timeout 10m"
        yield from limit_problems(self.trial_timeout_s, self.trial_memory_mb)
        if self.workers == 0 and self.is_trial_limited:
            yield "workers=0 evaluates in this process, where no trial can be stopped at its limit", "workers=1"
        if not 0 <= self.seed < 2**32:
            yield f"--seed must be between 0 and {2**32 - 1}, not {self.seed}", "--seed 0"
        most = _MAX_WORKERS_PER_CORE * (os.cpu_count() or 1)
        if self.workers is not None and not 0 <= self.workers <= most:
            yield (
                f"--workers must be between 1 and {most} on this computer, not {self.workers}",
                f"--workers {n_physical_cores()}",
            )
        if self.name is not None and not is_study_name(self.name):
            yield (
                f'--name "{self.name}" cannot be the name of a folder',
                "letters, digits, dots, dashes and underscores, 80 at most, not beginning with a dot",
            )
        if (share := self.test_share) is not None and not 0 < share < 1:
            yield f"--test {self.test} is no share between 0 and 1", "--test 0.2"

    @property
    def is_trial_limited(self) -> bool:
        """Whether a limit of one trial was asked for."""
        return self.trial_timeout_s is not None or self.trial_memory_mb is not None

    @property
    def test_share(self) -> float | None:
        """The share held out, ``None`` when ``test`` is a file or absent."""
        try:
            return None if self.test is None else float(self.test)
        except ValueError:
            return None

    @property
    def test_file(self) -> str | None:
        """The test file, ``None`` when ``test`` is a share or absent."""
        return self.test if self.test_share is None else None

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON; ``sources`` is left out."""
        values = asdict(self)
        del values["sources"]
        return values | {"drop": list(self.drop), "models": list(self.models)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> SearchRequest:
        """The request ``as_dict`` was made from; one from before trials were pruned does not prune."""
        return cls(**{"prune": False, **values, "drop": tuple(values["drop"]), "models": tuple(values["models"])})


def inline_if_alone(request: SearchRequest) -> SearchRequest:
    """One worker becomes the caller's process, unless trials are limited: only a worker can be stopped."""
    return request if request.workers != 1 or request.is_trial_limited else replace(request, workers=0)


def as_names(names: str | Sequence[str]) -> tuple[str, ...]:
    """Names from a list of them, or from one text with commas."""
    return tuple(name.strip() for name in names.split(",")) if isinstance(names, str) else tuple(names)


def is_study_name(name: str) -> bool:
    """Whether a study's folder may be called so."""
    allowed = all(c.isalnum() or c in "._-" for c in name)
    return 0 < len(name) <= 80 and allowed and not name.startswith(".")


def n_physical_cores() -> int:
    """Physical cores this process may use."""
    import psutil

    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(usable, psutil.cpu_count(logical=False) or usable))
