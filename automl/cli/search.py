"""``automl search``."""

from __future__ import annotations

from typing import Any

import click

from automl.cli.options import (
    NameList,
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

METRICS = (
    "log_loss", "roc_auc", "pr_auc", "accuracy", "balanced_accuracy", "f1", "precision", "sensitivity",
    "specificity", "mcc", "brier",
)  # fmt: skip
"""Names for the help text; a test compares them with the registry, which is not imported for it."""


@click.command()
@click.argument("data", required=False)
@click.option(
    "--label",
    metavar="COL",
    help='Column that holds the class, or name:REGEX to take it from the file name.  [default: "label"]',
)
@click.option(
    "--group", metavar="COL", help="Rows with the same value stay together: speaker, patient. Also name:REGEX."
)
@click.option("--drop", metavar="COL", multiple=True, help="Column to leave out; may be repeated.")
@click.option("--positive", metavar="CLASS", help="The class to find.  [default: the rarer one]")
@click.option(
    "--test", metavar="FILE|SHARE", help="Also judge the winner once on a test set: a file, or a share held out."
)
@click.option("--space", metavar="NAME|PATH", help="What to search.  [default: tabular, or audio for sounds]")
@click.option("--models", type=NameList(), metavar="NAME,...", default=(), help="Only these families of the space.")
@click.option(
    "--metric",
    metavar="M",
    default="log_loss",
    show_default=True,
    help=f"What the search optimises: {', '.join(METRICS)}.",
)
@click.option("--budget", type=int, metavar="N", default=100, show_default=True, help="Trials.")
@timeout_option
@trial_timeout_option
@trial_memory_option
@click.option(
    "--folds", type=int, metavar="K", help="Cross-validation folds.  [default: 5, or fewer where the data demands it]"
)
@prune_option(default=True)
@workers_option
@click.option(
    "--seed", type=int, metavar="S", default=0, show_default=True, help="Same seed, same data, 1 worker: same trials."
)
@click.option("--name", metavar="STUDY", help="Name of the study.  [default: from DATA]")
@runs_option
@tracking_option
@tensorboard_option
@click.option("--dry-run", is_flag=True, help="Check the data, show the plan, search nothing.")
@talk_options
@click.pass_context
def command(
    ctx: click.Context, /, *, timeout_s: float | None, dry_run: bool, quiet: bool, as_json: bool, **options: Any
) -> None:
    """Search for the best classifier.

    DATA is a CSV, TSV or Parquet table, a folder with one sub-folder of sound files per class, or a table that lists
    sound files. Without DATA the demo runs (breast cancer data, real).

    \b
    Examples:
      automl search data.csv --label diagnosis --budget 200
      automl search coughs/ --budget 200
      automl search clips.csv --label label --group speaker
      automl search digits/ --label 'name:^(\\d)_' --group 'name:^\\d_([^_]+)_'
    """
    from automl.cli.console import open_console
    from automl.cli.signals import stop_on_signals
    from automl.workflows.request import SearchRequest
    from automl.workflows.search import plan_search, run_search

    sources = {name: source.name.lower() for name in ctx.params if (source := ctx.get_parameter_source(name))}
    request = SearchRequest(timeout_s=timeout_s, sources=sources, **options)
    with open_console(quiet=quiet, as_json=as_json) as console:
        if dry_run:
            plan_search(request, console.hear)
            return
        with stop_on_signals(console) as stop:
            run_search(request, console.hear, stop)
