"""Features that were computed once: in the memory of the process, and in a folder that processes share.

What is kept is the widest set of features of a spectrogram (see `features.widest`); narrower settings are slices of
it. A folder entry is found by the content of the file, so it survives moving and renaming.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import asdict
from functools import cache, lru_cache
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from automl.sound.decode import decode, file_sha256
from automl.sound.features import SoundSettings, feature_names, positions_in_widest, sound_features, widest

FORMAT = 1
"""Raised when the same settings give other numbers."""

CACHE_VARIABLE = "AUTOML_CACHE"
_IN_MEMORY = 8192  # entries; about 8 kB each with 64 mel bands


def default_cache_dir() -> Path | None:
    """The folder that the environment variable ``AUTOML_CACHE`` names, ``None`` when it is not set."""
    folder = os.environ.get(CACHE_VARIABLE)
    return Path(folder) if folder else None


def cached_features(paths: Sequence[str], settings: SoundSettings, cache_dir: Path | None) -> NDArray[np.float32]:
    """(n_paths, n_features), `sound_features` of each file; computed only where neither memory nor the folder has it.

    Parameters
    ----------
    cache_dir : shared by processes and searches; ``None`` for memory only

    Raises
    ------
    SoundError
        If a file cannot be decoded.
    """
    wide = widest(settings)
    rows = [_remembered(path, _change_key(path), wide, cache_dir) for path in paths]
    kept = positions_in_widest(settings)
    return np.stack(rows)[:, kept] if rows else np.empty((0, len(kept)), dtype=np.float32)


def clear_memory() -> None:
    """Forget what this process remembers; folders keep what they hold."""
    _remembered.cache_clear()


def _change_key(path: str) -> tuple[int, int]:
    """Size and time of change: what tells one content of a path from the next."""
    try:
        status = os.stat(path)  # noqa: PTH116 - a Path for each of a million look-ups costs more than the look-up
    except OSError:
        return (0, 0)  # decode says what is wrong
    return (status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=_IN_MEMORY)
def _remembered(
    path: str, change_key: tuple[int, int], settings: SoundSettings, cache_dir: Path | None
) -> NDArray[np.float32]:
    sound = Path(path)
    if cache_dir is None:
        return _computed(sound, settings)
    entry = _entry(cache_dir, sound, settings)
    stored = _read(entry, len(feature_names(settings)))
    if stored is not None:
        return stored
    features = _computed(sound, settings)
    _write(entry, features)
    return features


def _computed(path: Path, settings: SoundSettings) -> NDArray[np.float32]:
    return sound_features(*decode(path), settings)


def _entry(cache_dir: Path, path: Path, settings: SoundSettings) -> Path:
    try:
        content = file_sha256(path)
    except OSError:
        content = ""  # decode says what is wrong
    what = json.dumps([content, asdict(settings), _versions()], sort_keys=True)
    digest = hashlib.sha256(what.encode()).hexdigest()
    return cache_dir / f"sound-{FORMAT}" / digest[:2] / f"{digest}.npy"


@cache
def _versions() -> tuple[str, ...]:
    return tuple(version(package) for package in ("librosa", "soundfile"))


def _read(entry: Path, n_features: int) -> NDArray[np.float32] | None:
    """The stored features; ``None`` when there are none, or the file is damaged."""
    try:
        stored: NDArray[np.float32] = np.load(entry, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    is_whole = stored.shape == (n_features,) and stored.dtype == np.float32 and bool(np.isfinite(stored).all())
    return stored if is_whole else None


def _write(entry: Path, features: NDArray[np.float32]) -> None:
    """Store under a temporary name first, so that no process ever reads half a file."""
    try:
        entry.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=entry.parent, suffix=".tmp", delete=False) as stream:
            np.save(stream, features, allow_pickle=False)
        os.replace(stream.name, entry)  # noqa: PTH105 - the name of an open stream is text
    except OSError as err:
        warnings.warn(f"sound features are not kept in {entry.parents[2]}: {err.strerror}", stacklevel=2)
