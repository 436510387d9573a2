"""The live view of a search on a terminal."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console as RichConsole
from rich.console import Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from automl.cli.words import columns, number, seconds
from automl.core.leaderboard import Standing
from automl.core.trial import TrialState
from automl.spaces.render import in_words

if TYPE_CHECKING:
    from automl.workflows.events import Planned, Progress, TrialEnded

_N_SHOWN = 5
_BARS = "▁▂▃▄▅▆▇█"
_WIDTH = 40


class LiveView:
    """Bar, leading trials and best so far, redrawn four times a second on standard error."""

    def __init__(self) -> None:
        self._console = RichConsole(stderr=True, highlight=False)
        self._live: Live | None = None
        self._plan: Planned | None = None
        self._standings: list[Standing] = []
        self._n_earlier = 0
        self._begun = time.monotonic()
        self._progress = ""

    @staticmethod
    def is_possible() -> bool:
        """Whether standard error is a terminal that can redraw. Colour is another matter (NO_COLOR)."""
        return sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"

    def print(self, line: str) -> None:
        """A line above the live view."""
        head, gap, rest = line.partition("  ")
        is_heading = gap and head.isalpha()
        text = Text(head, style="bold").append(gap + rest) if is_heading else Text(line)
        self._console.print(text)

    def begin(self, plan: Planned) -> None:
        """Start drawing."""
        self._plan = plan
        self._standings = sorted(plan.earlier, key=lambda s: s.trial.number)
        self._n_earlier = len(self._standings)
        self._begun = time.monotonic()
        self._start()

    def add(self, ended: TrialEnded) -> None:
        """A trial ended."""
        self._standings.append(ended.standing)
        self._redraw()

    def show_progress(self, progress: Progress) -> None:
        """Something slow before or after the trials."""
        self._progress = f"{progress.what}: {progress.done} of {progress.total}" if progress.total else progress.what
        self._start()
        self._redraw()

    def end(self) -> None:
        """Remove the live view."""
        self._progress = ""
        if self._live is not None:
            self._live.update(Text(""))
            self._live.stop()
            self._live = None
        self._plan = None

    def _start(self) -> None:
        if self._live is None:
            self._live = Live(
                get_renderable=self._draw, console=self._console, refresh_per_second=4, transient=True,
                redirect_stdout=False, redirect_stderr=False,
            )  # fmt: skip
            self._live.start()

    def _redraw(self) -> None:
        if self._live is not None:
            self._live.refresh()

    def _leaders(self) -> list[Standing]:
        complete = [s for s in self._standings if s.trial.is_complete]
        return sorted(complete, key=lambda s: (s.trial.loss, s.trial.number))

    def _draw(self) -> Group:
        if self._progress or self._plan is None:
            return Group(Text(f"{self._progress} ..."))
        return Group(Text(""), self._bar(self._plan), Text(""), self._table(self._plan), Text(""), self._footer())

    def _bar(self, plan: Planned) -> Table:
        done = len(self._standings)
        n_new = done - self._n_earlier
        spent = time.monotonic() - self._begun
        left = f", about {seconds(spent / n_new * (plan.n_trials - done))} left" if n_new else ""
        about = f"{seconds(spent)}{left}"
        grid = Table.grid(padding=(0, 1))
        bar = ProgressBar(total=plan.n_trials, completed=done, width=_WIDTH)
        grid.add_row(Text("searching", style="bold"), bar, Text(f"{done}/{plan.n_trials} trials  {about}"))
        return grid

    def _table(self, plan: Planned) -> Table:
        rows = [["", "trial", plan.metric.name, "± folds", "seconds", "pipeline"]]
        for rank, standing in enumerate(self._leaders()[:_N_SHOWN], 1):
            trial = standing.trial
            numbers = [number(standing.score), number(standing.sd), f"{trial.result.seconds:.2f}"]
            rows.append([str(rank), str(trial.number), *numbers, in_words(trial.config)])
        table = Table.grid()
        for k, line in enumerate(columns(rows, right=(1, 2, 3, 4), width=self._console.width)):
            table.add_row(Text(line, style="dim" if k == 0 else "bold" if k == 1 else "", no_wrap=True))
        return table

    def _footer(self) -> Text:
        lines = Text()
        if curve := best_so_far([s.trial.loss if s.trial.is_complete else None for s in self._standings]):
            since = len(curve) - 1 - curve.index(curve[-1])
            ago = f"  no better trial for {since} trials" if since > 1 else ""
            lines.append("best so far ", style="dim").append(sparkline(curve, _WIDTH // 2), style="cyan")
            lines.append(f"{ago}\n", style="dim")
        n_pruned = sum(s.trial.state is TrialState.PRUNED for s in self._standings)
        n_failed = sum(not s.trial.is_success for s in self._standings)
        counts = f"pruned {n_pruned}, failed {n_failed}."
        lines.append(f"{counts}  Ctrl-C stops and keeps everything that is finished.", style="dim")
        return lines


def best_so_far(losses: Sequence[float | None]) -> list[float]:
    """The lowest loss up to each trial, from the first that has one (``None``: the trial failed or was pruned)."""
    curve: list[float] = []
    for loss in losses:
        if loss is not None or curve:
            curve.append(min([x for x in (loss, *curve[-1:]) if x is not None]))
    return curve


def sparkline(losses: list[float], width: int) -> str:
    """The best so far as bars that grow while the loss falls, at most ``width`` of them."""
    step = max(1, -(-len(losses) // width))
    shown = losses[::-1][::step][::-1]
    low, high = min(losses), max(losses)
    span = high - low or 1.0
    return "".join(_BARS[round((high - loss) / span * (len(_BARS) - 1))] for loss in shown)
