"""Every family and every option of every stage, written here and read in a fresh process: the same probabilities."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from automl.bundle import standalone
from automl.bundle.facts import BundleFacts, SearchScore
from automl.bundle.load import load_bundle
from automl.bundle.structure import structure_problems
from automl.bundle.write import write_bundle
from automl.core.dataset import ColumnKind, Dataset
from automl.core.trial import Config
from automl.pipeline.fit import FittedPipeline, fit_pipeline
from automl.pipeline.registry import family, family_names, missing_packages, stage

BASE: Config = {"encode": "onehot", "impute": "mean", "scale": "standard", "select": "kbest_f", "model": "logistic"}
SMALL = {
    "forest": "n_estimators",
    "extra_trees": "n_estimators",
    "xgboost": "n_estimators",
    "boosting": "max_iter",
    "mlp": "epochs",
}
N_ROWS = 90

READ_ALL = """
import sys
from pathlib import Path
import numpy as np
from automl.bundle.load import load_bundle

folder, tests = map(Path, sys.argv[1:])
sys.path.insert(0, str(tests))
from test_bundle_roundtrip import made_dataset

X = made_dataset().X
for bundle in folder.glob("bundle_*"):
    np.save(folder / f"{bundle.name}.npy", load_bundle(bundle).predict_proba(X))
"""

# Fails at any attempt to import automl, however it is installed.
RUN_WITHOUT_AUTOML = """
import runpy
import sys

class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "automl":
            raise ImportError("automl is hidden")

sys.meta_path.insert(0, Hidden())
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
assert not any(name.split(".")[0] == "automl" for name in sys.modules)
"""


def configs() -> Iterator[Config]:
    """Each family and each option once, on an otherwise plain config."""
    for name in family_names():
        if not missing_packages(family(name)) and not family(name).requires:
            small = {f"model.{name}.{SMALL[name]}": 7} if name in SMALL else {}
            yield {**BASE, "model": name, **small}
    for name in ("encode", "impute", "scale", "select", "rows"):
        for option in stage(name).options:
            yield {**BASE, name: option}
    for option in stage("impute").options:
        yield {**BASE, "impute": option, f"impute.{option}.indicator": True}
    for metric in ("euclidean", "manhattan", "cosine"):
        yield {**BASE, "model": "knn", "model.knn.metric": metric, "model.knn.weights": "distance"}
    for kernel in ("linear", "rbf", "poly"):
        yield {**BASE, "model": "svm", "model.svm.kernel": kernel}
    yield {"encode": "ordinal", "model": "boosting", "model.boosting.max_iter": 7}


def made_dataset() -> Dataset:
    """Three classes and every kind of column; some values are missing, some levels rare."""
    rng = np.random.default_rng(0)
    y = np.arange(N_ROWS) % 3
    dose = rng.normal(size=N_ROWS) + y
    dose[::7] = np.nan
    ward = np.array(["east", "west", "north"], dtype=object)[rng.integers(3, size=N_ROWS)]
    ward[::11], ward[5] = np.nan, "attic"
    X = pd.DataFrame({"dose": dose, "smoker": (rng.random(N_ROWS) > 0.5).astype(float), "ward": ward})
    kinds = {"dose": ColumnKind.NUMERIC, "smoker": ColumnKind.BOOLEAN, "ward": ColumnKind.CATEGORICAL}
    return Dataset("wards.csv", X, kinds, y.astype(np.int64), ("cured", "healthy", "ill"), "0" * 64)


@dataclass
class Written:
    """Bundles by the words of their config, with what their models answered before they were written."""

    folder: Path
    dataset: Dataset
    fitted: dict[str, FittedPipeline] = field(default_factory=dict)

    def path(self, key: str) -> Path:
        return self.folder / f"bundle_{list(self.fitted).index(key)}"

    def in_fresh_process(self, key: str) -> NDArray[np.float64]:
        answer: NDArray[np.float64] = np.load(self.folder / f"{self.path(key).name}.npy", allow_pickle=False)
        return answer


pytestmark = pytest.mark.slow

CONFIGS = {
    " ".join(f"{k}={v}" for k, v in config.items() if BASE.get(k) != v) or "base": config for config in configs()
}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    dataset = made_dataset()
    bundles = Written(tmp_path_factory.mktemp("roundtrip"), dataset)
    for key, config in CONFIGS.items():
        bundles.fitted[key] = fit_pipeline(config, dataset, np.arange(N_ROWS), 0)
        write_bundle(bundles.path(key), bundles.fitted[key], facts_of(config, dataset))
    python("-c", READ_ALL, str(bundles.folder), str(Path(__file__).parent))
    return bundles


def facts_of(config: Config, dataset: Dataset) -> BundleFacts:
    return BundleFacts(
        study="wards-1",
        trial=1,
        config=config,
        config_words="",
        data=dataset.name,
        fingerprint=dataset.fingerprint,
        n_rows=dataset.n_samples,
        kinds=dataset.kinds,
        class_names=dataset.class_names,
        positive="ill",
        metric="log_loss",
        search_score=SearchScore(1.0, None, 3),
    )


def python(*arguments: str) -> str:
    ran = subprocess.run(
        [sys.executable, "-W", "error::UserWarning", *arguments],
        capture_output=True,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@pytest.mark.parametrize("key", CONFIGS)
def test_a_fresh_process_gives_the_same_probabilities_bit_for_bit(written: Written, key: str) -> None:
    expected = written.fitted[key].predict_proba(written.dataset.X)
    assert np.array_equal(written.in_fresh_process(key), expected)


@pytest.mark.parametrize("key", CONFIGS)
def test_what_our_families_fit_passes_the_check_of_its_tables(written: Written, key: str) -> None:
    assert structure_problems(load_bundle(written.path(key)).pipeline) == ()


@pytest.mark.parametrize("key", ["model=svm", "model=forest model.forest.n_estimators=7"])
def test_predict_py_needs_no_automl_and_gives_the_same_probabilities(
    written: Written, key: str, tmp_path: Path
) -> None:
    table = tmp_path / "table.csv"
    X = written.dataset.X.assign(smoker=written.dataset.X["smoker"].map({0.0: "no", 1.0: "yes"}), name="extra")
    X.to_csv(table, index=False)
    bundle = load_bundle(written.path(key))
    columns = [{"name": name, "kind": str(kind)} for name, kind in bundle.kinds.items()]
    expected = bundle.predict_proba(standalone.read_rows(str(table), columns))

    answer = python("-I", "-c", RUN_WITHOUT_AUTOML, str(written.path(key) / "predict.py"), str(table))

    header, *rows = csv.reader(answer.splitlines())
    assert header == ["row", "label", "p_cured", "p_healthy", "p_ill"]
    assert [int(row[0]) for row in rows] == list(range(1, N_ROWS + 1))
    assert [row[1] for row in rows] == [bundle.class_names[i] for i in bundle.predict_indices(expected)]
    assert np.array_equal(np.array([row[2:] for row in rows], dtype=np.float64), expected)


def test_predict_py_refuses_a_model_that_was_changed(written: Written, tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    folder.mkdir()
    for path in written.path("base").iterdir():
        (folder / path.name).write_bytes(path.read_bytes() + b"\n" * (path.name == "model.skops"))
    ran = subprocess.run(
        [sys.executable, str(folder / "predict.py"), "any.csv"], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 1
    assert ran.stderr.startswith("error: model.skops has changed: its sha256 is not the one in manifest.json")


def test_a_model_of_recordings_needs_automl_and_says_which_packages_read_sound(tmp_path: Path) -> None:
    import soundfile

    y = np.arange(12) % 2
    paths = [str(tmp_path / f"{i}.wav") for i in range(len(y))]
    for path, is_high in zip(paths, y, strict=True):
        soundfile.write(path, np.sin(np.arange(4000) * (0.8 if is_high else 0.2)), 8000)
    X = pd.DataFrame({"path": np.array(paths, dtype=object)})
    dataset = Dataset("tones", X, {"path": ColumnKind.SOUND}, y, ("high", "ill"), "0" * 64, lowest_sr=8000)
    config: Config = {"sound_features": "mfcc", "scale": "standard", "model": "logistic"}
    fitted = fit_pipeline(config, dataset, np.arange(len(y)), 0)

    write_bundle(tmp_path / "best", fitted, facts_of(config, dataset), X_check=X)

    requirements = (tmp_path / "best" / "requirements.txt").read_text()
    assert "librosa==" in requirements
    assert "soundfile==" in requirements
    assert not (tmp_path / "best" / "predict.py").exists()
