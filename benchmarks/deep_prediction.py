"""CPU time, memory and latency of predicting with the bundle of a network: through ONNX Runtime and through Keras.

    python benchmarks/deep_prediction.py --rounds 5

The bundle is written anew: a multilayer perceptron of 185,000 weights behind one-hot, imputing and scaling.
*Cold* is the whole command ``automl predict BUNDLE TABLE`` in a process of its own, user and system time of all its
threads; through Keras the same command runs where ONNX Runtime cannot be imported. They take turns; read the ratio. The
rest of ``automl predict`` (scikit-learn, pandas, skops) is in both, and measured alone as *classical*: a logistic
regression. *Warm* is one row of a model that is loaded.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from automl.bundle.facts import BundleFacts, SearchScore
from automl.bundle.load import Bundle, load_bundle
from automl.bundle.write import write_bundle
from automl.core.dataset import ColumnKind, Dataset
from automl.core.trial import Config
from automl.pipeline.fit import fit_pipeline

N_ROWS, N_FEATURES = 200, 20
PLAIN: Config = {"encode": "onehot", "impute": "median", "scale": "standard"}
ARTICLE: Config = {"n_layers": 4, "width": 512, "shape": "funnel", "normalization": "none", "dropout": 0.0, "epochs": 2}
CONFIGS: dict[str, Config] = {
    "network": {**PLAIN, "model": "mlp", **{f"model.mlp.{name}": value for name, value in ARTICLE.items()}},
    "classical": {**PLAIN, "model": "logistic"},
}
PREDICT = """
import sys
if sys.argv.pop(1) == "keras":
    sys.modules["onnxruntime"] = None
from automl.cli.main import main
try:
    main()
finally:  # what wait4 says of the memory is that of this program, of which the process was forked
    print(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")), file=sys.stderr)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    dataset = made_dataset()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for model, config in CONFIGS.items():
            fitted = fit_pipeline(config, dataset, np.arange(N_ROWS), 0)
            write_bundle(folder / model, fitted, facts_of(config, dataset), X_check=dataset.X)
        dataset.X.to_csv(folder / "new.csv", index=False)
        print_cold(folder, rounds)
        for runtime in ("onnx", "keras"):
            print_warm(runtime, load_bundle(folder / "network", runtime=runtime), dataset.X)


def print_cold(folder: Path, rounds: int) -> None:
    print(f"cold, CPU seconds and MB of `automl predict` on {N_ROWS} rows, medians of {rounds} rounds")
    ways = {"onnx": "network", "keras": "network", "classical": "classical"}
    used: dict[str, list[tuple[float, float]]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, model in ways.items():
            used[way].append(cold(way, folder / model, folder / "new.csv"))
    for way, found in used.items():
        cpu, megabytes = (statistics.median(f[i] for f in found) for i in (0, 1))
        print(f"  {way:<10} {cpu:6.2f} s {megabytes:6.0f} MB")
    ratios = sorted(a[0] / b[0] for a, b in zip(used["onnx"], used["keras"], strict=True))
    print(f"  onnx / keras, round by round: {', '.join(f'{r:.2f}' for r in ratios)}")


def cold(way: str, bundle: Path, table: Path) -> tuple[float, float]:
    """CPU seconds and MB of one command, its end included."""
    command = [sys.executable, "-c", PREDICT, way, "predict", str(bundle), str(table)]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    with (
        tempfile.TemporaryFile("w+") as said,
        subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=said, cwd=bundle.parent, env=environment) as child,
    ):
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        lines = said.read().splitlines()
    if child.returncode:
        raise SystemExit("\n".join(lines))
    peak = next(line for line in lines if line.startswith("VmHWM"))
    return used.ru_utime + used.ru_stime, int(peak.split()[1]) / 1024


def print_warm(runtime: str, bundle: Bundle, X: pd.DataFrame) -> None:
    row = X.iloc[:1]
    matrix = np.asarray(bundle.pipeline[:-1].transform(row))
    network = bundle.pipeline.steps[-1][1]
    print(
        f"warm, {runtime}: {milliseconds(lambda: network.predict_proba(matrix)):.3f} ms for the network, "
        f"{milliseconds(lambda: bundle.predict_proba(row)):.2f} ms with the steps before it, one row"
    )


def milliseconds(action: object, n: int = 200) -> float:
    """Median of some calls, after three that warm up."""
    assert callable(action)
    seconds = []
    for i in range(n + 3):
        began = time.perf_counter()
        action()
        if i >= 3:
            seconds.append(time.perf_counter() - began)
    return 1000 * statistics.median(seconds)


def made_dataset() -> Dataset:
    rng = np.random.default_rng(0)
    y = np.arange(N_ROWS) % 2
    X = pd.DataFrame(
        rng.normal(size=(N_ROWS, N_FEATURES)) + y[:, np.newaxis], columns=[f"x{i}" for i in range(N_FEATURES)]
    )
    X["ward"] = np.array(["east", "west", "north"], dtype=object)[rng.integers(3, size=N_ROWS)]
    kinds = {name: ColumnKind.CATEGORICAL if name == "ward" else ColumnKind.NUMERIC for name in X}
    return Dataset("made", X, kinds, y.astype(np.int64), ("healthy", "ill"), "0" * 64)


def facts_of(config: Config, dataset: Dataset) -> BundleFacts:
    return BundleFacts(
        study="made-1",
        trial=1,
        config=config,
        config_words=str(config["model"]),
        data=dataset.name,
        fingerprint=dataset.fingerprint,
        n_rows=dataset.n_samples,
        kinds=dataset.kinds,
        class_names=dataset.class_names,
        positive="ill",
        metric="log_loss",
        search_score=SearchScore(0.5, None, 5),
    )


if __name__ == "__main__":
    main()
