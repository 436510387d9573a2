"""What a trial costs the driver beside its fitting: ask, record and track.

Ours (TPE behind ask and tell, journal with fsync, MLflow by batches) against ``hyperopt.fmin`` whose objective
logs with MLflow's fluent calls: the same space, the same parameters and metrics logged, the same machine, in one run.
Fitting is replaced by a formula, so CPU time of the process (all threads) is the overhead itself. Imports and the
creation of the database are left out on both sides. MLflow is called in turn, so that its work counts for the trial it
belongs to; in a search it has a thread of its own, and the loop does not wait for it.

    python benchmarks/search_overhead.py [--trials 200]
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from automl.core.budget import Budget
from automl.core.journal import Journal
from automl.core.metric import METRICS
from automl.core.ports import StudyInfo
from automl.core.study import Study
from automl.core.trial import Config, Suggestion, TrialResult, TrialState
from automl.execution.inline import InlineExecutor
from automl.spaces.configs import shared_labels
from automl.spaces.library import find_space
from automl.spaces.nodes import Space
from automl.tracking.mlflow import MlflowTracker
from automl.tracking.store import default_uri, prepare_store
from automl.workflows.choose_space import read_space

N_FOLDS, N_ROWS = 5, 569


@dataclass
class Clock:
    """CPU and wall time of each trial."""

    cpu: list[float]
    wall: list[float]

    def tick(self) -> None:
        """A trial ended."""
        self.cpu.append(time.process_time())
        self.wall.append(time.perf_counter())

    def around(self, trial: int, width: int = 10) -> tuple[float, float]:
        """Mean CPU and wall milliseconds of ``width`` trials around one."""
        first = min(max(0, trial - 1 - width // 2), len(self.cpu) - 1 - width)
        return tuple(1000 * (t[first + width] - t[first]) / width for t in (self.cpu, self.wall))  # type: ignore[return-value]


def fold_scores(config: Config) -> dict[str, tuple[float, ...]]:
    """Made-up scores that depend on the config."""
    x = sum(np.log1p(abs(v)) for v in config.values() if isinstance(v, int | float) and not isinstance(v, bool))
    rng = np.random.default_rng(int(1000 * x))
    return {name: tuple(0.5 + 0.1 * np.sin(x) + 0.01 * rng.random(N_FOLDS)) for name in METRICS}


def evaluate(suggestion: Suggestion) -> TrialResult:
    """As an evaluator would answer, without fitting."""
    scores = fold_scores(suggestion.config)
    oof = np.full((N_ROWS, 2), 0.5)
    loss = float(np.mean(scores["log_loss"]))
    return TrialResult(suggestion.number, TrialState.COMPLETE, loss=loss, fold_scores=scores, oof=oof, seconds=0.1)


def ours(space: Space, n_trials: int, runs: Path) -> Clock:
    """Ask, record and track as a search does."""
    from automl.samplers.hyperopt_tpe import HyperoptTPE

    folder = runs / "overhead"
    folder.mkdir()
    Journal.create(folder, study="overhead", digest="d", n_trials=3)
    journal, state = Journal.open(folder)
    clock = Clock([], [])
    tracker = MlflowTracker(default_uri(runs), runs=runs)
    labels = shared_labels(space)
    info = StudyInfo("overhead", str(folder), "made up", "f", "log_loss", n_trials, labels, space.families)
    tracker.study_started(info, ())

    def hear(trial: object) -> None:
        tracker.trial_finished(trial)  # type: ignore[arg-type]
        clock.tick()

    with journal:
        clock.tick()
        Study(journal, state, HyperoptTPE(space, 0), InlineExecutor(evaluate), on_finished=hear).run(Budget(n_trials))
    tracker.study_finished(None)
    clock.tick()
    return clock


def rival(space: Space, n_trials: int, runs: Path) -> Clock:
    """``fmin`` with an objective that logs through MLflow's fluent interface."""
    import hyperopt
    import mlflow

    from automl.samplers.encoding import hyperopt_space

    mlflow.set_tracking_uri(default_uri(runs))
    mlflow.set_experiment("fmin")
    clock = Clock([], [])

    def objective(point: dict[str, object]) -> float:
        config = dict(flat(point))
        scores = fold_scores(config)
        with mlflow.start_run():
            mlflow.log_params(config)
            mlflow.log_metrics({name: float(np.mean(s)) for name, s in scores.items()})
            mlflow.log_metrics({f"{name}_sd": float(np.std(s)) for name, s in scores.items()})
            for fold in range(N_FOLDS):
                mlflow.log_metrics({f"fold/{name}": s[fold] for name, s in scores.items()}, step=fold)
            mlflow.set_tags({"family": str(config.get("model")), "state": "complete"})
        clock.tick()
        return float(np.mean(scores["log_loss"]))

    clock.tick()
    hyperopt.fmin(
        objective, hyperopt_space(space), hyperopt.tpe.suggest, n_trials,
        rstate=np.random.default_rng(0), show_progressbar=False, verbose=False,
    )  # fmt: skip
    clock.tick()
    return clock


def flat(point: object, label: str = "") -> Iterator[tuple[str, object]]:
    """The scalars of a nested point, by dotted path."""
    if isinstance(point, dict):
        for key, value in point.items():
            yield from flat(value, f"{label}.{key}".strip("."))
    elif isinstance(point, tuple | list):
        for k, value in enumerate(point):
            yield from flat(value, f"{label}.{k}".strip("."))
    elif point is not None:
        yield label or "value", point


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=200)
    n_trials = parser.parse_args().trials
    import hyperopt  # noqa: F401
    import mlflow  # noqa: F401

    space = read_space(find_space("tabular", folder=Path("/")))
    clocks = {}
    for name, search in (("automl", ours), ("fmin + fluent MLflow", rival)):
        runs = Path(tempfile.mkdtemp())
        prepare_store(runs)
        clocks[name] = search(space, n_trials, runs)
        shutil.rmtree(runs)
    print(f"{'ms per trial':>24}" + "".join(f"  at {n:>4} cpu / wall" for n in (1, n_trials // 2, n_trials)))
    for name, clock in clocks.items():
        cells = [clock.around(n) for n in (1, n_trials // 2, n_trials)]
        print(f"{name:>24}" + "".join(f"  {cpu:8.1f} / {wall:6.1f}" for cpu, wall in cells))
    whole = [clock.cpu[-1] - clock.cpu[0] for clock in clocks.values()]
    print(f"CPU of {n_trials} trials: {whole[0]:.1f} s against {whole[1]:.1f} s: {whole[1] / whole[0]:.2f} times less")


if __name__ == "__main__":
    main()
