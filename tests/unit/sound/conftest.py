from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile


@pytest.fixture
def clip(tmp_path: Path) -> Callable[..., Path]:
    """Writes a recording of noise, (n,) or (n, channels) samples; further arguments go to soundfile."""

    def _clip(name: str = "odd.wav", *, sr: int = 8000, shape: int | tuple[int, int] = 4000, **options: str) -> Path:
        soundfile.write(tmp_path / name, 0.1 * np.random.default_rng(0).uniform(-1, 1, shape), sr, **options)
        return tmp_path / name

    return _clip
