"""Trials in this process, one at a time: for Python callers with ``workers=1``, and for tests."""

from __future__ import annotations

from collections import deque

from automl.core.ports import Evaluate
from automl.core.trial import Suggestion, TrialResult


class InlineExecutor:
    """An ``Executor`` that evaluates when it is asked for the next result.

    Covers exceptions only: native code that crashes takes this process with it.
    """

    capacity = 1

    def __init__(self, evaluate: Evaluate) -> None:
        self._evaluate = evaluate
        self._queue: deque[Suggestion] = deque()

    def submit(self, suggestion: Suggestion) -> None:
        """Keep the suggestion until ``next_finished``."""
        self._queue.append(suggestion)

    def next_finished(self, timeout_s: float | None) -> TrialResult | None:
        """Evaluate what is waiting; ``timeout_s`` cannot interrupt it. ``None`` when nothing waits."""
        return self._evaluate(self._queue.popleft()) if self._queue else None

    def cancel(self, number: int) -> None:
        """Forget a suggestion that waits."""
        self._queue = deque(s for s in self._queue if s.number != number)

    def close(self) -> None:
        """Forget everything that waits."""
        self._queue.clear()
