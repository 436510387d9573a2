"""Through MLflow's own server: tracking while it comes and goes, and its processes."""

from __future__ import annotations

import socket
import sqlite3
from contextlib import closing

import psutil
import pytest
from tracked_studies import IGNORE_MLFLOW_WARNING, complete, failed, study_end, study_info, trained
from unreliable import UnreliableProxy

from automl.errors import StudyError
from automl.tracking.background import BackgroundTracker
from automl.tracking.client import connect
from automl.tracking.mlflow import MlflowTracker
from automl.tracking.server import MlflowServer, links
from automl.tracking.store import DATABASE_NAME, default_uri

pytestmark = pytest.mark.filterwarnings(IGNORE_MLFLOW_WARNING)


@pytest.fixture
def refused_uri():
    """Address of a port where nobody listens, with credentials."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        yield f"http://me:secret@127.0.0.1:{probe.getsockname()[1]}"


def test_without_an_answer_a_search_goes_on_and_a_later_session_loses_nothing(refused_uri, tracked_runs):
    trials = [complete(1, 0.4), failed(2), complete(3, 0.2)]
    unreachable = BackgroundTracker(lambda: MlflowTracker(refused_uri, runs=tracked_runs))
    unreachable.study_started(study_info(tracked_runs), [])
    for trial in trials:
        unreachable.trial_finished(trial)
    unreachable.study_finished(study_end(tracked_runs, best=3))
    unreachable.close()
    address = refused_uri.replace("me:secret@", "")
    assert unreachable.problems == (f"ConnectionError: MLflow does not answer at {address}",)

    reachable = MlflowTracker(default_uri(tracked_runs), runs=tracked_runs)
    reachable.study_started(study_info(tracked_runs), trials)
    assert links(default_uri(tracked_runs), "coughs-1", [1, 2, 3]).run_ids.keys() == {1, 2, 3}


def test_a_server_that_does_not_answer_is_an_error_for_who_wants_to_look(refused_uri):
    with pytest.raises(StudyError, match=r"MLflow at http://127\.0\.0\.1:\d+ cannot be read: it does not answer"):
        links(refused_uri, "coughs-1")


@pytest.mark.slow
def test_trials_reach_a_server_that_was_away(tracked_runs, capfd):
    database = default_uri(tracked_runs)
    with MlflowServer(database) as server:
        port, uri = int(server.url.rpartition(":")[2]), server.url
        tracker = MlflowTracker(uri, runs=tracked_runs)
        tracker.study_started(study_info(tracked_runs), [])
        tracker.trial_finished(complete(1, 0.4))
    with pytest.raises(ConnectionError, match="MLflow does not answer"):
        tracker.trial_finished(complete(2, 0.3))
    with MlflowServer(database, port=port):
        tracker.trial_finished(complete(3, 0.2))
        tracker.study_finished(study_end(tracked_runs, best=3))
        assert links(uri, "coughs-1", [1, 2, 3], uid="c0ffee").run_ids.keys() == {1, 2, 3}
    assert capfd.readouterr() == ("", "")


@pytest.mark.slow
def test_the_epochs_of_a_network_reach_a_server_in_one_call(tracked_runs, tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_ARTIFACTS_DESTINATION", str(tmp_path / "artifacts"))
    with (
        MlflowServer(default_uri(tracked_runs)) as server,
        UnreliableProxy(int(server.url.rpartition(":")[2])) as proxy,
    ):
        tracker = MlflowTracker(proxy.url, runs=tracked_runs)
        tracker.study_started(study_info(tracked_runs), [])
        proxy.paths.clear()
        tracker.trial_finished(trained(1, 0.4, n_epochs=100))
        calls = {path.rpartition("/")[2]: n for path, n in proxy.paths.items()}
        run_id = links(server.url, "coughs-1", [1]).run_ids[1]
        n_steps = len(connect(server.url).get_metric_history(run_id, "epoch/valid_loss"))
    assert n_steps == 100
    assert calls == {"create": 1, "log-batch": 1, "architecture.txt": 1, "get": 1, "update": 1}


@pytest.mark.slow
def test_the_server_ends_with_its_context(tracked_runs, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with MlflowServer(default_uri(tracked_runs)) as server:
        port = server.url.rpartition(":")[2]
        assert processes_with(port)
    assert processes_with(port) == []
    assert [p.name for p in tmp_path.iterdir()] == ["runs"]


def processes_with(argument):
    return [p for p in psutil.process_iter(["cmdline"]) if argument in (p.info["cmdline"] or ())]


@pytest.mark.slow
def test_a_server_that_cannot_start_says_why(tracked_runs):
    with closing(sqlite3.connect(tracked_runs / DATABASE_NAME)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = 'older'")
    with (
        pytest.raises(StudyError, match=r"MLflow's server ended with code \d+") as caught,
        MlflowServer(default_uri(tracked_runs)),
    ):
        pass
    assert "out-of-date database schema" in str(caught.value)
