"""One number for the content of a data set, wherever it lies."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from automl.core.dataset import ColumnKind
from automl.sound.decode import SoundInfo

if TYPE_CHECKING:
    import pandas as pd

_IS_WORDS = {ColumnKind.CATEGORICAL, ColumnKind.SOUND}


def fingerprint(
    X: pd.DataFrame,
    kinds: Mapping[str, ColumnKind],
    labels: Sequence[str],
    groups: Sequence[str] | None,
    *,
    sounds: Mapping[str, SoundInfo],
) -> str:
    """Hexadecimal SHA-256 over labels, groups, column names and values; of recordings over their bytes, not names."""
    digest = hashlib.sha256(_text([list(labels), None if groups is None else list(groups)]))
    for name, kind in kinds.items():
        digest.update(_text([name, str(kind)]))
        digest.update(_content(X[name], kind, sounds))
    return digest.hexdigest()


def _content(values: pd.Series, kind: ColumnKind, sounds: Mapping[str, SoundInfo]) -> bytes:
    if kind is ColumnKind.SOUND:
        return _text([sounds[path].sha256 for path in values])
    if kind in _IS_WORDS:
        return _text([value if isinstance(value, str) else None for value in values])
    numbers: NDArray[np.float64] = values.to_numpy(dtype="<f8")
    return np.where(np.isnan(numbers), np.nan, numbers).tobytes()  # one pattern of bits for every NaN


def _text(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=True).encode()
