"""What a trial leaves when it goes wrong is shown whole, and kept in MLflow too."""

from __future__ import annotations

import json
import os
import textwrap
from pathlib import Path

import mlflow
import pytest
from drivers import Place, run, search_arguments

from automl.cli.main import printable
from automl.core.journal import read_journal
from automl.core.trial import TrialState
from automl.tracking.store import default_uri

pytestmark = pytest.mark.slow

DEPTH = 60
ODD_FAMILIES = f"""
    import os, signal, sys
    from automl.pipeline.registry import ModelFamily


    def sink(depth):
        if depth == 0:
            raise ValueError("red \\x1b[31m and \\x07, clip\\udcff.wav\\nsecond line " + "x" * 3000 + " its end")
        sink_further(depth)


    def sink_further(depth):
        sink(depth - 1)


    def build_deep(params, context):
        try:
            sink({DEPTH})
        except ValueError as err:
            raise RuntimeError("on top of it") from err


    def build_dead(params, context):
        os.write(2, b"last words \\x1b[2J of a worker \\xff\\n")
        os.kill(os.getpid(), signal.SIGSEGV)


    DEEP = ModelFamily(name="deep", title="deep", params=(), build=build_deep)
    DEAD = ModelFamily(name="dead", title="dead", params=(), build=build_dead)
"""
SPACE = """
schema = 1
name = "odd"
summary = "Two families that fail."
[[stage]]
name = "encode"
[stage.option.ordinal]
[[stage]]
name = "impute"
[stage.option.mean]
[model.deep]
[model.dead]
[model.naive_bayes]
"""


@pytest.fixture(scope="module")
def odd(new_place, tmp_path_factory, once) -> Place:
    """A study whose first trial failed and whose second crashed."""
    place, site = new_place(), tmp_path_factory.mktemp("site")
    info = site / "odd-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: odd\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[automl.families]\ndeep = odd_families:DEEP\ndead = odd_families:DEAD\n")
    (site / "odd_families.py").write_text(textwrap.dedent(ODD_FAMILIES))
    (site / "odd.toml").write_text(SPACE)
    search = [*search_arguments(once.people, place, space=site / "odd.toml"), "--budget", "3"]
    code, _, err = run(place, search, env={**os.environ, **place.environment, "PYTHONPATH": str(site)})
    assert code == 0, err
    return place


def test_a_failed_trial_shows_its_whole_traceback_and_steers_no_terminal(odd, automl):
    trial = read_journal(odd.study).trials[0]
    assert trial.state is TrialState.FAILED
    assert trial.result.traceback.count("in sink_further\n") == DEPTH
    code, out, _ = automl("leaderboard", "st", "--trial", 1, "--runs", odd.runs)
    assert code == 0
    shown = out.splitlines()
    assert shown[-1] == "RuntimeError: on top of it"
    assert "ValueError: red �[31m and �, clip\\udcff.wav" in shown
    assert "second line " + "x" * 3000 + " its end" in shown
    begin = shown.index("error: RuntimeError: on top of it") + 1
    assert shown[begin:] == [printable(line) for line in trial.result.traceback.splitlines()]


def test_a_trial_that_took_its_worker_with_it_shows_the_last_words(odd, automl):
    trial = read_journal(odd.study).trials[1]
    assert trial.state is TrialState.CRASHED
    code, out, _ = automl("leaderboard", "st", "--trial", 2, "--runs", odd.runs)
    assert code == 0
    assert "SIGSEGV" in out
    assert "last words �[2J of a worker �" in out.splitlines()
    code, out, _ = automl("leaderboard", "st", "--trial", 2, "--json", "--runs", odd.runs)
    assert json.loads(out)[0]["traceback"] == trial.result.traceback


@pytest.mark.parametrize("number", [1, 2])
def test_mlflow_keeps_the_same_text_with_the_trial(odd, number, tmp_path):
    client = mlflow.MlflowClient(default_uri(odd.runs))
    experiment = client.get_experiment_by_name("st")
    (found,) = client.search_runs([experiment.experiment_id], f"tags.`automl.number` = '{number}'")
    kept = client.download_artifacts(found.info.run_id, "traceback.txt", str(tmp_path))
    assert found.info.status == "FAILED"
    assert Path(kept).read_bytes().decode() == read_journal(odd.study).trials[number - 1].result.traceback
