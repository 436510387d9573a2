from __future__ import annotations

import socket
import subprocess
import sys

import pytest

from automl.errors import RequestError
from automl.tracking.server import MlflowServer


@pytest.fixture
def taken_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_taken_port_is_an_error_when_it_was_asked_for(taken_port):
    with (
        pytest.raises(RequestError, match=f"127.0.0.1:{taken_port} cannot be used"),
        MlflowServer("sqlite:///unused.db", port=taken_port),
    ):
        pass


def test_a_host_that_is_not_here_is_an_error():
    with (
        pytest.raises(RequestError, match=r"192\.0\.2\.1:8123 cannot be used"),
        MlflowServer("sqlite:///unused.db", host="192.0.2.1", port=8123),
    ):
        pass


def test_importing_the_adapters_does_not_import_mlflow():
    imports = "; ".join(f"import automl.tracking.{name}" for name in ("mlflow", "background", "server", "views"))
    program = f"{imports}; import sys; print([n for n in ('mlflow', 'pandas', 'sqlalchemy') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
