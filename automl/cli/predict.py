"""``automl predict``."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable
from pathlib import Path

import click

from automl.cli.options import runs_option


@click.command()
@click.argument("model")
@click.argument("rows", nargs=-1, required=True)
@click.option("--out", metavar="F", help="Write the CSV there instead of to standard output.")
@runs_option
def command(*, model: str, rows: tuple[str, ...], out: str | None, runs: str) -> None:
    """Label new rows or recordings.

    MODEL is a bundle, or a study (its winner). ROWS is a table with the columns of the training data in any order, or
    sound files and folders of them. The CSV holds row (or path), label and p_CLASS for every class.

    \b
    Examples:
      automl predict model new.csv > labels.csv
      automl predict coughs-1 new/*.wav
    """
    from automl.errors import RequestError
    from automl.workflows.predict import run_predict

    if out is not None and Path(out).exists():
        raise RequestError(f"{out} exists already, and nothing is overwritten", hint="choose another --out F")
    found = run_predict(model, rows, runs=runs)
    for note in found.notes:
        _say(f"note: {note}")
    for id_, reason in found.bad:
        _say(f"note: {id_} has no label: {reason}")
    if out is None:
        _write(sys.stdout, found.rows())
    else:
        try:
            with Path(out).open("w", encoding="utf-8", newline="") as file:
                _write(file, found.rows())
        except OSError as err:
            raise RequestError(f"{out} cannot be written: {err.strerror}", hint="choose another --out F") from err


def _write(file: object, rows: Iterable[list[str]]) -> None:
    csv.writer(file, lineterminator="\n").writerows(rows)  # type: ignore[arg-type]


def _say(line: str) -> None:
    from automl.cli.main import printable

    click.echo(printable(line), err=True)
