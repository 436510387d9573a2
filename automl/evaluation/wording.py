"""Words around numbers."""

from __future__ import annotations


def counted(n: int, noun: str) -> str:
    """``1 patient``, ``2 patients``."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
