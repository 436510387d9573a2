"""``automl export``."""

from __future__ import annotations

import json

import click

from automl.cli.options import runs_option


@click.command()
@click.argument("study", required=False)
@click.option("--out", required=True, metavar="DIR", help="New folder for the bundle; nothing is overwritten.")
@click.option("--trial", "number", type=click.IntRange(min=1), metavar="N", help="Another trial than the winner.")
@click.option("--data", metavar="PATH", help="Where the data is now, if it has moved (for --trial).")
@click.option("--json", "as_json", is_flag=True, help="JSON on standard output.")
@runs_option
def command(*, study: str | None, out: str, number: int | None, data: str | None, as_json: bool, runs: str) -> None:
    """Write the winning pipeline, or another trial's, as a bundle.

    A bundle is a folder: model.skops (the whole fitted scikit-learn pipeline), scaler.pkl (its scaler alone),
    manifest.json, requirements.txt, README.md, and predict.py where the pipeline needs nothing of this tool.

    \b
    Examples:
      automl export --out model
      automl export coughs-1 --trial 97 --out fast
    """
    from automl.cli.console import open_console
    from automl.cli.words import short_path
    from automl.workflows.export import run_export

    with open_console(quiet=as_json, as_json=False) as console:
        done = run_export(study, out, console.hear, number=number, runs=runs, data=data)
    if as_json:
        record = {"path": str(done.path), "study": done.study, "trial": done.number, "bytes": done.n_bytes}
        click.echo(json.dumps(record))
        return
    click.echo(f"{short_path(done.path)} ({done.n_bytes / 1000:.0f} kB): trial {done.number} of {done.study}")
    click.echo(f"  {' '.join(sorted(p.name for p in done.path.iterdir()))}")
    click.echo(f"Label new rows with:  automl predict {short_path(done.path)} NEW")
