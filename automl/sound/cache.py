"""What was computed of a sound file once: in the memory of the process, and in a folder that processes share.

Of spectral statistics the widest set of a spectrogram is kept (see `features.widest`); narrower settings are slices of
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
from functools import cache
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray

from automl.sound.decode import decode, file_sha256
from automl.sound.features import SoundSettings, positions_in_widest, widest

FORMAT = 2
"""Raised when the same settings give other numbers."""

CACHE_VARIABLE = "AUTOML_CACHE"
_IN_MEMORY_BYTES = 64 * 2**20
_memory: LRUCache[Any, NDArray[np.float32]] = LRUCache(_IN_MEMORY_BYTES, getsizeof=lambda array: array.nbytes)
_lock = Lock()


class Settings(Protocol):
    """How a clip becomes an array; a frozen dataclass whose fields say all there is to say."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the array."""
        ...

    def of(self, y: NDArray[np.float32], sr: int) -> NDArray[np.float32]:
        """The array of a clip: (n_frames,), mono, finite; 1.0 is full scale; ``sr`` in Hz."""
        ...


def default_cache_dir() -> Path | None:
    """The folder that the environment variable ``AUTOML_CACHE`` names, ``None`` when it is not set."""
    folder = os.environ.get(CACHE_VARIABLE)
    return Path(folder) if folder else None


def cached(paths: Sequence[str], settings: Settings, cache_dir: Path | None) -> NDArray[np.float32]:
    """(n_paths, *shape), what ``settings`` make of each file; computed only where neither memory nor the folder has it.

    Parameters
    ----------
    cache_dir : shared by processes and searches; ``None`` for memory only

    Raises
    ------
    SoundError
        If a file cannot be decoded.
    """
    rows = [_remembered(path, settings, cache_dir) for path in paths]
    return np.stack(rows) if rows else np.empty((0, *settings.shape), dtype=np.float32)


def cached_features(paths: Sequence[str], settings: SoundSettings, cache_dir: Path | None) -> NDArray[np.float32]:
    """(n_paths, n_features), `sound_features` of each file, as `cached` gives them."""
    return cached(paths, widest(settings), cache_dir)[:, positions_in_widest(settings)]


def clear_memory() -> None:
    """Forget what this process remembers; folders keep what they hold."""
    with _lock:
        _memory.clear()


def _remembered(path: str, settings: Settings, cache_dir: Path | None) -> NDArray[np.float32]:
    key = (path, _change_key(path), settings, cache_dir)
    with _lock:
        known = _memory.get(key)
    if known is not None:
        return known
    array = _computed(Path(path), settings) if cache_dir is None else _stored(Path(path), settings, cache_dir)
    if array.nbytes <= _IN_MEMORY_BYTES:
        with _lock:
            _memory[key] = array
    return array


def _change_key(path: str) -> tuple[int, int]:
    """Size and time of change: what tells one content of a path from the next."""
    try:
        status = os.stat(path)  # noqa: PTH116 - a Path for each of a million look-ups costs more than the look-up
    except OSError:
        return (0, 0)  # decode says what is wrong
    return (status.st_size, status.st_mtime_ns)


def _stored(path: Path, settings: Settings, cache_dir: Path) -> NDArray[np.float32]:
    entry = _entry(cache_dir, path, settings)
    stored = _read(entry, settings.shape)
    if stored is not None:
        return stored
    array = _computed(path, settings)
    _write(entry, array)
    return array


def _computed(path: Path, settings: Settings) -> NDArray[np.float32]:
    return settings.of(*decode(path))


def _entry(cache_dir: Path, path: Path, settings: Settings) -> Path:
    try:
        content = file_sha256(path)
    except OSError:
        content = ""  # decode says what is wrong
    fields = asdict(settings)  # type: ignore[call-overload]  # a dataclass, as the protocol asks in words
    what = json.dumps([content, type(settings).__name__, fields, _versions()], sort_keys=True)
    digest = hashlib.sha256(what.encode()).hexdigest()
    return cache_dir / f"sound-{FORMAT}" / digest[:2] / f"{digest}.npy"


@cache
def _versions() -> tuple[str, ...]:
    return tuple(version(package) for package in ("librosa", "soundfile"))


def _read(entry: Path, shape: tuple[int, ...]) -> NDArray[np.float32] | None:
    """The stored array; ``None`` when there is none, or the file is damaged."""
    try:
        stored: NDArray[np.float32] = np.load(entry, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    is_whole = stored.shape == shape and stored.dtype == np.float32 and bool(np.isfinite(stored).all())
    return stored if is_whole else None


def _write(entry: Path, array: NDArray[np.float32]) -> None:
    """Store under a temporary name first, so that no process ever reads half a file."""
    try:
        entry.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=entry.parent, suffix=".tmp", delete=False) as stream:
            np.save(stream, array, allow_pickle=False)
        os.replace(stream.name, entry)  # noqa: PTH105 - the name of an open stream is text
    except OSError as err:
        warnings.warn(f"sound features are not kept in {entry.parents[2]}: {err.strerror}", stacklevel=2)
