"""The parameters of a family or of an option of a stage, made complete."""

from __future__ import annotations

from typing import Any

from automl.errors import SpaceError
from automl.pipeline.registry import Params


def with_defaults(params: Params, defaults: Params) -> dict[str, Any]:
    """``params``, and the default of every parameter that is not among them.

    Raises
    ------
    SpaceError
        If a parameter has no default here: nobody would read it.
    """
    unknown = [name for name in params if name not in defaults]
    if unknown:
        raise SpaceError(
            f"unknown parameter: {', '.join(unknown)}",
            hint=f"there are: {', '.join(defaults)}" if defaults else "this one takes none",
        )
    return {**defaults, **params}
