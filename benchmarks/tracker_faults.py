"""What a tracking server that is slow, silent or gone costs a search.

One search of fixed trials, each with another tracker: none, MLflow's database, a port where nobody listens, a server
that takes every call and never answers, and MLflow's own server behind 0.5 s of delay. They take turns, so that the
machine's noise is shared; the ratio is between medians. Then the backlog of an outage: trials sent at once to MLflow's
server, with and without the delay.

    python benchmarks/tracker_faults.py [--trials 60] [--rounds 3] [--backlog 200]
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median

from automl.core.study import StopRequest
from automl.tracking.mlflow import MlflowTracker
from automl.tracking.server import MlflowServer
from automl.tracking.store import default_uri, prepare_store
from automl.workflows.events import Event, SearchEnded
from automl.workflows.request import SearchRequest
from automl.workflows.search import run_search

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from tracked_studies import complete, study_info
from unreliable import Mode, UnreliableProxy

NO_TRACKER = "no tracker"


@contextmanager
def silent_server() -> Iterator[str]:
    """The address of one that lets anybody in and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=1000) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def searched(uri: str | None, runs: Path, *, n_trials: int, is_tracked: bool) -> tuple[float, float]:
    """Seconds of the search proper, and of everything: reading before it, judging and sending what is left after."""
    seconds: list[float] = []

    def listen(event: Event) -> None:
        if isinstance(event, SearchEnded):
            seconds.append(event.seconds)

    request = SearchRequest(
        budget=n_trials, models=("logistic", "knn", "naive_bayes", "lda"), workers=1, runs=str(runs), tracking_uri=uri
    )
    begun = time.perf_counter()
    run_search(request, listen, StopRequest(), is_tracked=is_tracked)
    return seconds[0], time.perf_counter() - begun


def backlog_seconds(uri: str, runs: Path, name: str, n_trials: int) -> float:
    """Time to send so many trials that are all behind."""
    tracker = MlflowTracker(uri, runs=runs)
    tracker.study_started(replace(study_info(runs), name=name, uid=name), [])
    begun = time.perf_counter()
    tracker.trials_finished([complete(number, 0.4) for number in range(1, n_trials + 1)])
    return time.perf_counter() - begun


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--backlog", type=int, default=200)
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp())
    prepare_store(folder / "server")
    os.environ["MLFLOW_ARTIFACTS_DESTINATION"] = str(folder / "artifacts")
    try:
        with (
            silent_server() as silent,
            MlflowServer(default_uri(folder / "server")) as server,
            UnreliableProxy(int(server.url.rpartition(":")[2])) as slow,
        ):
            slow.become(Mode.SLOW)
            places = {
                NO_TRACKER: None,
                "MLflow's database": None,
                "a port that refuses": "http://127.0.0.1:9",
                "a server that never answers": silent,
                "a server that takes 0.5 s": slow.url,
            }
            compare(places, folder, asked.rounds, asked.trials)
            for uri, delay in ((server.url, "without delay"), (slow.url, "0.5 s of delay")):
                seconds = backlog_seconds(uri, folder, delay, asked.backlog)
                print(f"backlog of {asked.backlog} trials, {delay}: {seconds:.1f} s")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def compare(places: dict[str, str | None], folder: Path, n_rounds: int, n_trials: int) -> None:
    """Print medians over the rounds, and their ratio to the search without a tracker."""
    found: dict[str, list[tuple[float, float]]] = {place: [] for place in places}
    runs = folder / "runs"
    prepare_store(runs)
    for _ in range(n_rounds):
        for place, uri in places.items():
            found[place].append(searched(uri, runs, n_trials=n_trials, is_tracked=place != NO_TRACKER))
    base = median(search for search, _ in found[NO_TRACKER])
    for place, times in found.items():
        search, rest = median(search for search, _ in times), median(whole - search for search, whole in times)
        print(
            f"{place:28} search {search:6.1f} s, ratio {search / base:.2f}; before and after {rest:5.1f} s", flush=True
        )
    print(f"load of the machine: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
