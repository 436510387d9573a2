"""Workers that fit every family, looked at from outside while they do."""

from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from automl.core.trial import Suggestion
from automl.execution.processes import ProcessExecutor
from automl.spaces.configs import default_configs
from automl.spaces.narrow import only_families
from automl.workflows.events import unheard
from automl.workflows.preload import modules_for, networks
from automl.workflows.prepare import prepare
from automl.workflows.request import SearchRequest
from automl.workflows.trials import MakeEvaluator

SHORT = {"mlp": {"model.mlp.epochs": 3}}


def watched(prepared, space, folder, n_threads=1):
    """The names of the threads of the worker that had most, for each family's default, and the libraries of all."""
    make = MakeEvaluator(prepared.dataset, prepared.plan, "log_loss", n_threads=n_threads)
    modules = modules_for(space, prepared.dataset)
    executor = ProcessExecutor(make, 2, log_dir=folder, modules_for=modules, n_threads=n_threads)
    most, libraries = {}, set()
    for number, config in enumerate(default_configs(space), 1):
        executor.submit(Suggestion(number, {**config, **SHORT.get(config["model"], {})}, seed=0))
        threads = [[]]
        while (result := executor.next_finished(0.02)) is None:
            threads += [thread_names(worker) for worker in workers_of(folder)]
        assert result.error is None
        most[config["model"]] = max(threads, key=len)
        libraries |= {entry.path for worker in workers_of(folder) for entry in worker.memory_maps()}
    executor.close()
    return most, " ".join(libraries)


def thread_names(process):
    """What the kernel calls the threads of a process; those that end meanwhile are left out."""
    names = []
    for task in Path(f"/proc/{process.pid}/task").iterdir():
        with suppress(OSError):
            names.append((task / "comm").read_text().strip())
    return names


def workers_of(folder):
    """The forks that write to a worker's log; the templates, our own children, hold it only while they fork."""
    logs = {str(log) for log in folder.glob("[0-9]*.log")}
    forks = set(psutil.Process().children(recursive=True)) - set(psutil.Process().children())
    return [p for p in forks if p.is_running() and logs & {file.path for file in p.open_files()}]


def classical(space):
    return only_families(space, [family for family in space.families if family not in networks(space)])


def test_a_worker_never_has_more_threads_than_it_was_given(tmp_path):
    prepared = prepare(SearchRequest(runs=str(tmp_path / "runs")), unheard)
    most, libraries = watched(prepared, classical(prepared.space), tmp_path)
    assert {family: len(names) for family, names in most.items()} == dict.fromkeys(most, 1)
    assert "libxgboost" in libraries
    assert "tensorflow" not in libraries


@pytest.mark.parametrize("n_threads", [1, 2])
def test_a_worker_for_networks_computes_with_the_threads_it_was_given(tmp_path, n_threads):
    prepared = prepare(SearchRequest(runs=str(tmp_path / "runs"), models=("mlp",)), unheard)
    most, libraries = watched(prepared, prepared.space, tmp_path, n_threads)
    assert 1 <= most["mlp"].count("tf_Compute") <= n_threads
    assert len(most["mlp"]) <= 3 + 4 * n_threads  # others that wait: of Python, and one that starts graphs
    assert "tensorflow" in libraries
    assert "libxgboost" not in libraries


def test_a_worker_holds_no_library_that_its_space_does_not_need(tmp_path):
    prepared = prepare(SearchRequest(runs=str(tmp_path / "runs")), unheard)
    _, libraries = watched(prepared, only_families(prepared.space, ["knn"]), tmp_path)
    assert "sklearn" in libraries
    assert "libxgboost" not in libraries
    assert "tensorflow" not in libraries
    assert "librosa" not in libraries
