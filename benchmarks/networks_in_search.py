"""Networks in a search: what their workers hold and how soon they are there, and what networks bring at equal time.

    python benchmarks/networks_in_search.py [memory|start|quality ...]

Every part prints the machine's load; figures that are compared come from one run. ``quality`` needs the recordings of
``AUTOML_TEST_DATA`` (default ``../shared/data``) and takes six times as long as it is told, one search for each data
set and set of families.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psutil

from automl import search
from automl.core.trial import Suggestion
from automl.execution.limits import Limits
from automl.execution.processes import ProcessExecutor
from automl.samplers.random import RandomSampler
from automl.spaces.configs import default_configs
from automl.spaces.nodes import Space
from automl.workflows.events import unheard
from automl.workflows.preload import modules_for
from automl.workflows.prepare import Prepared, prepare
from automl.workflows.request import SearchRequest
from automl.workflows.trials import MakeEvaluator

DATA = Path(os.environ.get("AUTOML_TEST_DATA", "../shared/data"))
SOUNDS = {
    "spoken digits, speakers apart": {
        "data": str(DATA / "fsdd/recordings"),
        "label": r"name:^(\d)_",
        "group": r"name:^\d_(?P<speaker>[^_]+)_",
    },
    "ESC-10, source clips apart": {"data": str(DATA / "esc10"), "group": r"name:^\d-(?P<clip>\d+)-"},
}
CLASSICAL = ("knn", "svm", "logistic", "boosting", "xgboost", "forest", "extra_trees", "lda")
SETS = {"classical": CLASSICAL, "networks": ("mlp", "cnn"), "both": (*CLASSICAL, "mlp", "cnn")}


@contextmanager
def pool(prepared: Prepared, space: Space, *, memory_mb: float | None = None) -> Iterator[ProcessExecutor]:
    """One worker, as a search has it."""
    with tempfile.TemporaryDirectory() as folder:
        executor = ProcessExecutor(
            MakeEvaluator(prepared.dataset, prepared.plan, "log_loss"),
            1,
            log_dir=Path(folder),
            limits=Limits(memory_mb=memory_mb),
            modules_for=modules_for(space, prepared.dataset),
        )
        yield executor
        executor.close()


def prepared_demo(space: str, folder: str) -> Prepared:
    return prepare(SearchRequest(runs=f"{folder}/runs", space=space), unheard)


def evaluate(executor: ProcessExecutor, suggestion: Suggestion) -> None:
    executor.submit(suggestion)
    result = executor.next_finished(None)
    assert result is not None and result.error is None, result


def memory(seconds: float, n_trials: int = 200, memory_mb: float = 3000) -> None:
    """Resident memory of the worker over trials of made networks, each of another architecture, of three epochs."""
    with tempfile.TemporaryDirectory() as folder:
        prepared = prepared_demo("deep", folder)
        sampler, workers, sizes = RandomSampler(prepared.space, 0), set(), {}
        with pool(prepared, prepared.space, memory_mb=memory_mb) as executor:
            for number in range(1, n_trials + 1):
                asked = sampler.ask(number, ())
                assert asked is not None
                evaluate(executor, replace(asked, config={**asked.config, "model.mlp.epochs": 3}))
                (template,) = psutil.Process().children()
                for worker in template.children():
                    workers.add(worker.pid)
                    sizes[number] = worker.memory_info().rss / 2**20
    marks = [n for n in (1, 10, 25, 50, 100, 150, n_trials) if n in sizes]
    print("  resident MB after trial " + ", ".join(f"{n}: {sizes[n]:.0f}" for n in marks))
    print(f"  largest {max(sizes.values()):.0f} MB of {memory_mb:.0f} allowed; {len(workers)} workers in turn")


def start(seconds: float) -> None:
    """Wall seconds from nothing to the first result, and from a killed worker to the next: a network, and a forest."""
    with tempfile.TemporaryDirectory() as folder:
        prepared = prepared_demo("tabular", folder)
        configs = {str(c["model"]): c for c in default_configs(prepared.space)}
        for family, small in (("mlp", {"model.mlp.epochs": 1}), ("forest", {})):
            with pool(prepared, prepared.space) as executor:
                config = {**configs[family], **small}
                times = []
                for number in (1, 2, 3):
                    if number == 3:
                        for worker in list(executor._workers):
                            executor._remove(worker)
                    begun = time.perf_counter()
                    evaluate(executor, Suggestion(number, config, seed=0))
                    times.append(time.perf_counter() - begun)
            print(f"  {family}: first {times[0]:.1f}, next {times[1]:.1f}, after a killed worker {times[2]:.1f} s")


def quality(seconds: float) -> None:
    """Log loss and accuracy of what is found in equal time."""
    for name, source in SOUNDS.items():
        for families_name, families in SETS.items():
            with tempfile.TemporaryDirectory() as runs:
                n_cores = os.cpu_count() or 1
                result = search(
                    **source, models=families, runs=runs, budget=1000, timeout_s=seconds, workers=max(2, n_cores)
                )
            found = {e.metric: e for e in result.estimates}
            loss, accuracy = found["log_loss"], found["accuracy"]
            print(
                f"  {name}: {families_name}, {len(result.standings)} trials, best {result.best.trial.family}: log loss "
                f"{loss.value:.3f} ({loss.low:.3f} to {loss.high:.3f}), accuracy {accuracy.value:.3f}",
                flush=True,
            )


PARTS = {part.__name__: part for part in (memory, start, quality)}


def main() -> None:
    """Run the parts that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="default: all")
    parser.add_argument("--seconds", type=float, default=300.0, help="of each search of quality")
    args = parser.parse_args()
    for name in args.parts or PARTS:
        print(f"{name}: {PARTS[name].__doc__} Load {os.getloadavg()[0]:.1f}", flush=True)
        PARTS[name](args.seconds)


if __name__ == "__main__":
    main()
