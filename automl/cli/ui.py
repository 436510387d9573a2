"""``automl ui``."""

from __future__ import annotations

import click

from automl.cli.options import runs_option, tracking_option


@click.command()
@click.argument("study", required=False)
@click.argument("trials", nargs=-1)
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    metavar="N",
    help="Port of the page.  [default: 5000, or the next free one]",
)
@click.option("--no-browser", is_flag=True, help="Only print the link.")
@runs_option
@tracking_option
def command(
    *,
    study: str | None,
    trials: tuple[str, ...],
    port: int | None,
    no_browser: bool,
    runs: str,
    tracking_uri: str | None,
) -> None:
    """Open the MLflow UI on a study's trials.

    STUDY is a name or a folder; without it the newest study. With numbers of trials, they are compared side by side.
    Only this computer can reach the page.

    \b
    Examples:
      automl ui
      automl ui coughs-1
      automl ui coughs-1 44 74 51
    """
    from automl.cli.signals import sigterm_as_ctrl_c
    from automl.errors import RequestError
    from automl.workflows.ui import open_ui

    if study is not None and study.isdigit():
        trials = (study, *trials)
        study = None
    if unknown := [t for t in trials if not t.isdigit()]:
        raise RequestError(f"{', '.join(unknown)}: not the number of a trial", hint="automl ui STUDY 44 74 51")
    numbers = tuple(int(t) for t in trials)
    click.echo("Starting MLflow's pages, which takes some ten seconds ...", err=True)
    opened = open_ui(study, numbers, runs=runs, tracking_uri=tracking_uri, port=port)
    with sigterm_as_ctrl_c(), opened as page:  # the server has to end with us
        what = f"trials {', '.join(trials)} side by side" if trials else f"the trials of {page.study}"
        click.echo(f"MLflow UI with {what}:\n  {page.url}")
        if not no_browser:
            click.launch(page.url)
        if page.is_ours:
            click.echo(
                "Ctrl-C stops it." if trials else 'Ctrl-C stops it. The page loads 100 trials, then "Load more".'
            )
            try:
                page.wait()
            except KeyboardInterrupt:
                click.echo("Stopped.")
