"""A process that has imported what a search needs and forks one command after another: a start costs no imports.

Reads lines of JSON: ``{"args": [...], "env": {...}, "out": path, "err": path}`` starts ``automl args``, answered by its
process id; ``{"poll": pid}`` is answered by its exit code, ``null`` while it runs.
"""

import json
import os
import sys
from importlib import import_module

MODULES = (
    "automl.bundle.write",
    "automl.cli.console",
    "automl.cli.signals",
    "automl.tracking.background",
    "automl.tracking.mlflow",
    "automl.workflows.resume",
    "automl.workflows.search",
    "hyperopt",
    "mlflow",
    "mlflow.store.tracking.sqlalchemy_store",
    "sklearn.calibration",
    "sklearn.compose",
    "sklearn.ensemble",
    "sklearn.impute",
    "sklearn.neighbors",
    "sklearn.svm",
    "skops.io",
)


def become(command):
    """Run the command in this process, which has just been forked."""
    os.setsid()
    os.environ.update(command["env"])
    for fd, path, flags in (
        (0, os.devnull, os.O_RDONLY),
        (1, command["out"], os.O_WRONLY),
        (2, command["err"], os.O_WRONLY),
    ):
        os.dup2(os.open(path, flags | os.O_CREAT), fd)
    sys.argv = ["automl", *command["args"]]
    import_module("automl.cli.main").main()


def exit_code(pid):
    """``None`` while it runs."""
    done, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if done else None


def serve():
    for name in MODULES:
        import_module(name)
    for line in sys.stdin:
        command = json.loads(line)
        if "poll" in command:
            answer = exit_code(command["poll"])
        elif not (answer := os.fork()):
            become(command)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    serve()
