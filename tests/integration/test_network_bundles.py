"""The way of a network out of a search: into a bundle, and into processes without TensorFlow."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from made_tables import write_people
from without_training import PREDICT

from automl.core.journal import read_journal

SPACE = """
schema = 1
name = "both"
summary = "A small network and a linear model."

[[stage]]
name = "encode"
[stage.option.ordinal]

[[stage]]
name = "impute"
[stage.option.median]

[[stage]]
name = "scale"
[stage.option.standard]

[model.logistic]
C = { float = [0.1, 1.0], log = true }

[model.mlp]
epochs = { fixed = 1 }
width = { fixed = 16 }
learning_rate = { float = [1e-9, 2e-9], log = true }

[model.boosting]
max_iter = { fixed = 2 }
learning_rate = { float = [1e-9, 2e-9], log = true }
"""

WITHOUT_AUTOML = """
import runpy
import sys

class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("automl", "tensorflow", "keras"):
            raise ImportError(f"{name} is hidden")

sys.meta_path.insert(0, Hidden())
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Searched:
    """A study with a trial of each family, and the data."""

    runs: Path
    people: Path
    out: str

    def trial_of(self, family: str) -> int:
        """Number of one of them."""
        return next(t.number for t in read_journal(self.runs / "both").trials if t.config["model"] == family)


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory, mlflow_database: Path) -> Searched:
    folder = tmp_path_factory.mktemp("networks")
    people = write_people(folder / "people.csv")
    (folder / "both.toml").write_text(SPACE)
    (folder / "runs").mkdir()
    (folder / "runs" / mlflow_database.name).write_bytes(mlflow_database.read_bytes())
    out = command(
        "search", people, "--label", "outcome", "--group", "patient", "--space", folder / "both.toml", "--no-prune",
        "--budget", 3, "--workers", 1, "--runs", folder / "runs", "--name", "both",
    )  # fmt: skip
    return Searched(folder / "runs", people, out)


@pytest.fixture(scope="module")
def network(searched: Searched, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle of the network."""
    folder = tmp_path_factory.mktemp("bundles") / "network"
    number = searched.trial_of("mlp")
    out = command("export", "both", "--onnx", "--trial", number, "--out", folder, "--runs", searched.runs)
    assert "model.onnx: on 60 rows its probabilities differ from the model's by at most" in out
    return folder


@pytest.fixture
def new(searched: Searched, tmp_path: Path) -> Path:
    """Rows to label."""
    rows = pd.read_csv(searched.people).drop(columns=["outcome", "patient"])
    rows.to_csv(tmp_path / "new.csv", index=False)
    return tmp_path / "new.csv"


def command(*arguments: object) -> str:
    return python("-m", "automl.cli.main", *map(str, arguments))


def python(*arguments: str) -> str:
    ran = subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        cwd=tempfile.gettempdir(),  # nothing of a checkout is found there
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def probabilities(text: str) -> np.ndarray:
    _, *rows = csv.reader(text.splitlines())
    return np.array([row[2:] for row in rows], dtype=np.float64)


def test_predicting_needs_neither_tensorflow_nor_what_trains(network: Path, new: Path) -> None:
    found = probabilities(python("-c", PREDICT, "predict", str(network), str(new)))
    assert found.shape == (60, 2)
    assert np.abs(found.sum(axis=1) - 1).max() < 1e-12


def test_predict_py_of_a_network_needs_no_automl_and_gives_the_same_probabilities(network: Path, new: Path) -> None:
    alone = probabilities(python("-I", "-c", WITHOUT_AUTOML, str(network / "predict.py"), str(new)))
    assert np.array_equal(alone, probabilities(command("predict", network, new)))


def test_a_linear_winner_is_exported_with_model_onnx_when_asked(searched: Searched, automl, tmp_path: Path) -> None:
    code, out, err = automl("export", "both", "--onnx", "--json", "--out", tmp_path / "m", "--runs", searched.runs)
    assert code == 0, err
    said = json.loads(out)["onnx"]
    assert said["refused"] is None
    assert said["difference"] < 1e-5
    manifest = json.loads((tmp_path / "m" / "manifest.json").read_text())
    assert manifest["config"]["model"] == "logistic"
    assert (manifest["onnx"], bool(manifest["estimates"])) == (said, True)
    assert (tmp_path / "m" / "model.onnx").exists()


def test_what_has_no_converter_is_said_in_one_line_with_exit_2(searched: Searched, automl, tmp_path: Path) -> None:
    number = searched.trial_of("boosting")
    code, _, err = automl(
        "export", "both", "--onnx", "--trial", number, "--out", tmp_path / "m", "--runs", searched.runs
    )
    assert code == 2
    assert (
        'cannot write model.onnx, because the conversion stops at step "model" (HistGradientBoostingClassifier)' in err
    )
    assert not (tmp_path / "m").exists()
