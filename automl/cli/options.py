"""Options that several commands share, and the types they parse."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_MB = {"M": 1.0, "G": 1024.0, "T": 1024.0**2}


class Duration(click.ParamType[float]):
    """A time such as ``90s``, ``20m``, ``1.5h``; a bare number is seconds."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Seconds."""
        if isinstance(value, int | float):
            return float(value)
        match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([smhd]?)\s*", value)
        if match is None:
            self.fail(f"{value!r} is not a time such as 90s, 20m or 2h", param, ctx)
        return float(match[1]) * _UNITS[match[2] or "s"]


class Size(click.ParamType[float]):
    """An amount of memory such as ``900MB``, ``1.5 GB``, ``512M``; a bare number is MB."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """MB, of 1024 * 1024 bytes."""
        if isinstance(value, int | float):
            return float(value)
        match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(?:([MGT])(?:I?B)?)?\s*", value.upper())
        if match is None:
            self.fail(f"{value!r} is not an amount of memory such as 900MB or 2GB", param, ctx)
        return float(match[1]) * _MB[match[2] or "M"]


class NameList(click.ParamType[tuple[str, ...]]):
    """Names separated by commas."""

    name = "name,..."

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """The names."""
        if isinstance(value, tuple):
            return value
        names = tuple(name.strip() for name in value.split(",") if name.strip())
        if not names:
            self.fail(f"{value!r} names nothing", param, ctx)
        return names


def runs_option(command: F) -> F:
    """``--runs DIR``."""
    return click.option(
        "--runs", metavar="DIR", default="runs", show_default=True, envvar="AUTOML_RUNS", show_envvar=True,
        help="Where studies go.",
    )(command)  # fmt: skip


def tracking_option(command: F) -> F:
    """``--tracking-uri URI``."""
    return click.option(
        "--tracking-uri", metavar="URI", envvar="MLFLOW_TRACKING_URI", show_envvar=True,
        help="MLflow server or database.  [default: RUNS/mlflow.db]",
    )(command)  # fmt: skip


def tensorboard_option(command: F) -> F:
    """``--tensorboard DIR``."""
    return click.option(
        "--tensorboard", metavar="DIR", help="Also write the training of networks to DIR/STUDY, for TensorBoard."
    )(command)


def talk_options(command: F) -> F:
    """``--quiet`` and ``--json``."""
    command = click.option("--json", "as_json", is_flag=True, help="One JSON event per line on standard output.")(
        command
    )
    return click.option("-q", "--quiet", is_flag=True, help="Only the result.")(command)


def workers_option(command: F) -> F:
    """``--workers N``."""
    return click.option(
        "--workers", type=click.IntRange(min=1), metavar="N",
        help="Trials at the same time.  [default: one per physical core]",
    )(command)  # fmt: skip


def timeout_option(command: F) -> F:
    """``--timeout TIME``."""
    return click.option(
        "--timeout", "timeout_s", type=Duration(), metavar="TIME",
        help="Stop asking for trials after this long: 90s, 20m, 2h. Running ones may end.",
    )(command)  # fmt: skip


def trial_timeout_option(command: F) -> F:
    """``--trial-timeout TIME``."""
    return click.option(
        "--trial-timeout", "trial_timeout_s", type=Duration(), metavar="TIME",
        help="Stop a trial after this long.  [default: ten times the median trial, at least 5m]",
    )(command)  # fmt: skip


def trial_memory_option(command: F) -> F:
    """``--trial-memory SIZE``."""
    return click.option(
        "--trial-memory", "trial_memory_mb", type=Size(), metavar="SIZE",
        help="Stop a trial that takes more memory: 900MB, 2GB.  [default: 80% of the machine, divided by the workers]",
    )(command)  # fmt: skip


def prune_option(*, default: bool | None) -> Callable[[F], F]:
    """``--prune/--no-prune``; ``None`` as default: what the search was asked."""
    shown = "prune" if default else "as the search was asked"
    return click.option(
        "--prune/--no-prune", default=default, show_default=False,
        help=f"Stop trials that are clearly worse after some of their folds. Never the winner.  [default: {shown}]",
    )  # fmt: skip
