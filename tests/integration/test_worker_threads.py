"""Workers that fit every family, looked at from outside while they do."""

import psutil

from automl.core.trial import Suggestion
from automl.execution.processes import ProcessExecutor
from automl.spaces.configs import default_configs
from automl.spaces.narrow import only_families
from automl.workflows.events import unheard
from automl.workflows.preload import modules_for
from automl.workflows.prepare import prepare
from automl.workflows.request import SearchRequest
from automl.workflows.trials import MakeEvaluator


def watched(prepared, space, folder):
    """The most threads, and the libraries, that any worker held while it evaluated each family's default."""
    make = MakeEvaluator(prepared.dataset, prepared.plan, "log_loss")
    executor = ProcessExecutor(make, 2, log_dir=folder, modules_for=modules_for(space, prepared.dataset))
    most, libraries = 0, set()
    for number, config in enumerate(default_configs(space), 1):
        executor.submit(Suggestion(number, config, seed=0))
        while (result := executor.next_finished(0.02)) is None:
            for worker in workers_of(folder):
                most = max(most, worker.num_threads())
        assert result.error is None
        libraries |= {entry.path for worker in workers_of(folder) for entry in worker.memory_maps()}
    executor.close()
    return most, " ".join(libraries)


def workers_of(folder):
    """The forks that write to a worker's log; the templates, our own children, hold it only while they fork."""
    logs = {str(log) for log in folder.glob("[0-9]*.log")}
    forks = set(psutil.Process().children(recursive=True)) - set(psutil.Process().children())
    return [p for p in forks if p.is_running() and logs & {file.path for file in p.open_files()}]


def test_a_worker_never_has_more_threads_than_it_was_given(tmp_path):
    prepared = prepare(SearchRequest(runs=str(tmp_path / "runs")), unheard)
    most, libraries = watched(prepared, prepared.space, tmp_path)
    assert most == 1
    assert "libxgboost" in libraries
    assert "tensorflow" not in libraries


def test_a_worker_holds_no_library_that_its_space_does_not_need(tmp_path):
    prepared = prepare(SearchRequest(runs=str(tmp_path / "runs")), unheard)
    _, libraries = watched(prepared, only_families(prepared.space, ["knn"]), tmp_path)
    assert "sklearn" in libraries
    assert "libxgboost" not in libraries
    assert "tensorflow" not in libraries
    assert "librosa" not in libraries
