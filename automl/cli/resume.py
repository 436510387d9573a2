"""``automl resume``."""

from __future__ import annotations

from typing import Any

import click

from automl.cli.options import (
    prune_option,
    runs_option,
    talk_options,
    tensorboard_option,
    timeout_option,
    tracking_option,
    trial_memory_option,
    trial_timeout_option,
    workers_option,
)


@click.command()
@click.argument("study", required=False)
@click.option("--more", type=click.IntRange(min=1), metavar="N", help="Search N trials longer.")
@click.option("--data", metavar="PATH", help="Where the data is now, if it has moved.")
@workers_option
@timeout_option
@trial_timeout_option
@trial_memory_option
@prune_option(default=None)
@runs_option
@tracking_option
@tensorboard_option
@talk_options
def command(*, more: int | None, quiet: bool, as_json: bool, **options: Any) -> None:
    """Continue a search that was stopped, or make one longer.

    STUDY is a name or a folder; without it the newest study continues. Nothing finished is lost or repeated. With one
    worker the trials are those of an uninterrupted search.

    \b
    Examples:
      automl resume
      automl resume coughs-1 --more 100
    """
    from automl.cli.console import open_console
    from automl.cli.signals import stop_on_signals
    from automl.workflows.resume import ResumeRequest, run_resume

    request = ResumeRequest(more=more or 0, **options)
    with open_console(quiet=quiet, as_json=as_json) as console, stop_on_signals(console) as stop:
        run_resume(request, console.hear, stop)
