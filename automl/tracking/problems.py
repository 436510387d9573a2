"""What went wrong, in a form that may be shown."""

from __future__ import annotations

import re

_MAX_LENGTH = 300
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")  # of an object: makes equal messages differ
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+@")


def without_credentials(text: str) -> str:
    """The text with ``user:password@`` removed from every address in it."""
    return _CREDENTIALS.sub("", text)


def one_line(error: BaseException) -> str:
    """Type and message of an error in one line of at most 300 characters, without credentials."""
    message = " ".join(_ADDRESS.sub("", without_credentials(str(error))).split())
    line = f"{type(error).__name__}: {message}" if message else type(error).__name__
    return line if len(line) <= _MAX_LENGTH else f"{line[: _MAX_LENGTH - 1]}…"
