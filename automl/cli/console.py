"""What is printed while a workflow runs: talk on standard error, the result on standard output."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from automl.cli.live import LiveView
from automl.cli.main import printable
from automl.cli.summary import summary_lines
from automl.cli.words import number, runs_words, short_path
from automl.core.leaderboard import Standing
from automl.workflows.events import Event, Finished, Note, Planned, Progress, SearchEnded, TrialEnded

_SLOW_S = 2.0


class Console:
    """Hears the events of a workflow. This one prints nothing but the result; the others print more."""

    def __init__(self) -> None:
        self.plan: Planned | None = None
        self.best: Standing | None = None
        self.ended: SearchEnded | None = None
        self.n_finished = 0

    def hear(self, event: Event) -> None:
        """Print what a person should see of an event."""
        match event:
            case Planned():
                self.plan = event
                self.n_finished = event.n_finished
                self.best = next((s for s in event.earlier if s.rank is not None), None)
            case TrialEnded():
                self.n_finished = event.n_finished
                self.best = event.standing if event.is_best else self.best
            case SearchEnded():
                self.ended = event
            case Finished():
                self.show_result(event)
        self.show(event)

    def show(self, event: Event) -> None:
        """What this console shows of an event beyond the result."""

    def show_result(self, event: Finished) -> None:
        """The result, on standard output."""
        for line in summary_lines(event.result, self.plan, self.ended):
            click.echo(printable(line))

    def close(self) -> None:
        """Leave the terminal as it was."""

    def say_stopped(self) -> None:
        """After Ctrl-C: what is kept and how to go on."""
        self.close()
        if self.plan is None or self.plan.study is None:
            click.echo("Stopped before the search began; nothing was written.", err=True)
            return
        click.echo(f"Stopped. {self.n_finished} of {self.plan.n_trials} trials are kept.", err=True)
        click.echo(f"Continue with:  {resume_command(self.plan)}", err=True)


class PlainConsole(Console):
    """One line per thing worth knowing, for pipes, logs and dumb terminals."""

    def __init__(self) -> None:
        super().__init__()
        self._tenth = 0
        self._said = time.monotonic()

    def show(self, event: Event) -> None:
        """Plain lines on standard error."""
        match event:
            case Planned():
                self._tenth = 10 * event.n_finished // max(1, event.n_trials)
                show_plan(event, say)
            case TrialEnded():
                self._show_trial(event)
            case Progress() if event.total == 0:
                say(f"{clock()} {event.what}")
            case Progress() if time.monotonic() - self._said > _SLOW_S:
                self._said = time.monotonic()
                say(f"{clock()} {event.what}: {event.done} of {event.total}")
            case Note():
                say(f"  Note   {event.text}")

    def _show_trial(self, event: TrialEnded) -> None:
        assert self.plan is not None, "trials come after the plan"
        tenth = 10 * event.n_finished // max(1, self.plan.n_trials)
        if event.is_best:
            score = number(event.standing.score)
            say(f"{clock()} trial {event.trial.number:>4}  {score}  {event.trial.family}  new best")
        if tenth > self._tenth:
            best = f"  best {number(self.best.score)}" if self.best else ""
            percent = 100 * event.n_finished // max(1, self.plan.n_trials)
            say(f"{clock()} {event.n_finished:>4}/{self.plan.n_trials} ({percent}%){best}")
        self._tenth = tenth


class LiveConsole(Console):
    """A progress bar, the leading trials and the best so far, redrawn in place."""

    def __init__(self) -> None:
        super().__init__()
        self._view = LiveView()

    def show(self, event: Event) -> None:
        """Lines above, the live view below them."""
        match event:
            case Planned():
                show_plan(event, lambda line: self._view.print(printable(line)))
                if event.folder is not None:
                    self._view.begin(event)
            case TrialEnded():
                self._view.add(event)
            case SearchEnded():
                self._view.end()
            case Progress():
                self._view.show_progress(event)
            case Note():
                self._view.print(printable(f"  Note   {event.text}"))
            case Finished():
                pass

    def show_result(self, event: Finished) -> None:
        """The result, after the live view is gone."""
        self._view.end()
        super().show_result(event)

    def close(self) -> None:
        """Stop drawing."""
        self._view.end()


class JsonConsole(Console):
    """One JSON object per event on standard output; the last is ``result``."""

    def show(self, event: Event) -> None:
        """The event as a line of JSON."""
        record: dict[str, Any]
        match event:
            case Planned():
                record = {
                    "event": "study", "study": event.study, "folder": str(event.folder) if event.folder else None,
                    "data": event.data, "rows": event.n_samples, "metric": event.metric.name,
                    "scoring": event.scoring, "space": event.space, "budget": event.n_trials,
                    "finished": event.n_finished, "workers": event.n_workers, "notes": list(event.notes),
                }  # fmt: skip
            case TrialEnded():
                trial = event.trial
                record = {
                    "event": "trial", "number": trial.number, "state": trial.state.value, "family": trial.family,
                    "score": event.standing.score, "sd": event.standing.sd, "seconds": trial.result.seconds,
                    "folds_done": trial.result.n_folds_done, "config": dict(trial.config), "best": event.is_best,
                    "error": trial.result.error,
                }  # fmt: skip
            case SearchEnded():
                record = {"event": "search_ended", "reason": event.reason.value, "finished": event.n_finished,
                          "seconds": event.seconds}  # fmt: skip
            case Progress():
                record = {"event": "progress", "what": event.what, "done": event.done, "total": event.total}
            case Note():
                record = {"event": "note", "text": event.text}
            case Finished():
                record = {"event": "result", **event.result.as_dict()}
        click.echo(json.dumps(record, allow_nan=False))

    def show_result(self, event: Finished) -> None:
        """Nothing more than the event."""


@contextmanager
def open_console(*, quiet: bool, as_json: bool) -> Iterator[Console]:
    """The console that suits the options and the terminal."""
    console: Console
    if as_json:
        console = JsonConsole()
    elif quiet:
        console = Console()
    else:
        console = LiveConsole() if LiveView.is_possible() else PlainConsole()
    try:
        yield console
    finally:
        console.close()


def show_plan(plan: Planned, talk: Callable[[str], None]) -> None:
    """What will be done; in a dry run that is the result, so it goes to standard output."""
    for line in plan_lines(plan):
        if plan.folder is None:
            click.echo(printable(line))
        else:
            talk(line)


def plan_lines(plan: Planned) -> Iterator[str]:
    """What will be done, one line each."""
    if plan.is_demo:
        yield "No data given, so this is the demo: scikit-learn's breast cancer data (real)."
    yield f"Data     {plan.data}"
    yield f"Scoring  {plan.scoring}"
    yield f"Space    {plan.space}"
    for note in plan.notes:
        yield f"  Note   {note}"
    if plan.folder is None:
        yield f"Plan     {plan.n_trials} trials, {_workers(plan.n_workers)}; nothing was written (dry run)"
        return
    kept = f"{plan.n_finished} trials kept, {plan.n_trials - plan.n_finished} to go; " if plan.n_finished else ""
    yield f"Saving   {short_path(plan.folder)}   ({kept}{_workers(plan.n_workers)})"


def resume_command(plan: Planned) -> str:
    """What continues this study."""
    assert plan.folder is not None, "a study that began has a folder"
    return f"automl resume {plan.study}{runs_words(plan.folder)}"


def say(line: str) -> None:
    """A line on standard error."""
    click.echo(printable(line), err=True)


def clock() -> str:
    """The time of day."""
    return time.strftime("%H:%M:%S")


def _workers(n: int) -> str:
    return "1 worker" if n == 1 else f"{n} workers"
