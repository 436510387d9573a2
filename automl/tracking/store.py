"""MLflow's database in ``runs/``: made whole or not at all, shared by every study, moved along with the folder."""

from __future__ import annotations

import atexit
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

from automl.errors import StudyError

DATABASE_NAME = "mlflow.db"
ARTIFACTS_NAME = "mlflow-artifacts"
ROOT_TAG = "automl.runs"
"""Experiment tag: URI of the runs folder at the time of writing, the common prefix of every stored location."""

_DRAFT_PREFIX = ".new-mlflow-"
_CREATE = """
import os, sys, threading
threading.Thread(target=lambda: (os.read(0, 1), os._exit(1)), daemon=True).start()  # when the search is gone
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
SqlAlchemyStore(*sys.argv[1:])
"""
_LOCATIONS = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)


def default_uri(runs: Path) -> str:
    """Tracking URI of the database in ``runs``, absolute."""
    return _sqlite_uri(runs.resolve() / DATABASE_NAME)


def artifact_root(runs: Path) -> str:
    """URI of the folder that holds the artifacts of every study in ``runs``."""
    return (runs.resolve() / ARTIFACTS_NAME).as_uri()


def prepare_store(runs: Path) -> None:
    """Create the database in ``runs`` unless there is one.

    MLflow's schema is built by dozens of migrations, and a process killed among them, or racing with another one,
    leaves a database that never opens again. So a draft is built beside its place, by a process of its own, and put
    there in one step; of several processes the first one's draft is kept.

    Raises
    ------
    StudyError
        If MLflow cannot create it.
    """
    database = runs.resolve() / DATABASE_NAME
    if database.exists():
        return
    database.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=_DRAFT_PREFIX, dir=database.parent, ignore_cleanup_errors=True) as folder:
        draft = Path(folder) / DATABASE_NAME
        try:
            _create(draft, artifact_root(runs))
            _publish(draft, database)
        except (StudyError, sqlite3.Error, OSError) as err:
            if not database.exists():  # else another process was faster, and tidied up
                raise StudyError(f"MLflow cannot create {database}: {err}") from err
    for abandoned in database.parent.glob(f"{_DRAFT_PREFIX}*"):
        shutil.rmtree(abandoned, ignore_errors=True)


def relocate(runs: Path) -> bool:
    """Make the database agree with the place ``runs`` has been moved to; whether anything had to change.

    MLflow stores absolute locations; after a move it lists no artifacts, without a word.
    """
    database = runs.resolve() / DATABASE_NAME
    if not database.exists():
        return False
    here = runs.resolve().as_uri()
    with closing(sqlite3.connect(database, timeout=20)) as connection, connection:
        connection.execute("BEGIN IMMEDIATE")
        rows = connection.execute(
            "SELECT DISTINCT value FROM experiment_tags WHERE key = ? AND value <> ?", (ROOT_TAG, here)
        ).fetchall()
        for (there,) in rows:
            for table, column in _LOCATIONS:
                _replace_prefix(connection, table, column, old=there, new=here)
        connection.execute("UPDATE experiment_tags SET value = ? WHERE key = ?", (here, ROOT_TAG))
    return bool(rows)


def _sqlite_uri(database: Path) -> str:
    # SQLAlchemy takes what follows a question mark for options, and undoes percent escapes.
    return "sqlite:///" + re.sub(r"\?|%(?=[0-9A-Fa-f]{2})", lambda found: quote(found[0]), database.as_posix())


def _create(draft: Path, artifacts: str) -> None:
    """Build a database with a process of its own, which does not outlive this one."""
    with subprocess.Popen(
        [sys.executable, "-P", "-c", _CREATE, _sqlite_uri(draft), artifacts],
        env={"MLFLOW_DISABLE_TELEMETRY": "true", **os.environ},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    ) as process:
        # this may be a thread that is left behind; the draft's folder is removed at exit, too, and after this
        end = atexit.register(partial(_end, process))
        try:
            said = "" if process.stderr is None else process.stderr.read()
        finally:
            atexit.unregister(end)
    if process.returncode != 0:
        raise StudyError((said.strip().splitlines() or [f"exit code {process.returncode}"])[-1])


def _end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait()


def _publish(draft: Path, database: Path) -> None:
    with closing(sqlite3.connect(draft)) as connection:
        # Lasting, and the reason why an open page of MLflow does not hold up a search: with the default mode a reader
        # made writes wait for up to 20 s (MLflow 3.17). Closing moves everything into the one file.
        connection.execute("PRAGMA journal_mode = WAL")
    try:
        os.link(draft, database)  # unlike a rename this never replaces what another process has put there
    except FileExistsError:
        return
    except OSError:  # a file system without hard links
        if not database.exists():
            draft.replace(database)


def _replace_prefix(connection: sqlite3.Connection, table: str, column: str, *, old: str, new: str) -> None:
    connection.execute(
        f"UPDATE {table} SET {column} = ? || substr({column}, ?) WHERE {column} = ? OR substr({column}, 1, ?) = ?",
        (new, len(old) + 1, old, len(old) + 1, f"{old}/"),
    )
