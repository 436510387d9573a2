"""Names and numbers in messages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

_SHOWN = 5


def quoted(names: Iterable[object], *, limit: int = _SHOWN) -> str:
    """``"a", "b" and 3 more``."""
    return listed((f'"{name}"' for name in names), limit=limit)


def listed(items: Iterable[object], *, limit: int = _SHOWN) -> str:
    """``1, 2 and 3 more``; long items are cut."""
    texts = [str(item) for item in items]
    shown = ", ".join(map(shortened, texts[:limit]))
    return shown if len(texts) <= limit else f"{shown} and {len(texts) - limit} more"


def shortened(item: object, *, width: int = 60) -> str:
    """Its text, cut to ``width`` characters."""
    text = str(item)
    return text if len(text) <= width else f"{text[: width - 3]}..."


def counted(n: int, noun: str, plural: str | None = None) -> str:
    """``1 row``, ``2 rows``."""
    return f"{n} {noun if n == 1 else plural or noun + 's'}"


def nearest(name: str, known: Sequence[str]) -> str | None:
    """The known name that was probably meant, ``None`` when no name is near."""
    by_folded = {k.casefold(): k for k in known}
    found = get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[found[0]] if found else None
