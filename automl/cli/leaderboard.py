"""``automl leaderboard``."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from automl.cli.options import runs_option

if TYPE_CHECKING:
    from automl.core.leaderboard import Standing
    from automl.core.training import TrialTraining
    from automl.workflows.studies import StudyView


@click.command()
@click.argument("study", required=False)
@click.option("--top", type=click.IntRange(min=1), metavar="N", default=20, show_default=True, help="Best N trials.")
@click.option("--by-family", is_flag=True, help="The best trial of each family.")
@click.option(
    "--trial", "number", type=click.IntRange(min=1), metavar="N", help="All about one trial: config, folds, traceback."
)
@click.option("--studies", "is_overview", is_flag=True, help="Every study: its state, and how far it is.")
@click.option("--json", "as_json", is_flag=True, help="JSON on standard output.")
@runs_option
@click.pass_context
def command(context: click.Context, /, *, study: str | None, is_overview: bool, runs: str, **options: Any) -> None:
    """List the trials of a study, or all studies, also while they run.

    STUDY is a name or a folder; without it the newest study.

    \b
    Examples:
      automl leaderboard
      automl leaderboard coughs-1 --by-family
      automl leaderboard coughs-1 --trial 17
      automl leaderboard --studies
    """
    if is_overview:
        _refuse_beside_studies(context)
        _show_studies(runs, as_json=options["as_json"])
    else:
        _show_trials(study, runs, **options)


def _show_trials(study: str | None, runs: str, *, top: int, by_family: bool, number: int | None, as_json: bool) -> None:
    from automl.core.leaderboard import best_of_each_family
    from automl.workflows.studies import view_study

    view = view_study(study, runs)
    if number is not None:
        standing = view.standing(number)
        _print(trial_lines(view, standing), [record(view, standing)] if as_json else None)
    else:
        chosen = best_of_each_family(view.standings) if by_family else list(view.standings[:top])
        _print(board_lines(view, chosen), [_brief(record(view, s)) for s in chosen] if as_json else None)


def _show_studies(runs: str, *, as_json: bool) -> None:
    from automl.cli.overview import overview_lines, overview_record
    from automl.workflows.overview import overview

    summaries = overview(Path(runs))
    lines = overview_lines(summaries, now=datetime.now().astimezone(), width=_width())
    _print(lines, [overview_record(s) for s in summaries] if as_json else None)


def _refuse_beside_studies(context: click.Context) -> None:
    labels = {"study": "STUDY", "top": "--top", "by_family": "--by-family", "number": "--trial"}
    typed = click.core.ParameterSource.COMMANDLINE
    if given := [label for name, label in labels.items() if context.get_parameter_source(name) is typed]:
        raise click.UsageError(f"--studies lists every study, so it does not go with {' or '.join(given)}", context)


def _print(lines: Iterable[str], records: list[dict[str, object]] | None) -> None:
    """The records as JSON where there are any, else the lines."""
    from automl.cli.main import printable

    if records is not None:
        click.echo(json.dumps(records, allow_nan=False))
        return
    for line in lines:
        click.echo(printable(line))


def _width() -> int | None:
    """Of the terminal; ``None`` where there is none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def board_lines(view: StudyView, chosen: list[Standing]) -> Iterator[str]:
    """The leaderboard, and what a difference on it is worth."""
    from automl.cli.summary import board
    from automl.cli.words import count, number

    facts = view.folder.facts
    done = f"{len(view.standings)} of {count(view.state.n_trials, 'trial')}"
    yield f"{view.folder.name}: {facts['data']['name']}, {done}, {view.metric.title}"
    if not view.standings:
        yield "No trial is finished yet."
        return
    yield from board(chosen, view.metric.name, width=_width())
    best = view.standings[0]
    n_folds = len(best.trial.result.fold_scores.get(view.metric.name, ()))
    if best.rank is not None and best.sd is not None and n_folds:
        error = best.sd / n_folds**0.5
        yield f"Differences below {number(error)} (one standard error of the best) are ties."
    for estimate in view.result.estimates[:1] if view.result else ():
        interval = f"95% interval {number(estimate.low)} to {number(estimate.high)}"
        units = f"{count(estimate.n_units, estimate.unit)}, {estimate.method}"
        yield f"For new {estimate.unit}s: {estimate.metric} {number(estimate.value)}, {interval} ({units})."


def trial_lines(view: StudyView, standing: Standing) -> Iterator[str]:
    """All about one trial."""
    from automl.cli.words import columns, number, seconds
    from automl.core.leaderboard import summarise
    from automl.core.metric import METRICS

    trial, result = standing.trial, standing.trial.result
    rank = f", rank {standing.rank}" if standing.rank else ""
    yield f"{view.folder.name}, trial {trial.number}: {trial.ending}{rank}, {seconds(result.seconds)}"
    yield ""
    yield from columns([[f"  {label}", str(value)] for label, value in trial.config.items()])
    yield f"  seed {trial.suggestion.seed}"
    if result.training is not None:
        yield from training_lines(result.training)
    yield ""
    if result.fold_scores:
        rows = [["  metric", "mean", "± folds", "folds"]]
        for name in METRICS:
            summary, folds = summarise(trial, name), result.fold_scores.get(name, ())
            cells = [number(summary.mean), number(summary.sd)] if summary else ["-", "-"]
            rows.append([f"  {name}", *cells, " ".join(number(f) for f in folds)])
        yield from columns(rows, right=(1, 2))
    for warning in result.warnings:
        yield f"  Note  {warning}"
    if result.error:
        yield f"error: {result.error}"
    if result.traceback:
        yield from result.traceback.rstrip().splitlines()


def training_lines(training: TrialTraining) -> Iterator[str]:
    """How large the networks of a trial are, and for how long they were trained."""
    if training.n_parameters is not None:
        yield f"  {training.n_parameters:,} weights" + (f", trained on: {training.device}" if training.device else "")
    if any(training.n_epochs):
        best = f", the best of them {_spaced(training.best_epochs)}" if training.best_epochs else ""
        yield f"  epochs of each fold {_spaced(training.n_epochs)}{best}"


def _spaced(numbers: Iterable[int]) -> str:
    return " ".join(map(str, numbers))


def record(view: StudyView, standing: Standing) -> dict[str, object]:
    """One trial as JSON values."""
    from automl.core.records import result_record

    return {
        "study": view.folder.name, "rank": standing.rank, "metric": view.metric.name, "score": standing.score,
        "sd": standing.sd, "family": standing.trial.family, "config": dict(standing.trial.config),
        "folds_done": standing.trial.result.n_folds_done,
        **result_record(standing.trial.result),
    }  # fmt: skip


def _brief(record: dict[str, object]) -> dict[str, object]:
    """Without the curves and layers of networks, several kB each."""
    match record:
        case {"training": dict() as training}:
            kept = ("n_epochs", "best_epochs", "n_parameters")
            return record | {"training": {name: training[name] for name in kept}}
    return record
