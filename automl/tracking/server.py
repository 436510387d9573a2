"""MLflow's pages: a server for a database that has none, and where a study stands on it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import IO, Any, Self
from urllib.request import ProxyHandler, build_opener

from automl.errors import RequestError, StudyError
from automl.tracking.client import connect, impatient, is_no_answer, load_mlflow
from automl.tracking.experiment import find_experiment
from automl.tracking.problems import one_line, without_credentials
from automl.tracking.records import KIND_TAG, NUMBER_TAG

_USUAL_PORT = 5000
_START_TIMEOUT_S = 120.0
_STOP_TIMEOUT_S = 5.0
_POLL_S = 0.1


@dataclass(frozen=True)
class StudyLinks:
    """Where a study stands in MLflow; ``run_ids``: trial number -> run, for the trials that were asked for."""

    experiment_id: str
    run_ids: Mapping[int, str]


def links(uri: str, study: str, trials: Sequence[int] = (), *, uid: str = "") -> StudyLinks:
    """Where a study, and some of its trials, stand in the MLflow server or database at ``uri``.

    Parameters
    ----------
    trials : numbers; those MLflow lacks are left out of the answer
    uid : the study's, see ``StudyInfo``

    Raises
    ------
    StudyError
        If MLflow does not answer, or holds no such study.
    """
    mlflow = load_mlflow()
    try:
        with impatient():
            return _find(connect(uri), study, trials, uid=uid)
    except mlflow.exceptions.MlflowException as err:
        reason = "it does not answer" if is_no_answer(err) else one_line(err)
        raise StudyError(f"MLflow at {without_credentials(uri)} cannot be read: {reason}") from err


class MlflowServer:
    """MLflow's own server on a database, as a context; it ends with the context, and its children with it.

    Without MLflow's job consumers, which need another eight processes and 1.4 GB and serve nothing shown here
    (MLflow 3.17).

    Parameters
    ----------
    uri : of the database; an address that begins with http has a server already
    port : ``None`` for the usual one, or any other that is free when it is taken
    """

    def __init__(self, uri: str, *, host: str = "127.0.0.1", port: int | None = None) -> None:
        self._uri = uri
        self._host = host
        self._asked_port = port
        self._port = 0
        self._output: IO[bytes] | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Address of the pages."""
        return f"http://{self._host}:{self._port}"

    def __enter__(self) -> Self:
        """Start, and return when the pages answer.

        Raises
        ------
        RequestError
            If the port that was asked for cannot be used.
        StudyError
            If the server does not come up.
        """
        self._port = _choose_port(self._host, self._asked_port)
        self._output = tempfile.TemporaryFile()
        try:
            self._process = self._start(self._output)
            self._await_health(self._process)
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def wait(self) -> None:
        """Return when the server has ended by itself."""
        if self._process is not None:
            self._process.wait()

    def _start(self, output: IO[bytes]) -> subprocess.Popen[bytes]:
        command = ["server", "--host", self._host, "--port", str(self._port), "--workers", "1"]
        return subprocess.Popen(
            [sys.executable, "-m", "mlflow", *command],
            env=_environment(self._uri),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # a group of its own: Ctrl-C reaches us alone, and we end it as a whole
        )

    def _await_health(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _START_TIMEOUT_S
        while not self._is_healthy():
            if process.poll() is not None:
                raise StudyError(f"MLflow's server ended with code {process.returncode}", details=self._last_lines())
            if time.monotonic() > deadline:
                raise StudyError(
                    f"MLflow's server did not answer within {_START_TIMEOUT_S:g} s", details=self._last_lines()
                )
            time.sleep(_POLL_S)

    def _is_healthy(self) -> bool:
        try:
            with build_opener(ProxyHandler({})).open(f"{self.url}/health", timeout=1):
                return True
        except OSError:
            return False

    def _last_lines(self) -> tuple[str, ...]:
        assert self._output is not None, "the server was started"
        self._output.seek(0)
        text = self._output.read().decode(errors="replace")
        return tuple(without_credentials(text).strip().splitlines()[-5:])

    def _stop(self) -> None:
        if self._process is not None:
            _end_group(self._process)
        if self._output is not None:
            self._output.close()
        self._process = self._output = None


def _find(client: Any, study: str, trials: Sequence[int], *, uid: str) -> StudyLinks:
    experiment = find_experiment(client, study, uid)
    if experiment is None:
        raise StudyError(f'MLflow holds no study "{study}" yet', hint=f"automl resume {study} sends what is missing")
    run_ids = {}
    for number in trials:
        found = client.search_runs(
            [experiment.experiment_id],
            f"tags.`{KIND_TAG}` = 'trial' and tags.`{NUMBER_TAG}` = '{number}'",
            max_results=1,
        )
        if found:
            run_ids[number] = found[0].info.run_id
    return StudyLinks(experiment.experiment_id, run_ids)


def _environment(uri: str) -> dict[str, str]:
    # The URI goes by the environment: it may hold a password, and anybody may read a command line.
    ours = {"MLFLOW_BACKEND_STORE_URI": uri, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "PYTHONSAFEPATH": "1"}
    not_ours = ("MLFLOW_TRACKING_URI", "MLFLOW_STATIC_PREFIX", "MLFLOW_REGISTRY_STORE_URI")
    inherited = {name: value for name, value in os.environ.items() if name not in not_ours}
    return {"MLFLOW_DISABLE_TELEMETRY": "true", **inherited, **ours}


def _choose_port(host: str, asked: int | None) -> int:
    problem: OSError | None = None
    for port in (_USUAL_PORT, 0) if asked is None else (asked,):
        try:
            return _bindable(host, port)
        except OSError as err:
            problem = err
    raise RequestError(
        f"{host}:{asked if asked is not None else _USUAL_PORT} cannot be used: {problem}",
        hint="leave the port out and a free one is chosen",
    ) from problem


def _bindable(host: str, port: int) -> int:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        if os.name == "posix":  # a port whose last connection has just ended is free
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
        return int(probe.getsockname()[1])


def _end_group(process: subprocess.Popen[bytes]) -> None:
    _signal_group(process, "SIGTERM")
    with suppress(subprocess.TimeoutExpired):
        process.wait(_STOP_TIMEOUT_S)
    _signal_group(process, "SIGKILL")  # children may outlive their parent
    process.wait()


def _signal_group(process: subprocess.Popen[bytes], name: str) -> None:
    if not hasattr(os, "killpg"):  # Windows
        process.terminate()
        return
    with suppress(ProcessLookupError):
        os.killpg(process.pid, getattr(signal, name))
