"""What a driver and its workers say to each other: bytes that hold plain data.

A result is JSON with the out-of-fold probabilities behind it as an ``.npy``, so that nothing a worker sends is ever
unpickled by the driver.
"""

from __future__ import annotations

import io
import json
from dataclasses import replace

import numpy as np

from automl.core.records import read_result, read_suggestion, result_record, suggestion_record
from automl.core.trial import Suggestion, TrialResult

READY = b"ready"
"""A worker has its evaluator."""

TAKEN = b"taken"
"""A worker has its trial; before that, its end is not the trial's fault."""

_LENGTH_BYTES = 8
_MAX_LINE = 1_000
_MAX_LINES = 100
_MAX_TRACEBACK = 200_000


def pack_suggestion(suggestion: Suggestion) -> bytes:
    """A suggestion as bytes."""
    return json.dumps(suggestion_record(suggestion), allow_nan=False).encode()


def unpack_suggestion(message: bytes) -> Suggestion:
    """The suggestion in a message."""
    return read_suggestion(json.loads(message))


def pack_result(result: TrialResult) -> bytes:
    """A result as bytes, out-of-fold probabilities included. Texts that a library made too long are cut."""
    head = json.dumps(result_record(_cut(result)), allow_nan=False).encode()
    tail = io.BytesIO()
    if result.oof is not None:
        np.save(tail, result.oof, allow_pickle=False)
    return len(head).to_bytes(_LENGTH_BYTES) + head + tail.getvalue()


def unpack_result(message: bytes) -> TrialResult:
    """The result in a message.

    Raises
    ------
    ValueError
        If the message is not one.
    """
    length = int.from_bytes(message[:_LENGTH_BYTES])
    head, tail = message[_LENGTH_BYTES : _LENGTH_BYTES + length], message[_LENGTH_BYTES + length :]
    try:
        result = read_result(json.loads(head))
        return replace(result, oof=np.load(io.BytesIO(tail), allow_pickle=False)) if tail else result
    except (KeyError, TypeError, AttributeError, EOFError) as err:
        raise ValueError(f"not a result: {type(err).__name__} {err}") from err


def _cut(result: TrialResult) -> TrialResult:
    """The result with as much text as a person reads and a journal can hold; of a traceback the end tells most."""
    return replace(
        result,
        warnings=tuple(warning[:_MAX_LINE] for warning in result.warnings[:_MAX_LINES]),
        error=None if result.error is None else result.error[:_MAX_LINE],
        traceback=None if result.traceback is None else _end_of(result.traceback),
    )


def _end_of(traceback: str) -> str:
    n_more = len(traceback) - _MAX_TRACEBACK
    return traceback if n_more <= 0 else f"... {n_more} characters before this are left out\n{traceback[n_more:]}"
