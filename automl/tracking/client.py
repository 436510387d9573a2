"""MLflow's client, without its manners: no telemetry, no lines on standard output, no minutes of waiting."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

CALL_TIMEOUT_S = 5
UPLOAD_TIMEOUT_S = 60


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


@contextmanager
def impatient(timeout_s: int = CALL_TIMEOUT_S) -> Iterator[None]:
    """Inside, a server that does not answer is given up after seconds, where MLflow waits for many minutes.

    MLflow reads such settings from environment variables at each call. Their defaults are replaced, not the variables:
    what the user has set still counts, and no child process inherits anything.
    """
    variables = load_mlflow().environment_variables
    settings = {
        variables.MLFLOW_HTTP_REQUEST_TIMEOUT: timeout_s,
        variables.MLFLOW_HTTP_REQUEST_MAX_RETRIES: 1,
        variables.MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT: True,
    }
    before = {variable: variable.default for variable in settings}
    for variable, default in settings.items():
        variable.default = default
    try:
        yield
    finally:
        for variable, default in before.items():
            variable.default = default


def is_no_answer(error: BaseException) -> bool:
    """Whether an error of MLflow's goes back to a server that refused, broke off or was too slow."""
    from requests.exceptions import ConnectionError, Timeout

    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ConnectionError | Timeout):
            return True
        cause = cause.__cause__ or cause.__context__
    return False
