"""What a sampler should think of trials that are still running, measured by replaying recorded trials.

Searches with several workers on a simulated clock: nothing is fitted, a config has loss and seconds of the nearest
recorded one (``recorded_trials.Table.nearest``). What TPE is told of a pending trial:

    infinite   that it has no loss, which ``tpe.suggest`` counts as infinitely bad
    max, mean, min   a lie, the worst, mean or best loss of the finished trials: the constant liar of Ginsbourger,
               Le Riche & Carraro (2010), Kriging Is Well-Suited to Parallelize Optimization
    ignore     nothing

    python benchmarks/pending.py replay runs.jsonl [--seeds 10] [--workers 2 4 8] [--strategies infinite min ignore]
    python benchmarks/pending.py table runs.jsonl

``replay`` goes on where the file ends.
"""

from __future__ import annotations

import argparse
import hashlib
import heapq
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from recorded_trials import TASKS, Point, Table

from automl.core.ports import Sampler
from automl.core.trial import Config, Suggestion, Trial, TrialResult, TrialState
from automl.samplers.hyperopt_tpe import HyperoptTPE
from automl.samplers.random import RandomSampler
from automl.spaces.nodes import Space

LIES: Mapping[str, Callable[[Sequence[float]], float]] = {"max": max, "mean": lambda x: sum(x) / len(x), "min": min}
N_STARTUP = 20
FIRST_SEED = 1000  # the searches that were recorded had 1 to 3
NEAR = 0.05
Run: TypeAlias = Mapping[str, Any]
Key: TypeAlias = tuple[str, str, int, int]


class Asker:
    """TPE with a strategy for pending trials, by what a sampler offers to everyone."""

    def __init__(self, space: Space, seed: int, strategy: str) -> None:
        self._space, self._seed, self._strategy = space, seed, strategy
        self._finished: list[Trial] = []
        self._sampler: Sampler = self._new()

    def _new(self) -> Sampler:
        if self._strategy == "random":
            return RandomSampler(self._space, self._seed)
        return HyperoptTPE(self._space, self._seed, n_startup=N_STARTUP)

    def tell(self, trial: Trial) -> None:
        """Learn the truth."""
        self._finished.append(trial)
        self._sampler.tell(trial)

    def ask(self, number: int, pending: Sequence[Suggestion]) -> Config:
        """What to try next."""
        sampler = self._sampler
        if self._strategy in LIES and pending and len(self._finished) >= N_STARTUP:
            sampler, pending = self._told_lies(pending), ()
        suggestion = sampler.ask(number, () if self._strategy == "ignore" else pending)
        assert suggestion is not None
        return suggestion.config

    def _told_lies(self, pending: Sequence[Suggestion]) -> Sampler:
        lie = LIES[self._strategy]([float(trial.loss) for trial in self._finished if trial.loss is not None])
        sampler = self._new()
        for trial in self._finished:
            sampler.tell(trial)
        for suggestion in pending:
            sampler.tell(complete(suggestion, lie))
        return sampler


def complete(suggestion: Suggestion, loss: float) -> Trial:
    return Trial(suggestion, TrialResult(suggestion.number, TrialState.COMPLETE, loss))


def search(table: Table, strategy: str, *, workers: int, seed: int, n_trials: int) -> dict[str, Any]:
    """One search: a worker that becomes free is given a config at once.

    Returns
    -------
    losses : in the order in which the trials finished
    near : share of what the model proposed (what was asked after start-up) that lay near a pending trial
    again : share of it whose recorded config was that of an earlier trial
    digest : equal for searches that asked the same in the same order
    seconds : on the simulated clock
    """
    asker = Asker(table.space, seed, strategy)
    asked: dict[int, Suggestion] = {}
    rows: list[int] = []
    running: list[tuple[float, int]] = []
    losses: list[float] = []
    near: list[bool] = []
    now = 0.0
    while len(losses) < n_trials:
        while len(running) < workers and len(asked) < n_trials:
            number = len(asked) + 1
            pending = [asked[n] for n in sorted(n for _, n in running)]
            asked[number] = Suggestion(number, asker.ask(number, pending), 0)
            point = table.point(asked[number].config)
            near.append(any(is_near(point, table.point(other.config)) for other in pending))
            rows.append(table.nearest(asked[number].config))
            heapq.heappush(running, (now + table.seconds[rows[-1]], number))
        now, number = heapq.heappop(running)
        losses.append(table.losses[rows[number - 1]])
        asker.tell(complete(asked[number], losses[-1]))
    again = [row in rows[:n] for n, row in enumerate(rows)]
    first = N_STARTUP + workers - 1  # asked when the last trial of start-up had finished
    return {
        "losses": losses,
        "near": float(np.mean(near[first:])),
        "again": float(np.mean(again[first:])),
        "digest": hashlib.sha256(repr([sorted(s.config.items()) for s in asked.values()]).encode()).hexdigest()[:16],
        "seconds": now,
    }


def is_near(a: Point, b: Point) -> bool:
    """Whether all choices are the same and no number is further away than 5 % of its range."""
    return a.keys() == b.keys() and all(
        abs(a[label] - b[label]) <= NEAR if isinstance(a[label], float) else a[label] == b[label] for label in a
    )


def replay(args: argparse.Namespace) -> None:
    """Append every search that is not in the file yet."""
    done = {key_of(run) for run in read(args.file)}
    tables = {name: Table(TASKS[name]) for name in args.tasks}
    with args.file.open("a") as file:
        for seed in range(FIRST_SEED, FIRST_SEED + args.seeds):
            for name, table in tables.items():
                for strategy, workers in plans(args):
                    run = {"task": name, "strategy": strategy, "workers": workers, "seed": seed}
                    if key_of(run) not in done:
                        run |= search(table, strategy, workers=workers, seed=seed, n_trials=args.trials)
                        file.write(json.dumps(run) + "\n")
                        file.flush()


def plans(args: argparse.Namespace) -> Iterator[tuple[str, int]]:
    """Strategy and number of workers; with one worker nothing is pending, and all strategies are one."""
    yield "random", 1
    yield "infinite", 1
    for workers in args.workers:
        yield from ((strategy, workers) for strategy in args.strategies)


def key_of(run: Run) -> Key:
    return run["task"], run["strategy"], run["workers"], run["seed"]


def read(path: Path) -> list[Run]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def print_table(runs: Sequence[Run]) -> None:
    """Means over tasks and seeds, and by pairs the difference to ``infinite`` with its standard error."""
    measured = measures(runs)
    run_of = {key_of(run): run for run in runs}
    print(
        "W  strategy     n    regret: area, at 50, at the end   difference to infinite: the same    near  again  equal"
    )
    for workers, strategy in sorted({(key[2], key[1]) for key in measured}):
        keys = [key for key in measured if key[1:3] == (strategy, workers)]
        pairs = [(key, twin) for key in keys if (twin := (key[0], "infinite", workers, key[3])) in measured]
        near, again = (np.mean([run_of[key][what] for key in keys]) for what in ("near", "again"))
        n_equal = sum(run_of[key]["digest"] == run_of[twin]["digest"] for key, twin in pairs)
        gaps = np.array([measured[key] - measured[twin] for key, twin in pairs])
        values = " ".join(f"{value:6.3f}" for value in np.mean([measured[key] for key in keys], axis=0))
        print(
            f"{workers}  {strategy:<9} {len(keys):>4}   {values}   {'  '.join(map(with_error, gaps.T))}   "
            f"{near:6.1%} {again:6.1%}  {n_equal} of {len(pairs)}"
        )


def with_error(values: NDArray[np.float64]) -> str:
    """Mean and its standard error."""
    error = values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else np.inf
    return f"{values.mean():+.3f} ± {error:.3f}"


def measures(runs: Sequence[Run]) -> dict[Key, NDArray[np.float64]]:
    """Regret of the best so far: mean from the end of start-up on, at trial 50, at the end.

    0 is the best recorded loss of the task, 1 the mean best of random search at trial 50.
    """
    best = {key_of(run): np.minimum.accumulate(run["losses"]) for run in runs}
    measured = {}
    for task in sorted({key[0] for key in best}):
        zero = min(Table(TASKS[task]).losses)
        one = np.mean([curve[49] for key, curve in best.items() if key[:2] == (task, "random")])
        for key, curve in best.items():
            if key[0] == task:
                regret = (curve - zero) / (one - zero)
                measured[key] = np.array([regret[N_STARTUP:].mean(), regret[49], regret[-1]])
    return measured


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("replay", "table"))
    parser.add_argument("file", type=Path)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--trials", type=int, default=80, help="of each search, at least 50")
    parser.add_argument("--workers", type=int, nargs="+", default=[2, 4, 8])
    strategies = ("infinite", *LIES, "ignore")
    parser.add_argument("--strategies", nargs="+", choices=strategies, default=["infinite", "min", "ignore"])
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    args = parser.parse_args()
    if args.command == "replay":
        replay(args)
    print_table(read(args.file))


if __name__ == "__main__":
    main()
