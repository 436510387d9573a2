"""What running trials costs beside fitting: the worker pool, and the journal of a long study.

Every part prints the machine's load beside its figures, and figures that are compared come from one run.

    python benchmarks/execution.py [overhead|replace|speedup|resume|growth ...]
"""

from __future__ import annotations

import argparse
import gc
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psutil
from made_up_trials import act, made_up, make

from automl.core.budget import Budget
from automl.core.journal import Journal, read_journal
from automl.core.ports import Executor
from automl.core.study import Study
from automl.core.trial import Suggestion, Trial
from automl.execution.inline import InlineExecutor
from automl.execution.limits import Limits
from automl.execution.processes import ProcessExecutor
from automl.samplers.hyperopt_tpe import HyperoptTPE
from automl.samplers.random import RandomSampler
from automl.spaces.library import find_space
from automl.spaces.narrow import only_families
from automl.workflows.choose_space import read_space
from automl.workflows.events import unheard
from automl.workflows.preload import modules_for
from automl.workflows.prepare import Prepared, prepare
from automl.workflows.request import SearchRequest
from automl.workflows.trials import MakeEvaluator


@contextmanager
def pool(capacity: int = 1) -> Iterator[ProcessExecutor]:
    """Workers as a search on a table has them, both watched limits on."""
    with tempfile.TemporaryDirectory() as folder:
        prepared = prepared_demo(Path(folder))
        executor = ProcessExecutor(
            make,
            capacity,
            log_dir=Path(folder),
            limits=Limits(memory_mb=4000),
            modules_for=modules_for(prepared.space, prepared.dataset),
        )
        yield executor
        executor.close()


def prepared_demo(folder: Path) -> Prepared:
    """The embedded data and the packaged space."""
    return prepare(SearchRequest(runs=str(folder / "runs")), unheard)


def ask(number: int, **config: str | float) -> Suggestion:
    """A trial for ``act``."""
    return Suggestion(number, {"model": "knn", **config}, seed=0)


def evaluate(executor: Executor, suggestion: Suggestion) -> None:
    """Submit one trial and wait for its result."""
    executor.submit(suggestion)
    assert executor.next_finished(None) is not None


def overhead(n_trials: int = 300) -> None:
    """Submit to result of a trial that does nothing."""
    with pool() as executor, ProcessPoolExecutor(1) as rival:
        evaluate(executor, ask(1))
        rival.submit(act, ask(1)).result()
        rows = {
            "inline": lambda n: evaluate(InlineExecutor(act), ask(n)),
            "our pool, time and memory watched": lambda n: evaluate(executor, ask(n)),
            "concurrent.futures, nothing watched": lambda n: rival.submit(act, ask(n)).result(),
        }
        for name, step in rows.items():
            wall, cpu = time.perf_counter(), time.process_time()
            for number in range(2, n_trials + 2):
                step(number)
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            print(
                f"  {name:36} {1000 * wall / n_trials:6.2f} ms wall  {1000 * cpu / n_trials:6.2f} ms CPU of the driver"
            )


def replace(n_times: int = 20) -> None:
    """From the news that a worker was killed to the result of the next trial."""
    with pool() as executor:
        begun = time.perf_counter()
        evaluate(executor, ask(1))
        print(f"  first worker, its template included  {time.perf_counter() - begun:.2f} s")
        taken = []
        for number in range(2, 2 * n_times, 2):
            evaluate(executor, ask(number, do="die"))
            begun = time.perf_counter()
            evaluate(executor, ask(number + 1))
            taken.append(time.perf_counter() - begun)
    print(f"  a killed worker is replaced in        {statistics.median(taken):.3f} s (median of {len(taken)})")


def speedup(n_trials: int = 40, cpu_s: float = 0.25) -> None:
    """The same fixed trials with one worker and with two."""
    seconds = {}
    for capacity in (1, 2, 1, 2):
        with pool(capacity) as executor, tempfile.TemporaryDirectory() as folder:
            for number in range(capacity):
                executor.submit(ask(10_000 + number))
            for _ in range(capacity):
                executor.next_finished(None)
            begun = time.perf_counter()
            run_study(executor, Path(folder), n_trials, cpu_s)
            seconds.setdefault(capacity, []).append(time.perf_counter() - begun)
    one, two = (min(seconds[capacity]) for capacity in (1, 2))
    print(f"  {n_trials} trials of {cpu_s} s CPU each: 1 worker {one:.2f} s, 2 workers {two:.2f} s")
    print(f"  two are {one / two:.2f} times as fast as one")


class FixedTrials:
    """A sampler that asks for the same trial again and again."""

    def __init__(self, cpu_s: float) -> None:
        self._cpu_s = cpu_s

    def ask(self, number: int, pending: object) -> Suggestion:
        """See ``core.ports.Sampler``."""
        return ask(number, cpu_s=self._cpu_s)

    def tell(self, trial: Trial) -> None:
        """See ``core.ports.Sampler``."""


def run_study(executor: Executor, folder: Path, n_trials: int, cpu_s: float) -> None:
    """A search of fixed trials with its journal."""
    Journal.create(folder, study="s", digest="d", n_trials=n_trials)
    journal, state = Journal.open(folder)
    with journal:
        Study(journal, state, FixedTrials(cpu_s), executor).run(Budget(n_trials))


def resume(sizes: tuple[int, ...] = (200, 5000)) -> None:
    """From the journal of a long study to its next suggestion, and what the driver holds then."""
    from hyperopt import tpe  # noqa: F401 - imported before the clock starts

    space = read_space(find_space("tabular", folder=Path("/")))
    for n_trials in sizes:
        with tempfile.TemporaryDirectory() as folder:
            write_journal(Path(folder), n_trials, RandomSampler(space, 0))
            gc.collect()
            before_mb, begun = resident_mb(), time.perf_counter()
            state = read_journal(Path(folder))
            read_s = time.perf_counter() - begun
            sampler = HyperoptTPE(space, 0)
            for trial in state.trials:
                sampler.tell(trial)
            sampler.ask(state.next_number, ())
            resume_s = time.perf_counter() - begun
            begun = time.perf_counter()
            sampler.ask(state.next_number + 1, ())
            ask_s = time.perf_counter() - begun
            print(
                f"  {n_trials} trials: journal read in {read_s:.2f} s, first suggestion after {resume_s:.2f} s, "
                f"the next {ask_s:.2f} s; the driver grew by {resident_mb() - before_mb:.0f} MB"
            )


def write_journal(folder: Path, n_trials: int, sampler: RandomSampler) -> None:
    """A journal of made-up results of real configs."""
    Journal.create(folder, study="s", digest="d", n_trials=n_trials)
    journal, _ = Journal.open(folder)
    with journal:
        for number in range(1, n_trials + 1):
            suggestion = sampler.ask(number, ())
            assert suggestion is not None
            journal.asked(suggestion, 1)
            journal.finished(Trial(suggestion, made_up(suggestion)))
            sampler.tell(Trial(suggestion, made_up(suggestion)))


def growth(n_trials: int = 200) -> None:
    """Resident memory of one worker over real trials of every classical family."""
    with tempfile.TemporaryDirectory() as folder:
        prepared = prepared_demo(Path(folder))
        space = only_families(prepared.space, [f for f in prepared.space.families if f != "mlp"])
        executor = ProcessExecutor(
            MakeEvaluator(prepared.dataset, prepared.plan, "log_loss"),
            1,
            log_dir=Path(folder),
            modules_for=modules_for(space, prepared.dataset),
        )
        sampler, sizes = RandomSampler(space, 0), {}
        for number in range(1, n_trials + 1):
            suggestion = sampler.ask(number, ())
            assert suggestion is not None
            evaluate(executor, suggestion)
            if number in (1, 20, 50, 100, n_trials):
                (template,) = psutil.Process().children()
                (worker,) = template.children()
                sizes[number] = resident_mb(worker)
        executor.close()
    print("  resident MB after trial " + ", ".join(f"{number}: {mb:.0f}" for number, mb in sizes.items()))


def resident_mb(process: psutil.Process | None = None) -> float:
    """Of a process, this one by default."""
    return float((process or psutil.Process()).memory_info().rss) / 2**20


PARTS = {part.__name__: part for part in (overhead, replace, speedup, resume, growth)}


def main() -> None:
    """Run the parts that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="default: all")
    for name in parser.parse_args().parts or PARTS:
        print(f"{name}: {(PARTS[name].__doc__ or '').splitlines()[0]} Load {os.getloadavg()[0]:.1f}")
        PARTS[name]()


if __name__ == "__main__":
    main()
