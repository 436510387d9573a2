"""What a fitted model says of its training; see ``ModelFamily`` for how it may say it."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any

from automl.core.training import Training

_MAX_CURVES = 20
_MAX_ARCHITECTURE = 4_000
_CUT = "\n... cut here"


def read_training(model: Any) -> Training | None:
    """What the attributes of a fitted model say; ``None`` where it has none of them.

    Never raises: an attribute that is something else under the same name, or fails, says nothing.
    """
    curves = _curves(_attribute(model, "history_"))
    n_parameters = _count(_attribute(model, "n_parameters_"))
    if not curves and n_parameters is None:
        return None
    best = _count(_attribute(model, "best_epoch_"))
    return Training(
        curves=curves,
        best_epoch=None if best is None else best + 1,
        n_parameters=n_parameters,
        architecture=_text(_attribute(model, "architecture_")),
        device=_text(_attribute(model, "device_")),
    )


def _attribute(model: Any, name: str) -> Any:
    try:
        return getattr(model, name, None)
    except Exception:  # noqa: BLE001 - it may be computed, and must not fail a model that is fitted
        return None


def _curves(history: Any) -> dict[str, tuple[float, ...]]:
    if not isinstance(history, Mapping):
        return {}
    read = {name: _numbers(values) for name, values in history.items() if isinstance(name, str)}
    return {name: curve for name, curve in list(read.items())[:_MAX_CURVES] if curve}


def _numbers(values: Any) -> tuple[float, ...]:
    try:
        numbers = tuple(values)
    except TypeError:
        return ()
    return tuple(map(float, numbers)) if all(isinstance(x, Real) for x in numbers) else ()


def _count(value: Any) -> int | None:
    return int(value) if isinstance(value, Integral) and int(value) >= 0 else None


def _text(value: Any) -> str:
    """The text, with escapes for half characters, which no file takes, and cut where it is too long for a journal."""
    if not isinstance(value, str):
        return ""
    text = value.encode(errors="backslashreplace").decode()
    return text if len(text) <= _MAX_ARCHITECTURE else text[: _MAX_ARCHITECTURE - len(_CUT)] + _CUT
