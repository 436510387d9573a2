"""One writer per study, and any number of people who only look."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Barrier, Thread

import pytest

from automl.core.lock import LockState, StudyLock, read_lock
from automl.errors import StudyError

KILLED = """
import os, sys, pathlib
from automl.core.lock import StudyLock
StudyLock(pathlib.Path(sys.argv[1])).__enter__()
os.kill(os.getpid(), 9)
"""
LOOKER = """
import sys, pathlib, threading
from automl.core.lock import read_lock
folder = pathlib.Path(sys.argv[1])
threading.Thread(target=lambda: (sys.stdin.read(), ended.append(True)), daemon=True).start()
seen, ended = set(), []
print("ready", flush=True)
while not ended:
    lock = read_lock(folder)
    seen.add((lock.is_held, lock.pid is not None))
print(sorted(seen))
"""


def leave_killed(folder) -> int:
    """Let a process that holds the lock be killed; its id."""
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(folder)])
    assert process.wait() == -9
    return process.pid


@contextmanager
def lookers(folder, n) -> Iterator[list[str]]:
    """Processes that look without a pause; afterwards what each has seen: pairs of held, and with an id."""
    command = [sys.executable, "-c", LOOKER, str(folder)]
    processes = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(n)]
    seen: list[str] = []
    try:
        for process in processes:
            assert process.stdout.readline() == "ready\n"
        yield seen
    finally:
        seen += [process.communicate()[0] for process in processes]


def test_a_second_writer_is_told_who_holds_the_study(tmp_path):
    with StudyLock(tmp_path), pytest.raises(StudyError, match=f"in use by process {os.getpid()}"), StudyLock(tmp_path):
        pass


def test_the_lock_of_a_dead_process_is_taken_over(tmp_path):
    leave_killed(tmp_path)
    with StudyLock(tmp_path):
        assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"


def test_the_lock_of_a_killed_process_names_it_and_is_not_held(tmp_path):
    pid = leave_killed(tmp_path)
    assert read_lock(tmp_path) == LockState(is_held=False, pid=pid)


def test_a_held_lock_tells_who_holds_it(tmp_path):
    with StudyLock(tmp_path):
        assert read_lock(tmp_path) == LockState(is_held=True, pid=os.getpid())


@pytest.mark.parametrize("error", [None, ValueError, KeyboardInterrupt, SystemExit])
def test_who_leaves_by_any_way_but_death_leaves_no_name(tmp_path, error):
    try:
        with StudyLock(tmp_path):
            if error is not None:
                raise error
    except (ValueError, KeyboardInterrupt, SystemExit):
        pass
    assert read_lock(tmp_path) == LockState(is_held=False, pid=None)


def test_a_study_that_nobody_has_locked_is_free(tmp_path):
    assert read_lock(tmp_path) == LockState(is_held=False, pid=None)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "pid"),
    [(b"", None), (b"4711\n", 4711), (b"4711", 4711), (b"\xff\x00", None), (b"a host 12\n", None), (b"-3\n", None)],
)
def test_whatever_a_lock_file_holds_it_can_be_looked_at_and_taken(tmp_path, content, pid):
    (tmp_path / "lock").write_bytes(content)
    assert read_lock(tmp_path) == LockState(is_held=False, pid=pid)
    assert (tmp_path / "lock").read_bytes() == content
    with StudyLock(tmp_path):
        assert read_lock(tmp_path).pid == os.getpid()


def test_a_refused_writer_leaves_the_name_of_the_holder(tmp_path):
    with StudyLock(tmp_path):
        with pytest.raises(StudyError), StudyLock(tmp_path):
            pass
        assert read_lock(tmp_path) == LockState(is_held=True, pid=os.getpid())


def test_a_lock_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "lock").mkdir()
    with pytest.raises(StudyError, match="lock cannot be written: Is a directory"), StudyLock(tmp_path):
        pass


def test_a_lock_that_cannot_be_signed_is_one_line_and_held_by_nobody(tmp_path):
    script = """
import pathlib, resource, signal, sys
from automl.core.lock import StudyLock
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
try:
    StudyLock(pathlib.Path(sys.argv[1])).__enter__()
except Exception as err:
    print(type(err).__name__, err)
"""
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True)
    assert done.stdout.startswith(f"StudyError {tmp_path / 'lock'} cannot be written: File too large ("), done.stderr
    assert read_lock(tmp_path) == LockState(is_held=False, pid=None)


def test_those_who_look_never_keep_a_writer_out_nor_take_it_for_a_killed_one(tmp_path):
    with lookers(tmp_path, 3) as seen:
        for _ in range(300):
            with StudyLock(tmp_path):
                pass
    assert len(seen) == 3
    assert not any("(False, True)" in states for states in seen), seen


def test_of_writers_that_begin_together_while_others_look_one_gets_in(tmp_path):
    n, results = 6, []
    begin, end = Barrier(n, timeout=30), Barrier(n, timeout=30)

    def write():
        begin.wait()
        try:
            with StudyLock(tmp_path):
                results.append("in")
                end.wait()
        except StudyError:
            results.append("refused")
            end.wait()

    with lookers(tmp_path, 2):
        for _ in range(10):
            threads = [Thread(target=write) for _ in range(n)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert sorted(results) == ["in"] + ["refused"] * (n - 1)
            results.clear()
