"""What every test may use."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest
from faults import FaultTable
from made_tables import write_people

ROOT = Path(__file__).resolve().parent.parent
FAULTS = pytest.StashKey[FaultTable]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[FAULTS] = FaultTable()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the table of faults, if any was tried."""
    if (table := config.stash[FAULTS]).counts:
        terminalreporter.section("faults")
        for line in table.lines():
            terminalreporter.write_line(line)


@pytest.fixture
def record_fault(pytestconfig: pytest.Config):
    """Note one try of a fault: ``record_fault(fault, lost=, doubled=, left=)``; fails unless all three are zero."""
    return pytestconfig.stash[FAULTS].record


@pytest.fixture(scope="session")
def test_data() -> Path:
    """Real recordings and tables; tests that need them are skipped without."""
    folder = Path(os.environ.get("AUTOML_TEST_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"the test data is not at {folder} (environment variable AUTOML_TEST_DATA)")
    return folder


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """See ``write_people``."""
    return write_people(tmp_path / "people.csv")


@pytest.fixture
def automl(monkeypatch, capsys):
    """Run the command line in this process: ``automl("search", ...) -> (exit code, out, err)``."""
    from automl.cli.main import main

    def run(*args: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["automl", *map(str, args)])
        with pytest.raises(SystemExit) as stopped:
            main()
        out, err = capsys.readouterr()
        return int(stopped.value.code or 0), out, err

    return run


@pytest.fixture(scope="session")
def mlflow_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty MLflow database; its creation takes five seconds, a copy none."""
    from automl.tracking.store import DATABASE_NAME, prepare_store

    runs = tmp_path_factory.mktemp("mlflow")
    prepare_store(runs)
    return runs / DATABASE_NAME


@pytest.fixture
def tracked_runs(tmp_path: Path, mlflow_database: Path) -> Path:
    """A folder for studies with an empty MLflow database in it."""
    runs = tmp_path / "runs"
    runs.mkdir()
    shutil.copy(mlflow_database, runs)
    return runs
