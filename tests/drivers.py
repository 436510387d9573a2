"""Searches in processes of their own, to be killed, stopped and starved for real."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock
from uuid import uuid4

import psutil

from automl.core.journal import JOURNAL_NAME, read_journal

TEMPLATE = Path(__file__).with_name("driver_template.py")
BUDGET = 40
MARK = "AUTOML_TEST_MARK"
"""Environment variable by which everything that a search starts can be found."""

TINY_SPACE = """
schema = 1
name = "tiny"
summary = "Trials of some milliseconds."

[[stage]]
name = "encode"
[stage.option.onehot]
min_share = { float = [1e-3, 0.2], log = true, default = 0.01 }

[[stage]]
name = "impute"
[stage.option.mean]
[stage.option.median]

[[stage]]
name = "scale"
[stage.option.none]
[stage.option.standard]
[stage.option.minmax]

[model.naive_bayes]
var_smoothing = { float = [1e-9, 1.0], log = true, default = 1e-9 }
"""


@dataclass(frozen=True)
class Place:
    """Where one search lives: its study, a folder for temporary files of its own, and more for its environment."""

    runs: Path
    temp: Path
    name: str = "st"
    mark: str = field(default_factory=lambda: uuid4().hex)
    variables: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def make(cls, folder: Path, database: Path) -> Place:
        """In a new folder, with an empty MLflow database."""
        runs, temp = folder / "runs", folder / "temp"
        runs.mkdir(parents=True)
        temp.mkdir()
        shutil.copy(database, runs)
        return cls(runs, temp)

    def having(self, **variables: str) -> Place:
        """The same place with more in its environment."""
        return replace(self, variables={**self.variables, **variables})

    @property
    def study(self) -> Path:
        """The study's folder, which may not be there yet."""
        return self.runs / self.name

    @property
    def environment(self) -> dict[str, str]:
        """What a search in this place finds in its environment beside what we have."""
        return {"TERM": "dumb", "TMPDIR": str(self.temp), MARK: self.mark, **self.variables}

    def journal(self) -> bytes:
        """What stands in the journal, nothing before there is one."""
        try:
            return (self.study / JOURNAL_NAME).read_bytes()
        except OSError:
            return b""

    def n_finished(self) -> int:
        """Finished trials in the journal, read without understanding it."""
        return self.journal().count(b'"event":"finished"')

    def trials(self) -> dict[int, tuple[Mapping[str, object], float | None]]:
        """Config and loss of every finished trial."""
        return {t.number: (t.config, t.loss) for t in read_journal(self.study).trials}

    def n_doubled(self) -> int:
        """Finished lines beyond the first of each number."""
        lines = map(json.loads, (self.study / JOURNAL_NAME).read_bytes().splitlines())
        numbers = Counter(line["number"] for line in lines if line.get("event") == "finished")
        return sum(n - 1 for n in numbers.values())

    def left(self) -> int:
        """How many processes of this place are left, after a moment for their end."""
        return len(psutil.wait_procs(self.processes(), timeout=10)[1])

    def processes(self) -> list[psutil.Process]:
        """Everything a search here has started that lives, and every process with a file of the place open."""
        return [p for p in psutil.process_iter() if self._is_ours(p)]

    def litter(self) -> list[str]:
        """Temporary files of ours that are left: drafts among the studies, hidden files in the study, anything else."""
        hidden = [*self.runs.glob(".*"), *self.study.rglob(".*"), *self.temp.iterdir()]
        return [str(path) for path in hidden]

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                return False
            if process.environ().get(MARK) == self.mark:
                return True
            return any(str(self.runs) in file.path for file in process.open_files())
        except psutil.Error:
            return False


def search_arguments(people: Path, place: Place, *, workers: int = 1, space: Path) -> list[str]:
    """``automl search`` for forty quick trials."""
    options = {"--label": "outcome", "--group": "patient", "--budget": BUDGET, "--folds": 2, "--workers": workers}
    options |= {"--space": space, "--runs": place.runs, "--name": place.name}
    return ["search", str(people), *(str(text) for pair in options.items() for text in pair)]


def resume_arguments(place: Place) -> list[str]:
    """``automl resume``."""
    return ["resume", place.name, "--runs", str(place.runs)]


def start(place: Place, args: Sequence[str], **options: object) -> subprocess.Popen[str]:
    """A command in a fresh interpreter, its output in pipes."""
    command = [sys.executable, "-m", "automl.cli.main", *args]
    return subprocess.Popen(
        command, **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True,
                    "env": {**os.environ, **place.environment}, **options},
    )  # fmt: skip


def run(place: Place, args: Sequence[str], **options: object) -> tuple[int, str, str]:
    """Exit code, output and errors of a command in a fresh interpreter."""
    process = start(place, args, **options)
    out, err = process.communicate(timeout=300)
    return process.returncode, out, err


def wait_until(condition: Callable[[], object], process: subprocess.Popen[str] | ForkedDriver) -> None:
    """Until ``condition`` holds, while the process runs."""
    while not condition():
        if process.poll() is not None:
            raise AssertionError(f"the command ended too early, with {process.poll()}: {_said(process)}")
        time.sleep(0.003)


def _said(process: subprocess.Popen[str] | ForkedDriver) -> str:
    return process.communicate()[1] if isinstance(process, subprocess.Popen) else process.said()


class ForkedDriver:
    """A command forked from a ``DriverTemplate``, as far as ``Popen`` is needed."""

    def __init__(self, template: DriverTemplate, pid: int, errors: Path) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._template = template
        self._errors = errors

    def poll(self) -> int | None:
        """Its exit code, ``None`` while it runs."""
        if self.returncode is None:
            self.returncode = self._template.ask({"poll": self.pid})
        return self.returncode

    def wait(self) -> int:
        """Its exit code."""
        while (code := self.poll()) is None:
            time.sleep(0.01)
        return code

    def said(self) -> str:
        """Its standard error."""
        return self._errors.read_text()


class DriverTemplate:
    """Starts commands without the seconds that imports cost; see ``driver_template``. For several threads."""

    def __init__(self) -> None:
        command = [sys.executable, str(TEMPLATE)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._lock = Lock()

    def start(self, place: Place, args: Sequence[str]) -> ForkedDriver:
        """A command under way."""
        errors = place.temp.parent / "stderr"
        files = {"out": str(place.temp.parent / "stdout"), "err": str(errors)}
        return ForkedDriver(self, self.ask({"args": list(args), "env": place.environment, **files}), errors)

    def ask(self, command: Mapping[str, object]) -> int | None:
        """What the template answers."""
        assert self._process.stdin is not None and self._process.stdout is not None, "both are pipes"
        with self._lock:
            self._process.stdin.write(json.dumps(command) + "\n")
            self._process.stdin.flush()
            return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        """End the template."""
        self._process.communicate()
