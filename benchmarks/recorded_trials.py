"""Trials recorded on small real tables, so that searches can be replayed without fitting anything.

Run as a script it evaluates configs of a packaged space and keeps loss and CPU seconds of each: half of them random,
the others proposed by three sequential TPE searches, so that a table is dense where searches go. The data comes with
scikit-learn; nothing is downloaded.

    python benchmarks/recorded_trials.py [diabetes-tabular ...]
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from automl.core.dataset import Dataset
from automl.core.ports import Sampler
from automl.core.trial import Config, Trial
from automl.samplers.hyperopt_tpe import HyperoptTPE
from automl.samplers.random import RandomSampler
from automl.spaces.nodes import Float, Int, Space
from automl.spaces.values import interval
from automl.spaces.walk import active_nodes

RECORDED = Path(__file__).parent / "recorded"
Point: TypeAlias = Mapping[str, Any]
"""A config whose numbers are shares of their range (of its logarithm if ``log``)."""


@dataclass(frozen=True)
class Task:
    """A space on a table; ``n_recorded`` configs of it are evaluated."""

    data: str
    space: str
    n_recorded: int
    n_folds: int = 3

    @property
    def name(self) -> str:
        """Of the recording, too."""
        return f"{self.data}-{self.space}"


TASKS = {
    task.name: task
    for task in (
        Task("breast_cancer", "tabular_quick", 600),
        Task("diabetes", "tabular_quick", 600),
        Task("digits", "tabular_quick", 500, n_folds=2),
        Task("diabetes", "tabular", 800),
    )
}


@cache
def dataset(name: str) -> Dataset:
    """At most 442 rows of a table that comes with scikit-learn."""
    from sklearn import datasets

    from automl.data.frames import dataset_from_frame

    data = getattr(datasets, f"load_{name}")(as_frame=True)
    X, y = data.data, data.target
    if name == "diabetes":  # how far the disease has gone after a year: above the median or not
        return dataset_from_frame(X, np.where(y > y.median(), "above", "below"), positive="above", name=name)
    rows = np.random.default_rng(0).permutation(len(X))[: {"breast_cancer": 300, "digits": 200}[name]]
    return dataset_from_frame(X.iloc[rows], y.iloc[rows], name=name)


def space_of(task: Task, text: str) -> Space:
    """The space of that text, narrowed to the data as a search does it."""
    from automl.spaces.library import SpaceFile
    from automl.workflows.choose_space import read_space
    from automl.workflows.fit_space import fit_to

    return fit_to(read_space(SpaceFile(task.space, "recorded", text, is_packaged=True)), dataset(task.data))


def record(task: Task) -> None:
    """Evaluate and write; a trial that fails is left out."""
    from automl.evaluation.splits import make_plan
    from automl.spaces.library import find_space
    from automl.workflows.trials import MakeEvaluator

    text = find_space(task.space, folder=Path("/")).text
    data = dataset(task.data)
    plan = make_plan(data, n_folds=task.n_folds, holdout=None, seed=0)
    evaluate = MakeEvaluator(data, plan, "log_loss")()
    trials, begun = [], time.process_time()
    for sampler, n_trials in _recorders(space_of(task, text), task.n_recorded):
        for number in range(1, n_trials + 1):
            suggestion = sampler.ask(number, ())
            assert suggestion is not None
            before = time.process_time()
            result = evaluate(suggestion)
            sampler.tell(Trial(suggestion, result))
            if result.loss is not None:
                trials.append([dict(suggestion.config), result.loss, round(time.process_time() - before, 3)])
    facts = {"rows": data.n_samples, "folds": task.n_folds, "metric": "log_loss", "space": text, "trials": trials}
    content = gzip.compress(json.dumps(facts).encode(), mtime=0)
    RECORDED.mkdir(exist_ok=True)
    (RECORDED / f"{task.name}.json.gz").write_bytes(content)
    took = time.process_time() - begun
    print(f"{task.name}: {len(trials)} of {task.n_recorded} trials, {took:.0f} s CPU, {len(content)} bytes")


def _recorders(space: Space, n_recorded: int) -> Iterator[tuple[Sampler, int]]:
    """Samplers, and how many trials each of them has."""
    yield RandomSampler(space, 0), n_recorded // 2
    n_left = n_recorded - n_recorded // 2
    for seed in range(1, 4):
        yield HyperoptTPE(space, seed), (n_left + seed - 1) // 3


class Table:
    """A recording, as an answer to any config of its space.

    Attributes
    ----------
    losses, seconds : of each row
    """

    def __init__(self, task: Task) -> None:
        facts = json.loads(gzip.decompress((RECORDED / f"{task.name}.json.gz").read_bytes()))
        self.space = space_of(task, facts["space"])
        self.losses: list[float] = [loss for _, loss, _ in facts["trials"]]
        self.seconds: list[float] = [seconds for *_, seconds in facts["trials"]]
        self._points: dict[str, list[tuple[int, Point]]] = {}
        for row, (config, *_) in enumerate(facts["trials"]):
            self._points.setdefault(config["model"], []).append((row, self.point(config)))

    def point(self, config: Config) -> Point:
        """See ``Point``; choices stay as they are."""
        point: dict[str, Any] = {}
        for label, node in active_nodes(self.space, config).items():
            value: Any = config[label]
            if isinstance(node, Float | Int):
                low, high = interval(node)
                value = (float(np.log(value) if node.log else value) - low) / (high - low)
            point[label] = value
        return point

    def nearest(self, config: Config) -> int:
        """Row of the nearest config of the same family; the first of several.

        The distance is a sum: 1 for a choice made differently, for a number the share of its range that lies between.
        A number that only one of the two has is not counted: a choice tells them apart.
        """
        point = self.point(config)
        return min((distance(point, other), row) for row, other in self._points[str(config["model"])])[1]


def distance(a: Point, b: Point) -> float:
    """See ``Table.nearest``."""
    return sum(
        abs(a[label] - b[label]) if isinstance(a[label], float) else float(a[label] != b[label])
        for label in a.keys() & b.keys()
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", nargs="*", choices=TASKS, default=list(TASKS))
    for name in parser.parse_args().tasks:
        record(TASKS[name])


if __name__ == "__main__":
    os.environ["OMP_NUM_THREADS"] = "1"
    main()
