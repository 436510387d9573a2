"""What a trial can do to its worker, done for real, beside a trial that must not notice."""

import psutil
import pytest
from acting import ask, make

from automl.core.trial import TrialState
from automl.execution.limits import Limits
from automl.execution.processes import ProcessExecutor

CRASHED, FAILED, COMPLETE = TrialState.CRASHED, TrialState.FAILED, TrialState.COMPLETE
TIMED_OUT, OUT_OF_MEMORY = TrialState.TIMED_OUT, TrialState.OUT_OF_MEMORY
N_TRIALS = 6

FAULTS = [
    ("SIGSEGV", ask(2, "segfault"), CRASHED, "the worker process died: SIGSEGV"),
    ("SIGABRT", ask(2, "abort"), CRASHED, "the worker process died: SIGABRT"),
    ("SIGKILL", ask(2, "kill"), CRASHED, "the worker process died: SIGKILL, as the system does when memory runs out"),
    ("os._exit", ask(2, "exit"), CRASHED, "the worker process died: exit code 3"),
    ("sys.exit", ask(2, "sys.exit"), CRASHED, "the worker process died: exit code 4"),
    ("endless loop in C that holds the GIL", ask(2, "hang in C"), TIMED_OUT, "over the time limit of 1 s"),
    ("frozen by SIGSTOP", ask(2, "stop"), TIMED_OUT, "over the time limit of 1 s"),
    ("a grandchild that keeps running", ask(2, "child"), COMPLETE, None),
    ("grandchildren of a hung trial", ask(2, "child then hang"), TIMED_OUT, "over the time limit of 1 s"),
    ("allocation of 30 GB at once", ask(2, "allocate", gb=30), OUT_OF_MEMORY, "MemoryError: Unable to allocate"),
    ("allocation without end", ask(2, "allocate slowly"), OUT_OF_MEMORY, "over the memory limit of 600 MB"),
    ("exception that cannot be pickled", ask(2, "unpicklable"), FAILED, "UnpicklableError: cannot be pickled"),
    ("exception of 100 MB", ask(2, "long error"), FAILED, "ValueError: xxx"),
    ("result of 100 MB", ask(2, "large result"), COMPLETE, None),
    ("output of 100 MB", ask(2, "print much"), COMPLETE, None),
]


def processes_of(folder):
    """Processes that print to a log in ``folder``: workers, and whatever inherited their output."""
    found = []
    for process in psutil.process_iter():
        try:
            if any(str(folder) in file.path for file in process.open_files()):
                found.append(process)
        except psutil.Error:
            continue
    return found


def search(folder, victim, *, timeout_s=60.0):
    """Trials 1 to ``N_TRIALS``, two at a time, the second of which is ``victim``: all results, in their order."""
    executor = ProcessExecutor(make, 2, log_dir=folder, limits=Limits(timeout_s, memory_mb=600))
    waiting = [ask(1), victim, *(ask(number) for number in range(3, N_TRIALS + 1))]
    results, n_running = [], 0
    try:
        while waiting or n_running:
            while waiting and n_running < executor.capacity:
                executor.submit(waiting.pop(0))
                n_running += 1
            result = executor.next_finished(120)
            assert result is not None
            results.append(result)
            n_running -= 1
    finally:
        executor.close()
    return results


@pytest.mark.parametrize(("fault", "victim", "state", "error"), FAULTS, ids=[fault for fault, *_ in FAULTS])
def test_a_fault_in_a_worker_is_the_result_of_its_trial_alone(tmp_path, record_fault, fault, victim, state, error):
    results = search(tmp_path, victim, timeout_s=1.0 if state is TIMED_OUT else 60.0)
    numbers = [result.number for result in results]
    _, alive = psutil.wait_procs(processes_of(tmp_path), timeout=2)
    record_fault(
        fault,
        lost=len(set(range(1, N_TRIALS + 1)) - set(numbers)),
        doubled=len(numbers) - len(set(numbers)),
        left=len(alive),
    )
    by_number = {result.number: result for result in results}
    assert by_number[2].state is state
    if error is None:
        assert by_number[2].error is None
    else:
        assert by_number[2].error.startswith(error)
        assert len(by_number[2].error) <= 1000
    assert all(result.state is COMPLETE for number, result in by_number.items() if number != 2)


def test_a_trial_over_a_limit_says_what_it_used(tmp_path):
    by_number = {result.number: result for result in search(tmp_path, ask(2, "allocate slowly"))}
    assert 600 < by_number[2].peak_memory_mb < 2000  # what the kernel would refuse in any case
    assert by_number[2].seconds > 0


def test_output_does_not_fill_the_disk(tmp_path):
    search(tmp_path, ask(2, "print much"))
    assert sum(log.stat().st_size for log in tmp_path.iterdir()) < 80 * 2**20
