"""``automl export``."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from automl.cli.options import runs_option

if TYPE_CHECKING:
    from automl.bundle.facts import OnnxFacts


@click.command()
@click.argument("study", required=False)
@click.option("--out", required=True, metavar="DIR", help="New folder for the bundle; nothing is overwritten.")
@click.option("--trial", "number", type=click.IntRange(min=1), metavar="N", help="Another trial than the winner.")
@click.option("--data", metavar="PATH", help="Where the data is now, if it has moved (for --trial, --onnx).")
@click.option("--onnx", "with_onnx", is_flag=True, help="Write model.onnx too; networks have it anyway.")
@click.option("--json", "as_json", is_flag=True, help="JSON on standard output.")
@runs_option
def command(
    *, study: str | None, out: str, number: int | None, data: str | None, with_onnx: bool, as_json: bool, runs: str
) -> None:
    """Write the winning pipeline, or another trial's, as a bundle.

    A bundle is a folder: model.skops (the whole fitted scikit-learn pipeline), scaler.pkl (its scaler alone),
    manifest.json, requirements.txt, README.md, and predict.py where the pipeline needs nothing of this tool. A network
    is in model.keras and, to predict without TensorFlow, in model.onnx.

    \b
    Examples:
      automl export --out model
      automl export coughs-1 --trial 97 --out fast
      automl export --onnx --out portable
    """
    from automl.cli.console import open_console
    from automl.cli.words import short_path
    from automl.workflows.export import ExportRequest, run_export

    request = ExportRequest(study, out, number=number, runs=runs, data=data, with_onnx=with_onnx)
    with open_console(quiet=as_json, as_json=False) as console:
        done = run_export(request, console.hear)
    if as_json:
        record = {"path": str(done.path), "study": done.study, "trial": done.number, "bytes": done.n_bytes}
        click.echo(json.dumps(record | {"onnx": None if done.onnx is None else asdict(done.onnx)}))
        return
    click.echo(f"{short_path(done.path)} ({done.n_bytes / 1000:.0f} kB): trial {done.number} of {done.study}")
    click.echo(f"  {' '.join(sorted(p.name for p in done.path.iterdir()))}")
    if done.onnx is not None:
        click.echo(f"  {_onnx_line(done.onnx)}")
    click.echo(f"Label new rows with:  automl predict {short_path(done.path)} NEW")


def _onnx_line(onnx: OnnxFacts) -> str:
    if onnx.refused is not None:
        return f"no model.onnx: {onnx.refused}"
    return f"model.onnx: on {onnx.rows} rows its probabilities differ from the model's by at most {onnx.difference:.1e}"
