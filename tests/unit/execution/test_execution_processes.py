"""Worker processes, really killed."""

import os
import subprocess
import sys
import textwrap
from functools import partial

import numpy as np
import psutil
import pytest

from automl.core.trial import Suggestion, TrialResult, TrialState
from automl.errors import AutoMLError
from automl.execution.inline import InlineExecutor
from automl.execution.processes import ProcessExecutor


def act(suggestion: Suggestion) -> TrialResult:
    """Do what the config says."""
    match suggestion.config["do"]:
        case "exit":
            os._exit(3)
        case "print then exit":
            print("about to exit", flush=True)
            os._exit(3)
        case "kill":
            os.kill(os.getpid(), 9)
        case "hang":
            while True:
                pass
        case "print":
            print("printed by a library", flush=True)
            os.write(2, b"written to a descriptor\n")
        case "threads":
            from threadpoolctl import threadpool_info

            n = max([pool["num_threads"] for pool in threadpool_info()], default=0)
            variables = (os.environ["OMP_NUM_THREADS"], os.environ["OPENBLAS_NUM_THREADS"])
            return TrialResult(suggestion.number, TrialState.COMPLETE, loss=float(n), warnings=variables)
    oof = np.full((3, 2), suggestion.number / 7)
    return TrialResult(suggestion.number, TrialState.COMPLETE, loss=float(os.getpid()), oof=oof)


def make():
    return act


def make_with(data):
    return act


def die():
    sys.stderr.write("no such library\n")
    sys.stderr.flush()
    os._exit(7)


def ask(number, do="work"):
    return Suggestion(number, {"model": "knn", "do": do}, seed=0)


@pytest.fixture
def two(tmp_path):
    executor = ProcessExecutor(make, 2, log_dir=tmp_path)
    yield executor
    executor.close()


def test_a_result_comes_back_whole(two):
    two.submit(ask(5))
    result = two.next_finished(None)
    assert (result.number, result.state) == (5, TrialState.COMPLETE)
    assert np.array_equal(result.oof, np.full((3, 2), 5 / 7))


@pytest.mark.parametrize(("do", "cause"), [("exit", "exit code 3"), ("kill", "SIGKILL")])
def test_a_worker_that_dies_is_one_crashed_trial_and_is_replaced(two, do, cause):
    two.submit(ask(1, do))
    two.submit(ask(2))
    results = {r.number: r for r in (two.next_finished(None), two.next_finished(None))}
    assert results[1].state is TrialState.CRASHED
    assert results[1].error == f"the worker process died: {cause}"
    assert results[2].state is TrialState.COMPLETE
    two.submit(ask(3))
    two.submit(ask(4))
    assert {two.next_finished(None).number, two.next_finished(None).number} == {3, 4}


def test_workers_are_used_again(two):
    pids = set()
    for number in range(1, 7):
        two.submit(ask(number))
        pids.add(two.next_finished(None).loss)
    assert len(pids) == 1


def test_waiting_ends_when_the_time_is_over(two):
    two.submit(ask(1, "hang"))
    assert two.next_finished(0.01) is None


def test_a_cancelled_trial_gives_no_result_and_leaves_no_process(two):
    two.submit(ask(1, "hang"))
    two.next_finished(0.01)
    two.cancel(1)
    two.cancel(99)
    two.submit(ask(2))
    assert two.next_finished(None).number == 2
    two.close()
    left = [p for p in psutil.Process().children(recursive=True) if "resource_tracker" not in " ".join(p.cmdline())]
    assert [p for p in left if p.status() != psutil.STATUS_ZOMBIE and "forkserver" not in " ".join(p.cmdline())] == []


def test_what_a_worker_prints_goes_to_its_log(two, tmp_path, capfd):
    two.submit(ask(1, "print"))
    two.next_finished(None)
    assert (tmp_path / "0.log").read_text() == "printed by a library\nwritten to a descriptor\n"
    assert capfd.readouterr() == ("", "")


def test_a_worker_computes_with_one_thread(two):
    two.submit(ask(1, "threads"))
    result = two.next_finished(None)
    assert (result.loss, result.warnings) == (1.0, ("1", "1"))


def test_a_crashed_trial_is_told_with_its_own_last_words(tmp_path):
    (tmp_path / "0.log").write_text("of an earlier session\n")
    executor = ProcessExecutor(make, 2, log_dir=tmp_path)
    executor.submit(ask(1, "print"))
    executor.next_finished(None)
    executor.submit(ask(2, "hang"))
    executor.submit(ask(3, "exit"))
    assert executor.next_finished(None).traceback is None
    executor.cancel(2)
    executor.submit(ask(4, "print then exit"))
    executor.submit(ask(5, "hang"))
    assert executor.next_finished(None).traceback == "about to exit\n"
    executor.close()


def test_a_replaced_worker_leaves_the_logs_of_the_others_alone(two, tmp_path):
    two.submit(ask(1, "exit"))
    two.submit(ask(2, "hang"))
    two.next_finished(None)
    two.submit(ask(3, "print"))
    two.next_finished(None)
    assert (tmp_path / "0.log").read_text() == "printed by a library\nwritten to a descriptor\n"


def test_a_worker_that_dies_before_it_takes_the_data_is_a_failed_start(tmp_path):
    more_than_a_pipe_holds = partial(make_with, np.zeros(1_000_000))
    executor = ProcessExecutor(more_than_a_pipe_holds, 1, log_dir=tmp_path / "missing")
    executor.submit(ask(1))
    with pytest.raises(AutoMLError, match="3 workers died before they were ready"):
        executor.next_finished(None)
    executor.close()


def test_workers_that_cannot_start_end_the_search_with_their_last_words(tmp_path):
    executor = ProcessExecutor(die_maker, 1, log_dir=tmp_path)
    executor.submit(ask(1))
    with pytest.raises(
        AutoMLError, match=r"3 workers died before they were ready \(exit code 7\)(.|\n)*no such library"
    ):
        executor.next_finished(None)
    executor.close()


die_maker = partial(die)


def test_a_script_without_a_main_guard_works(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent(f"""
        import sys
        sys.path.insert(0, {os.path.dirname(__file__)!r})
        import pathlib
        from automl.core.trial import Suggestion
        from automl.execution.processes import ProcessExecutor
        from test_execution_processes import make
        print("begins")
        executor = ProcessExecutor(make, 1, log_dir=pathlib.Path({str(tmp_path)!r}))
        executor.submit(Suggestion(1, {{"model": "knn", "do": "work"}}, seed=0))
        print(executor.next_finished(None).state)
        executor.close()
        """)
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("begins\ncomplete\n", "")


def test_workers_end_with_the_driver(tmp_path):
    script = textwrap.dedent(f"""
        import sys, os, pathlib, time
        sys.path.insert(0, {os.path.dirname(__file__)!r})
        from automl.execution.processes import ProcessExecutor
        from test_execution_processes import ask, make
        executor = ProcessExecutor(make, 1, log_dir=pathlib.Path({str(tmp_path)!r}))
        executor.submit(ask(1))
        print(int(executor.next_finished(None).loss), flush=True)
        executor.submit(ask(2, "hang"))
        executor.next_finished(0.2)
        os.kill(os.getpid(), 9)
    """)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    worker = int(done.stdout)
    _gone, alive = psutil.wait_procs([psutil.Process(worker)] if psutil.pid_exists(worker) else [], timeout=10)
    assert alive == []


def test_inline_evaluates_in_this_process_in_order():
    executor = InlineExecutor(act)
    executor.submit(ask(1))
    executor.submit(ask(2))
    executor.cancel(1)
    assert executor.next_finished(None).loss == os.getpid()
    assert executor.next_finished(0.0) is None
    executor.close()
