"""Numbers, times and paths as people read them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


def number(value: float | None, digits: int = 3) -> str:
    """A score: three decimals, a dash where there is none."""
    return "-" if value is None else f"{value:.{digits}f}"


def seconds(value: float) -> str:
    """A duration: ``0.05 s``, ``12 s``, ``1 min 16 s``, ``2 h 5 min``."""
    if value < 10:
        return f"{value:.2f} s"
    if value < 60:
        return f"{value:.0f} s"
    minutes, rest = divmod(round(value), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def ago(value: float) -> str:
    """How long ago, ``value`` in seconds: ``12 s ago``, ``3 min ago``, ``2 h ago``, ``5 days ago``."""
    minutes = max(0, int(value)) // 60
    if minutes == 0:
        return f"{max(0, int(value))} s ago"
    if minutes < 60:
        return f"{minutes} min ago"
    hours = minutes // 60
    return f"{hours} h ago" if hours < 48 else f"{hours // 24} days ago"


def count(n: int, noun: str) -> str:
    """``1 trial``, ``3 trials``."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def short_path(path: Path | str) -> str:
    """The path as seen from here, where that is shorter."""
    try:
        return str(Path(path).resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def runs_words(study: Path) -> str:
    """`` --runs DIR`` for the folder of a study, nothing where that is the default."""
    runs = short_path(study.parent)
    return "" if runs == "runs" else f" --runs {runs}"


def columns(rows: Sequence[Sequence[str]], *, right: Sequence[int] = (), width: int | None = None) -> list[str]:
    """Rows of cells as aligned lines.

    Parameters
    ----------
    right : indices of the columns aligned to the right
    width : lines are cut to this many characters, ``None`` for no cut
    """
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))] if rows else []
    lines = []
    for row in rows:
        cells = [c.rjust(w) if k in right else c.ljust(w) for k, (c, w) in enumerate(zip(row, widths, strict=True))]
        line = "  ".join(cells).rstrip()
        lines.append(line if width is None or len(line) <= width else line[: width - 1] + "…")
    return lines
