"""Time of BBC-CV, and of the vectorised metrics against scikit-learn's functions in the same run.

    python benchmarks/bbc.py --trials 200 --rows 10000 --resamples 1000

The comparison scores one trial on ``--compared`` resamples in nine metrics both ways and prints the ratio of the two.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from automl.evaluation.estimates import bbc_cv, bbc_seconds
from automl.evaluation.metrics import resampled_scores

METRICS = ("log_loss", "roc_auc", "pr_auc", "accuracy", "balanced_accuracy", "f1", "precision", "sensitivity", "mcc")


def main() -> None:
    args = parse()
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, args.rows)
    p = 1 / (1 + np.exp(-rng.normal(size=(args.trials, args.rows)) - y))
    oof = np.stack([1 - p, p], axis=-1)
    print(f"BBC-CV, {args.trials} trials x {args.rows} rows x {args.resamples} resamples of rows")
    for metric in args.metrics:
        said = bbc_seconds(args.trials, args.rows, 2, metric, args.resamples)
        took = seconds(lambda metric=metric: estimate(oof, y, metric, args.resamples))
        print(f"  {metric:<10} {took:7.1f} s   (said beforehand: about {said:.1f} s)")
    counts = rng.multinomial(args.rows, np.full(args.rows, 1 / args.rows), size=args.compared)
    ours = seconds(lambda: resampled_scores(y, oof[0], 1, counts=counts, names=METRICS))
    theirs = seconds(lambda: [scores_of_scikit_learn(y, oof[0], weight) for weight in counts])
    print(f"{len(METRICS)} metrics of {args.compared} resamples")
    print(f"  vectorised {ours:.2f} s, scikit-learn {theirs:.2f} s, ratio {theirs / ours:.1f}")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--resamples", type=int, default=1000)
    parser.add_argument("--metrics", nargs="+", default=["log_loss", "roc_auc"], metavar="METRIC")
    parser.add_argument("--compared", type=int, default=50, help="resamples scored both ways")
    return parser.parse_args()


def seconds(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def estimate(oof: NDArray[np.float64], y: NDArray[np.int64], metric: str, n_resamples: int) -> None:
    rows = np.arange(len(y))
    bbc_cv(oof, y, rows, metric=metric, positive=1, unit="row", seed=0, n_resamples=n_resamples)


def scores_of_scikit_learn(y: NDArray[np.int64], proba: NDArray[np.float64], weight: NDArray[np.int64]) -> list[float]:
    from sklearn import metrics as m

    p, called = proba[:, 1], proba.argmax(axis=1)
    of_labels = (m.accuracy_score, m.balanced_accuracy_score, m.f1_score, m.precision_score, m.recall_score)
    return [
        m.log_loss(y, p, sample_weight=weight),
        m.roc_auc_score(y, p, sample_weight=weight),
        m.average_precision_score(y, p, sample_weight=weight),
        *(score(y, called, sample_weight=weight) for score in of_labels),
        m.matthews_corrcoef(y, called, sample_weight=weight),
    ]


if __name__ == "__main__":
    main()
