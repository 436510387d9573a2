"""What pruning saves, what it costs, and what it does to the final number.

    python benchmarks/pruning.py record     # searches without pruning, 80 trials each, kept with their fold scores
    python benchmarks/pruning.py replay     # the rule on these, trial after trial: nothing is fitted
    python benchmarks/pruning.py search     # the same searches with pruning for real, where TPE is told of it
    python benchmarks/pruning.py estimates  # BBC-CV with and without the trials pruned, against thousands of fresh rows

The data are small tables that come with scikit-learn (see ``recorded_trials``), and made-up speakers: 30 groups of ten
rows, of which each belongs to one class.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from recorded_trials import RECORDED
from recorded_trials import dataset as table

from automl.core.dataset import Dataset
from automl.core.metric import METRICS, Metric
from automl.core.ports import Evaluate
from automl.core.pruning import bars, running_loss
from automl.core.trial import Trial, TrialState
from automl.data.frames import dataset_from_frame
from automl.samplers.hyperopt_tpe import HyperoptTPE
from automl.samplers.pruning import PruningSampler
from automl.spaces.nodes import Space

SEARCHES = [
    (data, space, seed)
    for data, space in (
        ("breast_cancer", "tabular_quick"),
        ("diabetes", "tabular_quick"),
        ("digits", "tabular_quick"),
        ("speakers", "tabular_quick"),
        ("diabetes", "tabular"),
        ("speakers", "tabular"),
    )
    for seed in (1, 2)
]
JUDGED = ("log_loss", "roc_auc", "accuracy")
N_TRIALS, N_FOLDS = 80, 5


# --- searches ---------------------------------------------------------------------------------------------------------


def speakers(seed: int, n_groups: int, n_rows: int, *, effect: float = 0.8) -> Dataset:
    """Speakers who differ from each other more than the classes do."""
    rng = np.random.default_rng(seed)
    of_row = np.repeat(np.arange(n_groups), n_rows)
    is_ill = np.repeat(rng.permutation(np.arange(n_groups) % 2), n_rows)
    own = rng.normal(size=(n_groups, 12))
    X = own[of_row] + rng.normal(size=(len(of_row), 12)) + effect * np.outer(is_ill - 0.5, np.linspace(1, 0, 12))
    frame = pd.DataFrame(X, columns=[f"f{k}" for k in range(12)])
    return dataset_from_frame(frame, np.where(is_ill, "ill", "well"), groups=of_row, name="speakers")


@cache
def dataset(name: str) -> Dataset:
    return speakers(0, 30, 10) if name == "speakers" else table(name)


def space_for(data: Dataset, name: str) -> Space:
    """A packaged space, narrowed to the data as a search does it."""
    from automl.spaces.library import find_space
    from automl.workflows.choose_space import fit_to, read_space

    return fit_to(read_space(find_space(name, folder=Path("/"))), data)


def evaluator(data: Dataset, seed: int = 0) -> Evaluate:
    from automl.evaluation.splits import make_plan
    from automl.workflows.trials import MakeEvaluator

    return MakeEvaluator(data, make_plan(data, n_folds=N_FOLDS, holdout=None, seed=seed), "log_loss")()


def searched(evaluate: Evaluate, space: Space, seed: int, *, prune: bool, n_trials: int = N_TRIALS) -> Iterator[Trial]:
    """The trials of a sequential search by log loss, as they come; those that fail are left out."""
    tpe = HyperoptTPE(space, seed)
    sampler = PruningSampler(tpe, METRICS["log_loss"]) if prune else tpe
    for number in range(1, n_trials + 1):
        suggestion = sampler.ask(number, ())
        assert suggestion is not None
        begun = time.process_time()
        result = replace(evaluate(suggestion), seconds=round(time.process_time() - begun, 3))
        sampler.tell(Trial(suggestion, result))
        if result.loss is not None:
            yield Trial(suggestion, result)


# --- recordings -------------------------------------------------------------------------------------------------------


def recording(data: str, space: str, seed: int) -> Path:
    return RECORDED / f"folds-{data}-{space}-{seed}.json.gz"


def record(data: str, space: str, seed: int) -> None:
    trials = [
        [dict(t.config), t.loss, t.result.seconds, {name: t.result.fold_scores[name] for name in JUDGED}]
        for t in searched(evaluator(dataset(data)), space_for(dataset(data), space), seed, prune=False)
    ]
    facts = {"rows": dataset(data).n_samples, "folds": N_FOLDS, "metric": "log_loss", "trials": trials}
    recording(data, space, seed).write_bytes(gzip.compress(json.dumps(facts).encode(), mtime=0))


def recorded(data: str, space: str, seed: int) -> list[Trial]:
    from automl.core.trial import Suggestion, TrialResult

    facts = json.loads(gzip.decompress(recording(data, space, seed).read_bytes()))
    trials = []
    for number, (config, loss, seconds, scores) in enumerate(facts["trials"], 1):
        scores = {name: tuple(folds) for name, folds in scores.items()}
        result = TrialResult(number, TrialState.COMPLETE, loss, scores, seconds=seconds)
        trials.append(Trial(Suggestion(number, config, seed=0), result))
    return trials


# --- the rule ---------------------------------------------------------------------------------------------------------


def loss_over_folds(trial: Trial, metric: Metric) -> float:
    loss = running_loss(trial.result.fold_scores[metric.name], metric)
    assert loss is not None
    return loss


def stops(trials: Sequence[Trial], metric: Metric) -> dict[int, int]:
    """Number of each pruned trial -> folds it did. What is pruned is not complete, so later bars do not know it."""
    complete: list[Trial] = []
    stopped: dict[int, int] = {}
    for trial in trials:
        scores = trial.result.fold_scores[metric.name]
        for k, bar in enumerate(bars(complete, trial.family, metric), 1):
            if bar is not None and (running_loss(scores[:k], metric) or 0.0) > bar:
                stopped[trial.number] = k
                break
        else:
            complete.append(trial)
    return stopped


def replay(metric: Metric) -> None:
    for data, space, seed in SEARCHES:
        trials = recorded(data, space, seed)
        stopped = stops(trials, metric)
        ranked = sorted(trials, key=lambda t: (loss_over_folds(t, metric), t.number))
        left_out = {t.number: N_FOLDS - stopped.get(t.number, N_FOLDS) for t in trials}
        folds = sum(left_out.values()) / len(trials) / N_FOLDS
        seconds = sum(t.result.seconds * left_out[t.number] / N_FOLDS for t in trials)
        best = next((rank for rank, t in enumerate(ranked, 1) if t.number in stopped), None)
        print(
            f"| {metric.name} | {data} | {space} | {seed} | {len(stopped)} of {len(trials)} | {folds:.0%} | "
            f"{seconds / sum(t.result.seconds for t in trials):.0%} | {best} |"
        )


def search() -> None:
    """With pruning for real; regret is the loss of the winner over that of the search without."""
    for data, space, seed in SEARCHES:
        whole = recorded(data, space, seed)
        pruned = list(searched(evaluator(dataset(data)), space_for(dataset(data), space), seed, prune=True))
        n_done = sum(t.result.n_folds_done for t in pruned)
        best = [min(t.loss for t in trials if t.is_complete and t.loss is not None) for trials in (whole, pruned)]
        seconds = [sum(t.result.seconds for t in trials) for trials in (whole, pruned)]
        print(
            f"| {data} | {space} | {seed} | {1 - n_done / N_FOLDS / len(pruned):.0%} | {seconds[0]:.0f} | "
            f"{seconds[1]:.0f} | {best[0]:.4f} | {best[1]:.4f} |",
            flush=True,
        )


# --- the final number -------------------------------------------------------------------------------------------------


def estimates(n_draws: int) -> None:
    """Of new draws of the speakers: the winner on fresh ones, and what BBC-CV says of it with and without pruning."""
    from automl.evaluation.metrics import scores
    from automl.pipeline.fit import fit_pipeline

    rows: dict[str, list[list[float]]] = {name: [] for name in JUDGED}
    for draw in range(n_draws):
        data, fresh = speakers(100 + draw, 30, 8, effect=1.5), speakers(900 + draw, 1000, 3, effect=1.5)
        trials = list(searched(evaluator(data), space_for(data, "tabular_quick"), draw, prune=False, n_trials=60))
        for name in JUDGED:
            metric = METRICS[name]
            complete = [t for t in trials if t.number not in stops(trials, metric)]
            winner, other = (min(ts, key=lambda t: loss_over_folds(t, metric)) for ts in (trials, complete))
            assert winner == other, "the winner was pruned"
            fitted = fit_pipeline(winner.config, data, np.arange(data.n_samples), winner.suggestion.seed)
            truth = scores(fresh.y, fitted.predict_proba(fresh.X), fresh.positive)[name]
            in_search = metric.score(loss_over_folds(winner, metric))
            assert truth is not None
            rows[name].append([truth, in_search, _bbc(trials, data, name), _bbc(complete, data, name)])
    for name, values in rows.items():
        found = np.array(values)
        shift: NDArray[np.float64] = found[:, 3] - found[:, 2]
        cells = " | ".join(f"{value:.4f}" for value in found.mean(axis=0))
        print(f"| {name} | {cells} | {shift.mean():+.4f} ± {shift.std(ddof=1) / len(shift) ** 0.5:.4f} |")


def _bbc(trials: Sequence[Trial], data: Dataset, metric: str) -> float:
    from automl.evaluation.estimates import bbc_cv

    oof = [t.result.oof for t in trials if t.result.oof is not None]
    units = data.units(np.arange(data.n_samples))
    found = bbc_cv(oof, data.y, units, metric=metric, positive=data.positive, unit="speaker", seed=0, n_resamples=300)
    return found.estimates[0].value


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("record", "replay", "search", "estimates"))
    parser.add_argument("--draws", type=int, default=10)
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    actions: dict[str, Callable[[], object]] = {
        "record": lambda: [record(*s) for s in SEARCHES],
        "replay": lambda: [replay(METRICS[name]) for name in JUDGED],
        "search": search,
        "estimates": lambda: estimates(asked.draws),
    }
    actions[asked.what]()


if __name__ == "__main__":
    os.environ["OMP_NUM_THREADS"] = "1"
    main()
