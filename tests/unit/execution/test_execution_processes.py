"""Worker processes, really started and really ended."""

import os
import subprocess
import sys
import textwrap
from dataclasses import replace
from functools import partial
from pathlib import Path

import acting
import numpy as np
import psutil
import pytest
from acting import act, ask, make

from automl.core.trial import TrialState
from automl.errors import AutoMLError, StudyError
from automl.execution.inline import InlineExecutor
from automl.execution.limits import Limits
from automl.execution.processes import ProcessExecutor

TESTS = str(Path(acting.__file__).parent)


def read_all(data, suggestion):
    """The process id and the sum of the data, which are all read."""
    return replace(act(suggestion), warnings=(str(data.sum()),))


def make_reader(data):
    return partial(read_all, data)


def die():
    sys.stderr.write("no such library\n")
    sys.stderr.flush()
    os._exit(7)


@pytest.fixture(params=["fork", "spawn"])
def two(tmp_path, request):
    executor = ProcessExecutor(make, 2, log_dir=tmp_path, start_method=request.param)
    yield executor
    executor.close()


@pytest.fixture
def start(tmp_path):
    """``start(capacity, **options)``: an executor that is closed in the end."""
    executors = []

    def start(capacity=1, *, make=make, **options):
        executors.append(ProcessExecutor(make, capacity, log_dir=tmp_path, **options))
        return executors[-1]

    yield start
    for executor in executors:
        executor.close()


def evaluate(executor, suggestion):
    executor.submit(suggestion)
    return executor.next_finished(60)


def test_a_result_comes_back_whole(two):
    result = evaluate(two, ask(5))
    assert (result.number, result.state) == (5, TrialState.COMPLETE)
    assert np.array_equal(result.oof, np.full((3, 2), 5 / 7))


@pytest.mark.parametrize(("do", "cause"), [("exit", "exit code 3"), ("kill", "SIGKILL")])
def test_a_worker_that_dies_is_one_crashed_trial_and_is_replaced(two, do, cause):
    two.submit(ask(1, do))
    two.submit(ask(2))
    results = {r.number: r for r in (two.next_finished(None), two.next_finished(None))}
    assert results[1].state is TrialState.CRASHED
    assert results[1].error.startswith(f"the worker process died: {cause}")
    assert results[2].state is TrialState.COMPLETE
    two.submit(ask(3))
    two.submit(ask(4))
    assert {two.next_finished(None).number, two.next_finished(None).number} == {3, 4}


def test_workers_are_used_again(two):
    assert len({evaluate(two, ask(number)).loss for number in range(1, 7)}) == 1


def test_waiting_ends_when_the_time_is_over(two):
    two.submit(ask(1, "hang"))
    assert two.next_finished(0.01) is None


def test_a_cancelled_trial_gives_no_result(two):
    two.submit(ask(1, "hang"))
    two.next_finished(0.01)
    two.cancel(1)
    two.cancel(99)
    assert evaluate(two, ask(2)).number == 2


def test_nothing_is_left_of_an_executor_that_is_closed(two, tmp_path):
    before = psutil.Process().children(recursive=True)  # of other tests: servers that outlive them
    two.submit(ask(1, "hang"))
    two.submit(ask(2))
    two.next_finished(None)
    family = [p for p in psutil.Process().children(recursive=True) if p not in before and is_ours(p)]
    assert len(family) >= 2
    two.close()
    two.close()
    assert [p for p in family if p.is_running() and p.status() != psutil.STATUS_ZOMBIE] == []
    assert all(path.suffix == ".log" for path in tmp_path.iterdir())


def is_ours(process):
    return "resource_tracker" not in " ".join(process.cmdline())


def test_what_a_worker_prints_goes_to_its_log(two, tmp_path, capfd):
    evaluate(two, ask(1, "print"))
    assert (tmp_path / "0.log").read_text() == "printed by a library\nwritten to a descriptor\n"
    assert capfd.readouterr() == ("", "")


def test_a_worker_computes_with_as_many_threads_as_it_is_given(two):
    assert evaluate(two, ask(1, "threads")).warnings == ("1", "1", "1")


def test_two_executors_in_one_process_each_get_their_threads_and_modules(start):
    first = start(n_threads=1, modules_for=lambda s: ("colorsys",))
    second = start(n_threads=2, modules_for=lambda s: ("no_such_module", "wave"))
    assert evaluate(first, ask(1, "threads")).warnings[1] == "1"
    assert evaluate(second, ask(1, "threads")).warnings[1] == "2"
    assert evaluate(first, ask(2, "modules", names="colorsys wave")).warnings == ("colorsys",)
    assert evaluate(second, ask(2, "modules", names="colorsys wave")).warnings == ("wave",)


def test_trials_that_need_other_modules_run_in_other_workers(start):
    executor = start(modules_for=lambda s: ("wave",) if s.config["kind"] == "network" else ())
    plain = evaluate(executor, ask(1, "modules", names="wave", kind="knn"))
    network = evaluate(executor, ask(2, "modules", names="wave", kind="network"))
    assert (plain.warnings, network.warnings) == ((), ("wave",))
    assert plain.loss != network.loss
    assert evaluate(executor, ask(3, kind="knn")).loss == plain.loss


def test_the_data_are_mapped_and_not_copied(start):
    executor = start(make=partial(make_reader, np.ones(2**24)))
    result = evaluate(executor, ask(1))
    assert result.warnings == (str(2.0**24),)
    maps = psutil.Process(int(result.loss)).memory_maps(grouped=False)
    assert sum(part.rss for part in maps) > 128 * 2**20
    assert sum(part.anonymous for part in maps) < 64 * 2**20


def test_a_crashed_trial_is_told_with_its_own_last_words(start, tmp_path):
    (tmp_path / "0.log").write_text("of an earlier session\n")
    executor = start(2)
    evaluate(executor, ask(1, "print"))
    executor.submit(ask(2, "hang"))
    assert evaluate(executor, ask(3, "exit")).traceback is None
    executor.cancel(2)
    executor.submit(ask(4, "print then exit"))
    executor.submit(ask(5, "hang"))
    assert executor.next_finished(None).traceback == "about to exit\n"


def test_a_replaced_worker_leaves_the_logs_of_the_others_alone(two, tmp_path):
    two.submit(ask(1, "exit"))
    two.submit(ask(2, "hang"))
    two.next_finished(None)
    evaluate(two, ask(3, "print"))
    assert (tmp_path / "0.log").read_text() == "printed by a library\nwritten to a descriptor\n"


def test_a_folder_that_cannot_hold_the_data_is_said_before_the_first_trial(tmp_path):
    with pytest.raises(StudyError, match=r"the data cannot be written to .*missing, for the workers: No such file"):
        ProcessExecutor(make, 1, log_dir=tmp_path / "missing")


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_workers_that_cannot_start_end_the_search_with_their_last_words(start, method):
    executor = start(make=partial(die), start_method=method)
    executor.submit(ask(1))
    with pytest.raises(
        AutoMLError, match=r"3 workers died before they were ready \(exit code 7\)(.|\n)*no such library"
    ):
        executor.next_finished(None)


def test_the_end_of_the_template_is_the_end_of_its_trials_and_of_nothing_more(start):
    executor = start(2)
    pid = int(evaluate(executor, ask(1)).loss)
    executor.submit(ask(2, "hang"))
    assert executor.next_finished(1.0) is None
    psutil.Process(pid).parent().kill()
    assert executor.next_finished(60).state is TrialState.CRASHED
    assert evaluate(executor, ask(3)).state is TrialState.COMPLETE


def test_a_worker_that_dies_idle_costs_no_trial(start):
    executor = start()
    worker = psutil.Process(int(evaluate(executor, ask(1)).loss))
    worker.kill()
    assert evaluate(executor, ask(2)).state is TrialState.COMPLETE


def test_a_worker_that_has_grown_is_replaced_between_trials(start):
    executor = start(limits=Limits(memory_mb=2000))
    small = evaluate(executor, ask(1)).loss
    assert evaluate(executor, ask(2, "keep", mb=1100)).loss == small
    assert evaluate(executor, ask(3)).loss != small


def test_a_clock_that_is_set_back_changes_no_limit(start, monkeypatch):
    import time

    executor = start(limits=Limits(timeout_s=1.0))
    real = time.time
    monkeypatch.setattr("time.time", lambda: real() - 3600)
    executor.submit(ask(1, "hang"))
    executor.next_finished(0.1)
    monkeypatch.setattr("time.time", lambda: real() + 3600)
    assert executor.next_finished(60).error == "over the time limit of 1 s"
    assert evaluate(executor, ask(2, "sleep", s=0.2)).state is TrialState.COMPLETE


def test_a_script_without_a_main_guard_works(tmp_path):
    for method in ("fork", "spawn"):
        script = tmp_path / f"{method}.py"
        script.write_text(
            textwrap.dedent(f"""
            import pathlib, sys
            sys.path.insert(0, {TESTS!r})
            from acting import ask, make
            from automl.execution.processes import ProcessExecutor
            print("begins")
            executor = ProcessExecutor(make, 1, log_dir=pathlib.Path({str(tmp_path)!r}), start_method={method!r})
            executor.submit(ask(1))
            print(executor.next_finished(None).state)
            executor.close()
            """)
        )
        done = subprocess.run([sys.executable, script], capture_output=True, text=True)
        assert (done.stdout, done.stderr) == ("begins\ncomplete\n", "")


@pytest.mark.parametrize(
    ("method", "do"), [("fork", "hang in C"), ("fork", "stop"), ("fork", "child and hang"), ("spawn", "hang")]
)
def test_nothing_is_left_of_a_driver_that_was_killed(tmp_path, method, do):
    script = textwrap.dedent(f"""
        import os, pathlib, sys, time
        sys.path.insert(0, {TESTS!r})
        from acting import ask, make
        from automl.execution.processes import ProcessExecutor
        executor = ProcessExecutor(make, 1, log_dir=pathlib.Path({str(tmp_path)!r}), start_method={method!r})
        executor.submit(ask(1))
        executor.next_finished(None)
        executor.submit(ask(2, {do!r}))
        executor.next_finished(0.5)
        print(flush=True)
        sys.stdin.read()
    """)
    driver = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    driver.stdout.readline()
    family = psutil.Process(driver.pid).children(recursive=True)
    assert len(family) >= (2 if method == "fork" else 1)
    driver.kill()
    driver.communicate()
    _, alive = psutil.wait_procs(family, timeout=10)
    for process in alive:
        process.kill()
    assert alive == []


def test_inline_evaluates_in_this_process_in_order():
    executor = InlineExecutor(act)
    executor.submit(ask(1))
    executor.submit(ask(2))
    executor.cancel(1)
    assert executor.next_finished(None).loss == os.getpid()
    assert executor.next_finished(0.0) is None
    executor.close()
