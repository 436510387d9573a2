"""Let few trials at once use what there is little of: a graphics card."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from automl.core.ports import Executor
from automl.core.trial import Suggestion, TrialResult


class SharingExecutor:
    """An ``Executor`` that passes trials on to another, and holds those back for which there is no place yet.

    While some are held back it takes one trial more, so that others go on where there are any.

    Parameters
    ----------
    executor : evaluates
    needs_place : whether a trial uses the scarce thing
    n_places : how many trials may use it at once
    """

    def __init__(self, executor: Executor, needs_place: Callable[[Suggestion], bool], n_places: int = 1) -> None:
        self._executor = executor
        self._needs_place = needs_place
        self._n_places = n_places
        self._placed: set[int] = set()
        self._waiting: deque[Suggestion] = deque()

    @property
    def capacity(self) -> int:
        """What the other executor takes, and one more while a trial waits that cannot begin."""
        return self._executor.capacity + (bool(self._waiting) and not self._has_place())

    def submit(self, suggestion: Suggestion) -> None:
        """Pass the trial on, or let it wait for a place."""
        if not self._needs_place(suggestion):
            self._executor.submit(suggestion)
        elif self._has_place():
            self._placed.add(suggestion.number)
            self._executor.submit(suggestion)
        else:
            self._waiting.append(suggestion)

    def next_finished(self, timeout_s: float | None) -> TrialResult | None:
        """The next result; a free place goes to the trial that has waited longest."""
        while self._waiting and self._has_place():
            self.submit(self._waiting.popleft())
        result = self._executor.next_finished(timeout_s)
        if result is not None:
            self._placed.discard(result.number)
        return result

    def cancel(self, number: int) -> None:
        """Stop a trial, or forget one that waits."""
        self._waiting = deque(s for s in self._waiting if s.number != number)
        self._executor.cancel(number)
        self._placed.discard(number)

    def close(self) -> None:
        """End everything."""
        self._waiting.clear()
        self._placed.clear()
        self._executor.close()

    def _has_place(self) -> bool:
        return len(self._placed) < self._n_places
