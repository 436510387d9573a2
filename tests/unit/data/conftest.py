from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

_ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def real_data() -> Path:
    folder = Path(os.environ.get("AUTOML_TEST_DATA", _ROOT / "../shared/data")).resolve()
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}; AUTOML_TEST_DATA names its folder")
    return folder


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., str]:
    """Writes a file and gives its path."""

    def _write(content: str | bytes, name: str = "data.csv") -> str:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    return _write


@pytest.fixture
def clip(tmp_path: Path) -> Callable[..., Path]:
    """Writes a short recording of noise; ``seed`` decides its content."""

    def _clip(name: str, *, seed: int = 0, sr: int = 8000, n: int = 800, level: float = 0.1, **options: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, level * np.random.default_rng(seed).uniform(-1, 1, n), sr, **options)
        return path

    return _clip


@pytest.fixture
def two_classes(clip: Callable[..., Path], tmp_path: Path) -> Path:
    """A folder with three clips in each of two class folders."""
    for i in range(6):
        clip(f"clips/{'elder' if i % 2 else 'hazel'}/{'elder' if i % 2 else 'hazel'}_{i}.wav", seed=i)
    return tmp_path / "clips"
