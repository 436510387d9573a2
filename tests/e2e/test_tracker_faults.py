"""A tracking server that vanishes, hangs, errs or dawdles under real searches: in the end it lacks nothing."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections import Counter
from contextlib import suppress
from dataclasses import replace

import pytest
from drivers import resume_arguments, start, wait_until
from made_tables import write_people
from tracked_studies import IGNORE_MLFLOW_WARNING, complete, failed, study_info, trained
from unreliable import Mode, UnreliableProxy

from automl.core.journal import read_journal
from automl.core.trial import TrialState
from automl.tracking.background import BackgroundTracker
from automl.tracking.client import connect
from automl.tracking.mlflow import MlflowTracker
from automl.tracking.server import MlflowServer
from automl.tracking.store import default_uri

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings(IGNORE_MLFLOW_WARNING)]

BUDGET, N_FOLDS = 15, 3
SPACE = """
schema = 1
name = "quick"
summary = "Quick trials, some of which fail: nothing shrinks to twice nothing."

[[stage]]
name = "encode"
[stage.option.onehot]

[[stage]]
name = "impute"
[stage.option.mean]
[stage.option.median]

[[stage]]
name = "scale"
[stage.option.none]
[stage.option.standard]

[model.naive_bayes]
var_smoothing = { float = [1e-9, 1.0], log = true, default = 1e-9 }

[model.lda]
shrinkage = { choice = [0.1, 0.5, 2.0], default = 2.0 }
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory, mlflow_database):
    """MLflow's own, on a database; its files go to a folder of the tests."""
    folder = tmp_path_factory.mktemp("server")
    shutil.copy(mlflow_database, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_ARTIFACTS_DESTINATION", str(folder / "artifacts"))
        with MlflowServer(default_uri(folder)) as server:
            yield server


@pytest.fixture
def proxy(server):
    with UnreliableProxy(int(server.url.rpartition(":")[2])) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """What every search here is asked, but for its place and its server."""
    folder = tmp_path_factory.mktemp("asked")
    (folder / "quick.toml").write_text(SPACE)
    options = {"--label": "outcome", "--group": "patient", "--budget": BUDGET, "--workers": 1, "--folds": N_FOLDS}
    options |= {"--space": folder / "quick.toml", "--test": 0.2}
    return ["search", str(write_people(folder / "people.csv")), *(str(t) for pair in options.items() for t in pair)]


@pytest.fixture
def command(asked, new_place, proxy):
    """A search that is tracked through the proxy: ``command(name) -> (its place, its arguments)``."""

    def make(name):
        place = replace(new_place(), name=name)
        return place, [*asked, "--runs", str(place.runs), "--name", name, "--tracking-uri", proxy.url]

    return make


@pytest.fixture
def search(template, command):
    """Start such a search: ``search(name) -> (its place, its process)``."""

    def begin(name):
        place, arguments = command(name)
        return place, template.start(place, arguments)

    return begin


@pytest.fixture
def resume(template):
    """Resume a study to its end."""

    def run(place):
        (place.temp.parent / "stderr").unlink(missing_ok=True)
        again = template.start(place, resume_arguments(place))
        assert again.wait() == 0, again.said()
        return again.said()

    return run


@pytest.fixture
def require_mirror(server, record_fault):
    """Note the fault; every trial of the budget must be in the journal and in MLflow, once and with equal numbers."""

    def require(place, fault):
        trials = {trial.number: trial for trial in read_journal(place.study).trials}
        runs, (own,) = tracked(server, place)
        shown = Counter(int(run.data.tags["automl.number"]) for run in runs)
        lost = len(set(range(1, BUDGET + 1)) - trials.keys()) + len(trials.keys() - shown.keys())
        doubled = place.n_doubled() + shown.total() - len(shown)
        record_fault(f"tracking server {fault}", lost=lost, doubled=doubled, left=place.left())
        assert shown.keys() == trials.keys() == set(range(1, BUDGET + 1))
        for run in runs:
            require_equal(server, run, trials[int(run.data.tags["automl.number"])])
        assert own.info.status == "FINISHED"
        assert own.data.metrics.keys() >= {"best_so_far", "final/log_loss", "holdout/log_loss"}
        (best,) = [run for run in runs if "automl.best" in run.data.tags]
        assert int(best.data.tags["automl.number"]) == json.loads((place.study / "result.json").read_text())["trial"]

    return require


def tracked(server, place):
    """Runs of the one experiment of a study: those of the trials, and the study's own."""
    uid = json.loads((place.study / "study.json").read_text())["uid"]
    client = connect(server.url)
    (experiment,) = client.search_experiments(filter_string=f"tags.`automl.uid` = '{uid}'")
    runs = client.search_runs([experiment.experiment_id])
    kinds = [run.data.tags["automl.kind"] for run in runs]
    return tuple([run for run, kind in zip(runs, kinds, strict=True) if kind == k] for k in ("trial", "study"))


def require_equal(server, run, trial):
    assert run.data.params["model"] == trial.family
    assert run.data.tags["automl.state"] == trial.state
    if trial.state is not TrialState.COMPLETE:
        assert run.info.status == "FAILED"
        assert [file.path for file in connect(server.url).list_artifacts(run.info.run_id)] == ["traceback.txt"]
        return
    assert run.info.status == "FINISHED"
    assert run.data.metrics["log_loss"] == pytest.approx(trial.loss, rel=1e-4)
    history = connect(server.url).get_metric_history(run.info.run_id, "fold/log_loss")
    assert [point.step for point in history] == list(range(N_FOLDS))
    assert [point.value for point in history] == pytest.approx(trial.result.fold_scores["log_loss"], rel=1e-4)


def test_a_server_that_comes_up_during_the_search_gets_every_trial(search, proxy, require_mirror):
    proxy.become(Mode.REFUSE)
    place, driver = search("late")
    wait_until(lambda: place.n_finished() >= 5, driver)
    proxy.become(Mode.PASS)
    assert driver.wait() == 0, driver.said()
    require_mirror(place, "down at the start")
    assert "not sent" not in driver.said()


@pytest.mark.parametrize("mode", [Mode.REFUSE, Mode.SILENT, Mode.LOST])
def test_a_server_that_is_away_for_the_middle_third_gets_every_trial(mode, search, proxy, require_mirror):
    place, driver = search(f"middle-{mode}")
    wait_until(lambda: place.n_finished() >= BUDGET / 3, driver)
    proxy.become(mode)
    wait_until(lambda: place.n_finished() >= 2 * BUDGET / 3, driver)
    proxy.become(Mode.PASS)
    assert driver.wait() == 0, driver.said()
    require_mirror(place, f"away for the middle third ({mode})")
    assert "not sent" not in driver.said()


def test_a_slow_server_gets_every_trial_and_nothing_twice(search, resume, proxy, server, require_mirror):
    proxy.become(Mode.SLOW)
    place, driver = search("slow")
    assert driver.wait() == 0, driver.said()
    assert "MLflow: " not in driver.said()
    assert {trial.state for trial in read_journal(place.study).trials} == {TrialState.COMPLETE, TrialState.FAILED}
    require_mirror(place, "slow")
    before = {run.info.run_id for runs in tracked(server, place) for run in runs}
    resume(place)
    assert {run.info.run_id for runs in tracked(server, place) for run in runs} == before
    require_mirror(place, "slow, and told twice")


def test_without_one_answer_a_search_is_finished_and_a_resume_sends_everything(search, resume, proxy, require_mirror):
    proxy.become(Mode.SILENT)
    place, driver = search("silent")
    assert driver.wait() == 0, driver.said()
    assert (proxy.n_answered, place.n_finished()) == (0, BUDGET)
    assert f"{BUDGET} trials were not sent; automl resume silent --runs {place.runs}" in driver.said()
    before = {path: path.read_bytes() for path in (place.study / name for name in ("study.json", "trials.jsonl"))}
    proxy.become(Mode.PASS)
    said = resume(place)
    assert "not sent" not in said
    assert {path: path.read_bytes() for path in before} == before, "a trial or a look at the holdout was added"
    require_mirror(place, "without one answer")


@pytest.mark.parametrize("mode", [Mode.SILENT, Mode.LOST])
def test_a_search_that_is_killed_in_an_outage_is_complete_in_the_end(mode, search, resume, proxy, require_mirror):
    place, driver = search(f"killed-{mode}")
    wait_until(lambda: place.n_finished() >= 4, driver)
    proxy.become(mode)
    wait_until(lambda: place.n_finished() >= 9, driver)
    os.kill(driver.pid, signal.SIGKILL)
    assert driver.wait() == -signal.SIGKILL
    proxy.become(Mode.PASS)
    resume(place)
    require_mirror(place, f"away ({mode}), and kill -9")


def test_a_search_that_is_killed_while_it_sends_what_is_left_is_complete_in_the_end(
    search, resume, proxy, require_mirror
):
    proxy.become(Mode.LOST)
    place, driver = search("killed-last")
    wait_until(lambda: (place.study / "result.json").exists(), driver)
    os.kill(driver.pid, signal.SIGKILL)
    assert driver.wait() == -signal.SIGKILL
    proxy.become(Mode.PASS)
    resume(place)
    require_mirror(place, "away at the end, and kill -9")


@pytest.mark.parametrize(
    ("number", "code", "silent_path"), [(signal.SIGINT, 130, ""), (signal.SIGTERM, 143, "mlflow-artifacts")]
)
def test_a_signal_stops_a_search_whose_server_is_silent(
    number, code, silent_path, command, resume, proxy, require_mirror
):
    proxy.only = silent_path
    proxy.become(Mode.SILENT)
    place, arguments = command(f"stopped-{code}")
    process = start(place, arguments)
    wait_until(lambda: place.n_finished() >= 5 and proxy.n_held, process)
    process.send_signal(number)
    _, err = process.communicate(timeout=300)
    assert process.returncode == code, err
    assert f"automl resume stopped-{code}" in err
    assert (place.left(), place.litter()) == (0, [])
    proxy.become(Mode.PASS)
    resume(place)
    require_mirror(place, f"silent, and {number.name}")


def runs_of(server, uid):
    client = connect(server.url)
    experiments = client.search_experiments(filter_string=f"tags.`automl.uid` = '{uid}'")
    return client.search_runs([e.experiment_id for e in experiments], "tags.`automl.kind` = 'trial'")


@pytest.mark.parametrize("mode", [Mode.REFUSE, Mode.ERROR, Mode.SILENT, Mode.LOST])
def test_what_failed_is_sent_when_the_server_is_back_without_another_trial(mode, proxy, server, tmp_path):
    proxy.become(mode)
    name = f"back-{mode}"
    tracker = BackgroundTracker(lambda: MlflowTracker(proxy.url, runs=tmp_path), pauses_s=(0.1,))
    tracker.study_started(study_info(tmp_path, name=name, uid=name), [complete(1, 0.4), complete(2, 0.3)])
    while not tracker.problems:
        time.sleep(0.01)
    proxy.become(Mode.PASS)
    while not tracker.has_sent_everything:
        time.sleep(0.01)
    tracker.close()
    assert sorted(run.info.run_name for run in runs_of(server, name)) == ["#001 svm 0.400", "#002 svm 0.300"]


def test_however_many_answers_are_lost_nothing_is_doubled(proxy, server, tmp_path):
    kinds = (failed, lambda number: complete(number, 0.4), lambda number: trained(number, 0.4, n_epochs=30))
    trials = [kinds[number % 3](number) for number in range(1, 11)]
    tracker = MlflowTracker(proxy.url, runs=tmp_path)
    info = study_info(tmp_path, name="lossy", uid="lossy")
    proxy.lose_every = 17
    while True:
        with suppress(ConnectionError):
            tracker.study_started(info, trials)
            tracker.study_finished(None)
            break
    assert proxy.n_lost > 1
    found = runs_of(server, "lossy")
    assert Counter(int(run.data.tags["automl.number"]) for run in found) == Counter(range(1, 11))
    assert {run.info.status for run in found} == {"FINISHED", "FAILED"}
    client = connect(server.url)
    for run in found:
        if run.data.tags["automl.family"] == "mlp":
            points = client.get_metric_history(run.info.run_id, "epoch/valid_loss")
            assert [point.step for point in points] == list(range(1, 31))


def test_a_trial_that_mlflow_refuses_does_not_keep_the_others_from_being_sent(proxy, server, tmp_path):
    odd = complete(1, 0.4)
    odd = replace(odd, suggestion=replace(odd.suggestion, config={**odd.config, "x" * 300: 1}))
    notes = []
    tracker = MlflowTracker(proxy.url, runs=tmp_path, on_note=notes.append)
    tracker.study_started(study_info(tmp_path, name="odd", uid="odd"), [odd, complete(2, 0.3)])
    assert {run.info.run_name: run.info.status for run in runs_of(server, "odd")} == {
        "#001 svm 0.400": "FINISHED",
        "#002 svm 0.300": "FINISHED",
    }
    (note,) = notes
    assert note.startswith("MLflow refuses the numbers of #001 svm 0.400: ")
