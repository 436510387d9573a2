"""Text of a space file -> nested tables, without trusting the text.

A space may come from somebody else, so it is measured before it is parsed: ``tomllib`` runs into the recursion limit on
deep nesting and takes quadratic time for long dotted keys.
"""

from __future__ import annotations

import re
import tomllib
from itertools import accumulate
from typing import Any

from automl.errors import SpaceError

MAX_BYTES = 1_000_000
MAX_LEVELS = 20
FROM_A_COPY = "start from a copy: automl spaces copy tabular mine.toml"

_STRING_OR_COMMENT = re.compile(
    r'"""(?:\\.|[^\\])*?(?:"""|\Z)'
    r"|'''.*?(?:'''|\Z)"
    r'|"(?:\\.|[^"\\\n])*"?'
    r"|'[^'\n]*'?"
    r"|(?P<comment>#[^\n]*)",
    re.DOTALL,
)
_LONG_DOTTED_KEY = re.compile(rf"(?<![\w-])(?:[\w-]++[ \t]*+\.[ \t]*+){{{MAX_LEVELS}}}")
_PLACE = re.compile(r" \(at (?:line (?P<line>\d+), column \d+|end of document)\)")


def read_toml(text: str, *, source: str) -> dict[str, Any]:
    """The tables of a TOML text.

    Raises
    ------
    SpaceError
        If it is empty, too large, nested too deeply, or no TOML; the message has the line.
    """
    _measure(text, source)
    try:
        tables = tomllib.loads(text)
    except ValueError as err:  # also of int(), for a number of more than 4300 digits
        raise SpaceError(
            f"{source}: {_explain(str(err), text)}", hint="mend that line; TOML stops at the first"
        ) from err
    if not tables:
        raise SpaceError(f"{source} is empty", hint=FROM_A_COPY)
    return tables


def _measure(text: str, source: str) -> None:
    if len(text.encode(errors="surrogatepass")) > MAX_BYTES:
        raise SpaceError(f"{source} is larger than {MAX_BYTES:,} bytes; that is no search space", hint=FROM_A_COPY)
    bare = _STRING_OR_COMMENT.sub(lambda found: "" if found["comment"] else "_", text)
    depth = accumulate((1 if c in "[{" else -1 for c in bare if c in "[]{}"), initial=0)
    if max(depth) > MAX_LEVELS or _LONG_DOTTED_KEY.search(bare):
        raise SpaceError(
            f"{source} is nested more than {MAX_LEVELS} levels deep; a search space needs five", hint=FROM_A_COPY
        )


def _explain(message: str, text: str) -> str:
    """The parser's message with the line first, and in words where its own are about its inner workings."""
    place = _PLACE.search(message)
    if place is None:
        return message
    lines = text.rstrip().split("\n")
    n = int(place["line"] or len(lines))
    line = lines[n - 1].strip() if n <= len(lines) else ""
    if message.startswith("Cannot overwrite a value"):
        return f'line {n}: duplicate key "{line.partition("=")[0].strip()}": it stands there twice'
    if message.startswith("Cannot declare"):
        return f"line {n}: duplicate table {line}: it stands there twice"
    return f"line {n}: {_PLACE.sub('', message)}"
