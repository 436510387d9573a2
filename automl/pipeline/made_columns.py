"""Small columns of every kind, made for the checks of stages that read columns."""

from __future__ import annotations

import wave
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from automl.core.dataset import ColumnKind

if TYPE_CHECKING:
    import pandas as pd

SR = 8000
_N_FRAMES = 2000


def made_columns(kind: ColumnKind, n_rows: int, folder: Path) -> pd.DataFrame:
    """Two columns of one kind, with what is missing in both, typed as in ``Dataset.X``; the index is not 0, 1, ....

    Parameters
    ----------
    folder : where sound files are written (16-bit mono WAV of a quarter of a second)
    """
    import pandas as pd

    rng = np.random.default_rng(1)
    values = [_values(kind, n_rows, rng, folder), _values(kind, n_rows, rng, folder)]
    return pd.DataFrame(dict(zip(("first", "second"), values, strict=True)), index=np.arange(n_rows) + 7)


def _values(kind: ColumnKind, n_rows: int, rng: np.random.Generator, folder: Path) -> pd.Series | list[str]:
    import pandas as pd

    if kind is ColumnKind.SOUND:
        return _sounds(n_rows, rng, folder)
    if kind is ColumnKind.CATEGORICAL:
        values = pd.Series(rng.choice(["ash", "elm", "oak", "yew"], n_rows, p=[0.5, 0.3, 0.17, 0.03]), dtype=object)
    elif kind is ColumnKind.BOOLEAN:
        values = pd.Series(rng.integers(0, 2, n_rows), dtype=np.float64)
    else:
        values = pd.Series(rng.lognormal(size=n_rows))
    values[rng.random(n_rows) < 0.1] = np.nan
    return values.set_axis(np.arange(n_rows) + 7)


def _sounds(n_rows: int, rng: np.random.Generator, folder: Path) -> list[str]:
    files = [folder / f"{rng.integers(2**31)}.wav" for _ in range(n_rows)]
    for file in files:
        noise = rng.normal(scale=3000, size=_N_FRAMES).clip(-30000, 30000).astype("<i2")
        with wave.open(str(file), "wb") as out:
            out.setparams((1, 2, SR, _N_FRAMES, "NONE", "not compressed"))
            out.writeframes(noise.tobytes())
    return [str(file) for file in files]
