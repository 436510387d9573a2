"""MLflow's client, without its manners: no telemetry, no lines on standard output, no minutes of waiting."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

CALL_TIMEOUT_S = 5
UPLOAD_TIMEOUT_S = 60

_N_AT_ONCE = 8  # 200 trials, 0.5 s an answer: 47 s, one by one 300 s; MLflow's client keeps 10 connections


def load_mlflow() -> Any:
    """The package, its telemetry off unless the environment says otherwise: it looks there only when first imported."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    import mlflow

    return mlflow


def connect(uri: str) -> Any:
    """An ``MlflowClient`` of the server or database at ``uri``.

    Of MLflow's fluent interface nothing is used: it keeps the tracking URI in the environment, for children to
    inherit.
    """
    return load_mlflow().MlflowClient(uri, registry_uri=uri)


def n_at_once(uri: str) -> int:
    """How many calls at a time help: a database has one writer, and a server takes its time over each answer."""
    return _N_AT_ONCE if uri.startswith("http") else 1


@contextmanager
def impatient(timeout_s: int = CALL_TIMEOUT_S) -> Iterator[None]:
    """Inside, a server that does not answer is given up after seconds, where MLflow waits for many minutes.

    MLflow is also silent in this thread: before it raises an error of a database it prints a whole traceback.

    Nothing is tried again in here: a run whose creation was not answered in time may have been made all the same, and
    MLflow would make another one, unseen.

    MLflow reads such settings from environment variables at each call. Their defaults are replaced, not the variables:
    what the user has set still counts, and no child process inherits anything.
    """
    variables = load_mlflow().environment_variables
    from mlflow.utils.logging_utils import suppress_logs_in_thread

    settings = {
        variables.MLFLOW_HTTP_REQUEST_TIMEOUT: timeout_s,
        variables.MLFLOW_HTTP_REQUEST_MAX_RETRIES: 0,
        variables.MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT: True,
    }
    before = {variable: variable.default for variable in settings}
    for variable, default in settings.items():
        variable.default = default
    try:
        with suppress_logs_in_thread():
            yield
    finally:
        for variable, default in before.items():
            variable.default = default


def is_no_answer(error: BaseException) -> bool:
    """Whether an error of MLflow's goes back to a server that refused, broke off or was too slow."""
    from requests.exceptions import ConnectionError, Timeout

    return any(isinstance(cause, ConnectionError | Timeout) for cause in _causes(error))


def error_status(error: BaseException) -> int | None:
    """The status with which a server says that it cannot answer now (500, 503 ...); ``None`` for any other error."""
    from requests.exceptions import RetryError

    for cause in _causes(error):
        if isinstance(cause, RetryError) and (found := re.search(r"too many (\d+) error responses", str(cause))):
            return int(found[1])
    return None


def is_refusal(error: BaseException) -> bool:
    """Whether a server took the call and will never accept what it says."""
    return getattr(error, "error_code", None) == "INVALID_PARAMETER_VALUE"


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__
