"""Files of a study, written in one step, with what to do where that fails."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from automl.core.disk import replacing, why_not_written
from automl.errors import BundleError, StudyError


def write_json(path: Path, values: Any) -> None:
    """Replace a JSON file of a study in one step.

    Raises
    ------
    StudyError
        If it cannot be written; the old one stands.
    """
    with writing_to(path):
        replace_json(path, values)


def replace_json(path: Path, values: Any) -> None:
    """The same; an ``OSError`` is passed on."""
    with replacing(path) as draft, draft.open("w", encoding="utf-8") as file:
        json.dump(values, file, indent=2, ensure_ascii=False, allow_nan=False)
        file.write("\n")


@contextmanager
def writing_to(path: Path) -> Iterator[None]:
    """Say what to do when ``path``, a file or folder of a study, cannot be written.

    Raises
    ------
    StudyError
        For an ``OSError`` inside, or a ``BundleError`` that goes back to one.
    """
    try:
        yield
    except (OSError, BundleError) as err:
        cause = err.__cause__ if isinstance(err, BundleError) else err
        if not isinstance(cause, OSError):
            raise
        raise StudyError(
            f"{path} cannot be written: {why_not_written(path, cause)}. Everything finished so far is kept",
            hint=f"make room or mend the folder, then: automl resume {path.parent}",
        ) from err
