"""What the tests of faults count, and the table they print together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

HEAD = ("fault", "times tried", "trials lost", "trials doubled", "processes left")


@contextmanager
def full_disk(n_bytes: int = 100) -> Iterator[None]:
    """No file of this process grows beyond ``n_bytes``, as on a full disk or below a limit on the size of files."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@dataclass
class FaultTable:
    """Counts of each fault, summed over the times it was tried: tried, lost, doubled, left."""

    counts: dict[str, tuple[int, int, int, int]] = field(default_factory=dict)

    def record(self, fault: str, *, lost: int, doubled: int, left: int) -> None:
        """Note that ``fault`` was tried once more.

        Parameters
        ----------
        lost : finished trials that are gone afterwards, or trials that no session ever finished
        doubled : trials beyond the first with one number
        left : processes that outlived the search by more than a moment

        Raises
        ------
        AssertionError
            If one of them is not zero; it is in the table all the same.
        """
        tried = (1, lost, doubled, left)
        before = self.counts.get(fault, (0, 0, 0, 0))
        self.counts[fault] = tuple(a + b for a, b in zip(before, tried, strict=True))  # type: ignore[assignment]
        assert not (lost or doubled or left), f"{fault}: {lost} trials lost, {doubled} doubled, {left} processes left"

    def lines(self) -> Iterator[str]:
        """The table, a line per fault in the order in which they were first tried."""
        rows = [HEAD, *((fault, *map(str, counts)) for fault, counts in self.counts.items())]
        widths = [max(len(row[k]) for row in rows) for k in range(len(HEAD))]
        for fault, *counts in rows:
            cells = (cell.rjust(width) for cell, width in zip(counts, widths[1:], strict=True))
            yield "  ".join([fault.ljust(widths[0]), *cells])
