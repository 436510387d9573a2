"""What the checks of families and of stages share: how a rule is kept, and rules for anything that is fitted."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from automl.errors import AutoMLError

T = TypeVar("T")


class _NotKept(Exception):
    """A rule is not kept; the message says what was seen."""


def expect(kept: bool, seen: str) -> None:
    """Nothing, if ``kept``; else the rule that is being checked is broken, for what was ``seen``."""
    if not kept:
        raise _NotKept(seen)


def keep_rules(rules: Mapping[str, Callable[[T], None]], subject: T, name: str) -> None:
    """Check one rule after the other.

    Parameters
    ----------
    rules : what is promised -> function that raises, whatever it likes, where it is not so
    name : of the subject, for the message

    Raises
    ------
    AutoMLError
        At the first rule that is broken; the message names the rule and what was seen.
    """
    for rule, check in rules.items():
        try:
            check(subject)
        except Exception as err:
            seen = str(err) if isinstance(err, _NotKept) else f"{type(err).__name__}: {err}"
            raise AutoMLError(f'{name} breaks the rule "{rule}": {seen}') from err


def expect_refusal(build: Callable[[], Any], seen: str) -> None:
    """Expect ``build`` to raise, whatever its author finds fit."""
    try:
        build()
    except Exception:  # noqa: BLE001 - any refusal will do
        return
    expect(False, seen)


def expect_to_travel(fitted: Any, apply: Callable[[Any], NDArray[np.float64]], trusts: Collection[str]) -> None:
    """Expect ``apply`` to give the same, to the last bit, on ``fitted`` and on stored and loaded copies of it.

    Parameters
    ----------
    trusts : full names of the types skops may load beyond what it trusts by itself
    """
    from skops import io

    data = io.dumps(fitted)
    strange = sorted(set(io.get_untrusted_types(data=data)) - set(trusts))
    expect(not strange, f"its trusts do not name {', '.join(strange)}")
    copies = {"skops": io.loads(data, trusted=sorted(trusts)), "pickle": pickle.loads(pickle.dumps(fitted))}  # noqa: S301
    for how, copied in copies.items():
        expect(np.array_equal(apply(copied), apply(fitted)), f"it does not give the same after {how}")


@contextmanager
def global_generator_untouched() -> Iterator[None]:
    """Expect numpy's global generator not to be drawn from."""
    before = np.random.get_state()  # noqa: NPY002 - the very thing that must not be used
    yield
    after = np.random.get_state()  # noqa: NPY002
    same = all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
    expect(same, "it drew from numpy's global generator; its context holds a seed")
