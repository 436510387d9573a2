"""A search that is killed again and again, stopped, left by its terminal, or begun twice."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import replace

import numpy as np
import pytest
from drivers import BUDGET, resume_arguments, run, start, wait_until
from made_plugin import ORDER, write_plugin

pytestmark = pytest.mark.slow

HANG_UP_EXIT = 129
_BECOME_LEADER = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.executable, sys.argv[1:])"
)


def lost_in(place, before):
    """Trials that had been finished and are not what they were, and those that are missing in the end."""
    after = place.trials()
    changed = sum(after.get(number) != trial for number, trial in before.items())
    return changed + len(set(range(1, BUDGET + 1)) - after.keys())


@pytest.fixture
def resume(template):
    """Go on with a study until it is done."""

    def to_the_end(place):
        driver = template.start(place, resume_arguments(place))
        assert driver.wait() == 0, driver.said()

    return to_the_end


def test_a_search_that_is_killed_again_and_again_ends_as_if_it_had_not_been(template, once, place, record_fault):
    rng = np.random.default_rng(3)
    left = 0
    driver = template.start(place, once.search(place))
    wait_until(place.study.exists, driver)
    for n_finished in [6, 12, 18, 24, 30, 36, BUDGET, BUDGET]:
        wait_until(lambda n=n_finished: place.n_finished() >= n, driver)
        time.sleep(rng.random() * 0.3)
        os.kill(driver.pid, signal.SIGKILL)
        assert driver.wait() == -signal.SIGKILL, driver.said()
        left += place.left()
        driver = template.start(place, resume_arguments(place))
    assert driver.wait() == 0, driver.said()
    record_fault("kill -9 again and again", lost=lost_in(place, {}), doubled=place.n_doubled(), left=left)
    assert once.is_found_in(place)


@pytest.mark.parametrize(
    ("fault", "number", "code"), [("Ctrl-C", signal.SIGINT, 130), ("SIGTERM", signal.SIGTERM, 143)]
)
@pytest.mark.parametrize("n_finished", [0, 3, 25])
def test_a_signal_stops_the_search_keeps_what_is_finished_and_says_how_to_go_on(
    once, place, resume, record_fault, fault, number, code, n_finished
):
    process = start(place, once.search(place))
    wait_until(lambda: place.study.exists() and place.n_finished() >= n_finished, process)
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert process.returncode == code, err
    assert out == ""
    assert f"automl resume {place.name} --runs {place.runs}" in err
    assert "Traceback" not in err
    assert (place.left(), place.litter()) == (0, [])
    assert not (place.study / "best").exists()
    before = place.trials()
    resume(place)
    record_fault(fault, lost=lost_in(place, before), doubled=place.n_doubled(), left=0)
    assert once.is_found_in(place)


def test_ctrl_c_while_the_winner_is_fitted_and_judged_leaves_a_study_that_goes_on(once, place, resume, record_fault):
    process = start(place, once.search(place))
    wait_until((place.study / "leaderboard.csv").exists, process)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert "Stopped. 40 of 40 trials are kept." in err
    assert (place.left(), place.litter()) == (0, [])
    before = place.trials()
    resume(place)
    record_fault("Ctrl-C while the winner is judged", lost=lost_in(place, before), doubled=place.n_doubled(), left=0)
    assert once.is_found_in(place)


@pytest.mark.parametrize(("where", "n_rows"), [("a trial", 30), ("the driver", 60)])
def test_a_second_ctrl_c_ends_what_is_stuck_in_native_code(once, place, tmp_path, record_fault, where, n_rows):
    plugin = write_plugin(tmp_path / "plugin")
    order = tmp_path / "order"
    order.write_text(f"stick {n_rows}")
    place = place.having(PYTHONPATH=str(plugin), **{ORDER: str(order)})
    process = start(place, replace(once, space=plugin / "moody.toml").search(place))
    wait_until((tmp_path / "reached").exists, process)
    before = place.trials()
    process.send_signal(signal.SIGINT)
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    left = place.left()
    order.unlink()
    code, _, err = run(place, resume_arguments(place))
    assert code == 0, err
    record_fault(f"second Ctrl-C, {where} stuck", lost=lost_in(place, before), doubled=place.n_doubled(), left=left)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_search_that_ends_while_mlflow_makes_its_first_database_leaves_no_process(
    once, place, resume, record_fault, number
):
    (place.runs / "mlflow.db").unlink()
    process = start(place, once.search(place))
    wait_until(lambda: any(place.runs.glob(".new-mlflow-*/*")), process)
    process.send_signal(number)
    _, err = process.communicate(timeout=30)
    assert process.returncode == {signal.SIGINT: 130, signal.SIGKILL: -9}[number], err
    left, before = place.left(), place.trials()
    assert number == signal.SIGKILL or place.litter() == []
    resume(place)
    fault = f"{number.name} while MLflow's database is made"
    record_fault(fault, lost=lost_in(place, before), doubled=place.n_doubled(), left=left)
    assert place.litter() == []
    assert once.is_found_in(place)


@contextmanager
def hang_up(disposition):
    """What a command that is started inside does when its terminal goes; these tests may themselves run below nohup."""
    before = signal.signal(signal.SIGHUP, disposition)
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, before)


def start_in_terminal(place, args):
    """A command that has a terminal to itself, and the other end of the terminal."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", _BECOME_LEADER, sys.executable, "-m", "automl.cli.main", *args]
    environment = {**os.environ, **place.environment, "TERM": "xterm"}
    files = {"stdin": theirs, "stdout": theirs, "stderr": theirs}
    with hang_up(signal.SIG_DFL):
        process = subprocess.Popen(command, env=environment, start_new_session=True, **files)
    os.close(theirs)
    os.set_blocking(ours, False)
    return process, ours


def test_a_closed_terminal_stops_the_search_in_good_order(once, place, resume, record_fault):
    process, terminal = start_in_terminal(place, once.search(place))

    def has_some_trials():
        with suppress(BlockingIOError):
            os.read(terminal, 1 << 16)
        return place.n_finished() >= 5

    wait_until(has_some_trials, process)
    os.close(terminal)
    assert process.wait(30) == HANG_UP_EXIT
    assert (place.left(), place.litter()) == (0, [])
    before = place.trials()
    resume(place)
    record_fault("terminal closed", lost=lost_in(place, before), doubled=place.n_doubled(), left=0)
    assert once.is_found_in(place)


def test_a_hang_up_that_is_ignored_does_not_stop_the_search(once, place, record_fault):
    with hang_up(signal.SIG_IGN):  # as nohup does
        process = start(place, once.search(place))
    wait_until(lambda: place.n_finished() >= 5, process)
    process.send_signal(signal.SIGHUP)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    record_fault("hang-up below nohup", lost=lost_in(place, {}), doubled=place.n_doubled(), left=place.left())


def test_a_second_search_on_one_study_is_refused_and_the_first_goes_on(once, place, record_fault):
    process = start(place, once.search(place))
    wait_until(lambda: place.n_finished() >= 1, process)
    code, _, err = run(place, resume_arguments(place))
    assert code == 2
    assert f"study {place.name} is in use by process {process.pid}" in err
    _, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    record_fault("two drivers", lost=lost_in(place, {}), doubled=place.n_doubled(), left=place.left())
    assert once.is_found_in(place)


def test_output_that_nobody_reads_ends_quietly(once, place):
    process = start(place, [*once.search(place), "--json"])
    process.stdout.readline()
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    process.wait(60)
    assert "Traceback" not in err
    assert "Exception ignored" not in err
    assert place.left() == 0
