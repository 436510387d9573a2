"""The studies of a folder, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from automl.cli.words import ago, columns, number, runs_words
from automl.workflows.overview import StudySummary

_HEADING = ("trials", "failed", "last change", "best", "metric", "data")
_SHORTEST_NAME, _SHORTEST_DATA = 16, 8
_TAIL = 6  # the end of a name tells studies of one kind apart: coughs-1, coughs-2


def overview_lines(summaries: Sequence[StudySummary], *, now: datetime, width: int | None) -> Iterator[str]:
    """A table of the studies, and how to go on with the last written one that did not end.

    Parameters
    ----------
    width : of the terminal, in which the data is left out and long names are shortened where there is no room for them;
        ``None`` for room enough
    """
    names, rows = [s.name for s in summaries], [_HEADING, *(_cells(s, now) for s in summaries)]
    if width is not None:
        room = width - len("  finished  ") - max(map(len, columns([row[:-1] for row in rows])))
        if room < max(map(len, names)) + 2 + _SHORTEST_DATA:
            rows = [row[:-1] for row in rows]
            names = [_shortened(name, max(_SHORTEST_NAME, room)) for name in names]
    heads = columns([("study", "state"), *((name, s.state) for name, s in zip(names, summaries, strict=True))])
    n_head = max(map(len, heads))
    facts = columns(rows, right=(0, 1, 3))
    for head, fact, problem in zip(heads, facts, [None, *(s.problem for s in summaries)], strict=True):
        line = f"{head:<{n_head}}  {problem or fact}"
        yield line if width is None or len(line) <= width else f"{line[: width - 1]}…"
    if (waiting := next((s for s in summaries if s.is_resumable), None)) is not None:
        yield ""
        yield f"Go on with:  automl resume {waiting.name}{runs_words(waiting.folder)}"


def overview_record(summary: StudySummary) -> dict[str, object]:
    """One study as JSON values."""
    began, changed = (None if t is None else t.isoformat(timespec="seconds") for t in (summary.began, summary.changed))
    return {
        "study": summary.name, "folder": str(summary.folder), "state": summary.state.value,
        "n_finished": summary.n_finished, "n_trials": summary.n_trials, "n_failed": summary.n_failed,
        "best": summary.best, "metric": summary.metric, "data": summary.data, "began": began, "changed": changed,
        "pid": summary.pid, "problem": summary.problem,
    }  # fmt: skip


def _cells(summary: StudySummary, now: datetime) -> tuple[str, ...]:
    if summary.problem is not None:
        return ("",) * len(_HEADING)
    return (
        f"{summary.n_finished} of {summary.n_trials}",
        str(summary.n_failed),
        "-" if summary.changed is None else ago((now - summary.changed).total_seconds()),
        number(summary.best),
        summary.metric or "-",
        summary.data or "-",
    )


def _shortened(name: str, length: int) -> str:
    return name if len(name) <= length else f"{name[: length - _TAIL - 1]}…{name[-_TAIL:]}"
