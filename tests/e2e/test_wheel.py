"""The wheel holds everything, and works where nothing else of the repository is."""

import csv
import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from made_tables import write_people

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = folder.glob("automl_search-*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """Python of a fresh environment that holds the wheel; its dependencies are those of this one."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = folder / "bin" / "python"
    site = Path(
        subprocess.run(
            [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
            capture_output=True, text=True, check=True,
        ).stdout.strip()
    )  # fmt: skip
    subprocess.run([str(python), "-m", "pip", "install", "-q", "--no-deps", str(wheel)], check=True)
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


def run(python, *args, cwd):
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "AUTOML"))}
    done = subprocess.run(
        [str(python.parent / "automl"), *map(str, args)], capture_output=True, text=True, cwd=cwd, env=environment
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_holds_every_module_and_every_space(wheel):
    tree = {str(p.relative_to(ROOT)) for p in (ROOT / "automl").rglob("*.py")} | {"automl/py.typed"}
    tree |= {
        f"automl/search_spaces/{p.name}" for p in (ROOT / "search_spaces").iterdir() if p.suffix in (".py", ".toml")
    }
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
        (licence,) = [name for name in archive.namelist() if name.endswith("LICENSE")]
        assert "BSD 3-Clause" in archive.read(licence).decode()
    assert held == tree


def test_a_search_from_the_wheel_is_exported_and_predicts(installed, tmp_path):
    people = write_people(tmp_path / "people.csv")
    out = run(
        installed, "search", people, "--label", "outcome", "--group", "patient", "--budget", 3, "--models",
        "logistic,knn", "--json", cwd=tmp_path,
    )  # fmt: skip
    assert json.loads(out.splitlines()[-1])["n_complete"] == 3
    run(installed, "export", "--out", "model", cwd=tmp_path)
    labels = list(csv.DictReader(run(installed, "predict", "model", people, cwd=tmp_path).splitlines()))
    truth = pd.read_csv(people)["outcome"]
    assert sum(row["label"] == t for row, t in zip(labels, truth, strict=True)) > 45
    where = subprocess.run(
        [str(installed), "-c", "import automl; print(automl.__file__)"], capture_output=True, text=True, cwd=tmp_path
    )
    assert str(ROOT) not in where.stdout
