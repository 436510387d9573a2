"""Several calls at once, for servers whose answers take long."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


def for_each(do: Callable[[T], None], items: Iterable[T], *, n_at_once: int) -> None:
    """Call ``do`` with every item, ``n_at_once`` at a time.

    After an error nothing further is begun, and the first error is raised when what was under way has ended.
    """
    left, errors = deque(items), deque[Exception]()

    def work() -> None:
        while not errors:
            try:
                item = left.popleft()
            except IndexError:
                return
            try:
                do(item)
            except Exception as err:  # noqa: BLE001 - raised below, in the caller's thread
                errors.append(err)

    # Daemons, unlike those of concurrent.futures: the end of a process must not wait for a server that hangs.
    threads = [Thread(target=work, daemon=True) for _ in range(min(n_at_once, len(left)) - 1)]
    for thread in threads:
        thread.start()
    work()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
