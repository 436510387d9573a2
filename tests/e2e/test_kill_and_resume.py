"""A search that is killed or stopped, for real, and goes on."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import psutil
import pytest
from made_tables import write_people

from automl.core.journal import read_journal

pytestmark = pytest.mark.slow

AUTOML = [sys.executable, "-m", "automl.cli.main"]
BUDGET = 14


def arguments(people, runs, name):
    options = {"--label": "outcome", "--group": "patient", "--budget": BUDGET, "--workers": 1, "--name": name}
    options |= {"--models": "logistic,knn,naive_bayes,lda", "--runs": runs}
    return ["search", people, *(text for pair in options.items() for text in pair)]


def start(*args, **kwargs):
    environment = {**os.environ, "TERM": "dumb"}
    return subprocess.Popen(
        [*AUTOML, *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, **kwargs
    )


def run(*args):
    process = start(*args)
    out, err = process.communicate(timeout=300)
    return process.returncode, out, err


def finished(folder):
    return {t.number: (t.config, t.loss) for t in read_journal(folder).trials}


def wait_for_trials(folder, n, process):
    """Until the study's folder exists and its journal holds ``n`` finished trials."""
    while process.poll() is None:
        journal = folder / "trials.jsonl"
        if journal.exists() and journal.read_text().count('"finished"') >= n:
            return
        time.sleep(0.01)
    raise AssertionError(f"the search ended before {n} trials: {process.communicate()}")


def our_processes(runs):
    """Processes of this search that are left: workers hold their log files in the study's folder open."""
    found = []
    for process in psutil.process_iter():
        try:
            if any(str(runs) in file.path for file in process.open_files()):
                found.append(process)
        except psutil.Error:
            continue
    return found


def wait_until_gone(runs):
    processes = our_processes(runs)
    _, alive = psutil.wait_procs(processes, timeout=10)
    return alive


@pytest.fixture(scope="module")
def once(tmp_path_factory, mlflow_database):
    """A study that nobody stopped, and its data."""
    folder = tmp_path_factory.mktemp("once")
    people = write_people(folder / "people.csv")
    runs = folder / "runs"
    code, _, err = run(*arguments(people, runs, "once"))
    assert code == 0, err
    return people, finished(runs / "once"), (runs / "once" / "result.json").read_text()


@pytest.mark.parametrize("n", [0, 1, 5, 13])
def test_a_killed_search_resumes_to_the_same_trials_and_the_same_result(once, tracked_runs, n):
    people, trials, result = once
    process = start(*arguments(people, tracked_runs, "killed"))
    wait_for_trials(tracked_runs / "killed", n, process)
    time.sleep(np.random.default_rng(n).random() * 0.3)
    process.kill()
    process.communicate()
    assert wait_until_gone(tracked_runs) == []
    before = finished(tracked_runs / "killed")
    code, _, err = run("resume", "--runs", tracked_runs)
    assert code == 0, err
    after = finished(tracked_runs / "killed")
    assert before.items() <= after.items()
    assert after == trials
    ours, theirs = json.loads((tracked_runs / "killed" / "result.json").read_text()), json.loads(result)
    assert ours["estimates"] == theirs["estimates"]
    assert ours["trial"] == theirs["trial"]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_the_search_keeps_what_is_finished_and_says_how_to_go_on(once, tracked_runs, number, code):
    people, trials, _ = once
    process = start(*arguments(people, tracked_runs, "stopped"))
    wait_for_trials(tracked_runs / "stopped", 3, process)
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert process.returncode == code
    assert out == ""
    assert f"automl resume stopped --runs {tracked_runs}" in err
    assert "Traceback" not in err
    assert wait_until_gone(tracked_runs) == []
    assert not (tracked_runs / "stopped" / "best").exists()
    assert finished(tracked_runs / "stopped").items() <= trials.items()
    assert run("resume", "stopped", "--runs", tracked_runs)[0] == 0
    assert finished(tracked_runs / "stopped") == trials


def test_a_second_search_on_one_study_is_refused(once, tracked_runs):
    people, _, _ = once
    process = start(*arguments(people, tracked_runs, "held"))
    wait_for_trials(tracked_runs / "held", 1, process)
    code, _, err = run("resume", "held", "--runs", tracked_runs)
    process.kill()
    process.communicate()
    assert code == 2
    assert f"study held is in use by process {process.pid}" in err


def test_output_that_nobody_reads_ends_quietly(once, tracked_runs):
    people, _, _ = once
    process = start(*arguments(people, tracked_runs, "piped"), "--json")
    process.stdout.readline()
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    process.wait(60)
    assert "Traceback" not in err
    assert "Exception ignored" not in err
    assert wait_until_gone(tracked_runs) == []
