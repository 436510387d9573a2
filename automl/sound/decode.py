"""Sound files to mono arrays, block by block, never further than the limits.

Everything goes through libsndfile (WAV, FLAC, OGG, MP3, AIFF). Its own limits are far too wide for files of
strangers, so the header is checked before a sample is read.
"""

from __future__ import annotations

import hashlib
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.errors import SoundError

MAX_SECONDS = 600.0
MIN_SR, MAX_SR = 1_000, 768_000
MAX_CHANNELS = 64
MAX_PEAK = 1e9
"""Beyond this a power spectrum leaves float32; 16-bit values that were stored unscaled reach 32768."""

_BLOCK = 1 << 18
_STREAMED = 0x7FFF_0000
"""A WAV header that was written before its length was known claims this many bytes or more."""
_CHUNK_CUT = re.compile(r"^\s*(?:data|SSND) : (\d+) \(should be (\d+)\)", re.MULTILINE)
_OGG_CUT = "without an End-Of-Stream flag"
_NOT_SOUND = ("Format not recognised", "not a regular file")


@dataclass(frozen=True)
class SoundInfo:
    """What a sound file holds, every sample of it decoded once.

    Parameters
    ----------
    frames : samples per channel
    sr : native sample rate in Hz
    seconds : duration
    peak : largest absolute value of the mono mix; 1.0 is full scale
    sha256 : of the file's bytes
    """

    frames: int
    sr: int
    channels: int
    seconds: float
    peak: float
    sha256: str


def decode(path: Path, *, max_seconds: float = MAX_SECONDS) -> tuple[NDArray[np.float32], int]:
    """The mean over the channels, (n_frames,), and the native sample rate in Hz.

    Raises
    ------
    SoundError
        If the file is absent, not a regular file, not sound, empty, truncated, longer than ``max_seconds``, or holds
        samples that are not finite.
    """
    with _opened(path, max_seconds) as file:
        return np.concatenate(list(_mono_blocks(file, path))), int(file.samplerate)


def inspect(path: Path, *, max_seconds: float = MAX_SECONDS) -> SoundInfo:
    """What the file holds; it is decoded to its end, but only one block is kept in memory.

    Raises
    ------
    SoundError
        As `decode` does, so that a file that passes can be decoded.
    """
    frames, peak = 0, 0.0
    with _opened(path, max_seconds) as file:
        for block in _mono_blocks(file, path):
            frames += len(block)
            peak = max(peak, float(np.abs(block).max()))
        sr, channels = int(file.samplerate), int(file.channels)
    return SoundInfo(frames, sr, channels, frames / sr, peak, file_sha256(path))


def file_sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of the file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _refused(path: Path, reason: str) -> SoundError:
    return SoundError(f"{path.name}: {reason}", reason=reason)


@contextmanager
def _opened(path: Path, max_seconds: float) -> Iterator[Any]:
    """The open file, its header within the limits; what libsndfile raises inside becomes a `SoundError`."""
    import soundfile

    if problem := _file_problem(path):
        raise _refused(path, problem)
    try:
        with soundfile.SoundFile(path) as file:
            if problem := _header_problem(file, max_seconds):
                raise _refused(path, problem)
            yield file
    except soundfile.LibsndfileError as err:
        raise _refused(path, _in_words(err.error_string)) from err
    except TypeError as err:  # soundfile asks for a sample rate when a name ends in .raw
        raise _refused(path, "raw samples without a header") from err


def _file_problem(path: Path) -> str | None:
    """Why there is nothing to decode; nothing is opened before it is known to be a regular file."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            return "not a regular file"
        with path.open("rb"):
            return None if status.st_size else "the file is empty (0 bytes)"
    except FileNotFoundError:
        return "there is no such file"
    except PermissionError:
        return "no permission to read it"
    except (OSError, ValueError) as err:  # a loop of links, a name with a NUL
        return str(err)


def _header_problem(file: Any, max_seconds: float) -> str | None:
    if not MIN_SR <= file.samplerate <= MAX_SR:
        return f"a sample rate of {file.samplerate} Hz (expected {MIN_SR} to {MAX_SR})"
    if file.channels > MAX_CHANNELS:
        return f"{file.channels} channels (at most {MAX_CHANNELS})"
    if file.frames > max_seconds * file.samplerate:
        return f"lasts {file.frames / file.samplerate:.0f} seconds (the limit is {max_seconds:.0f})"
    cut = _CHUNK_CUT.search(file.extra_info)
    if cut and int(cut[2]) < int(cut[1]) < _STREAMED:
        return f"truncated: {cut[2]} of {cut[1]} bytes of sound are there"
    return "truncated: its last page is missing" if _OGG_CUT in file.extra_info else None


def _mono_blocks(file: Any, path: Path) -> Iterator[NDArray[np.float32]]:
    size, frames = max(1, _BLOCK // file.channels), 0
    while len(block := file.read(size, dtype="float32", always_2d=True)):
        frames += len(block)
        if frames > file.frames:
            raise _refused(path, "holds more samples than its header says")
        if not np.isfinite(block).all():
            raise _refused(path, "holds samples that are not finite (NaN or infinite)")
        if np.abs(block).max() > MAX_PEAK:
            raise _refused(path, f"holds samples as large as {np.abs(block).max():.0e} (full scale is 1)")
        yield block.mean(axis=1, dtype=np.float32)
    if frames == 0:
        raise _refused(path, "holds no samples")
    if frames < file.frames - _allowance(file):
        raise _refused(path, f"truncated: {frames} of {file.frames} samples are there")


def _allowance(file: Any) -> int:
    """Samples that may be missing: an MP3 without an index has its length estimated from its size."""
    return 2304 + int(file.frames) // 50 if file.format == "MP3" else 0


def _in_words(message: str) -> str:
    if any(text in message for text in _NOT_SOUND):
        return "not a sound file that can be read (WAV, FLAC, OGG, MP3, AIFF)"
    return f"damaged or truncated ({message.rstrip('.')})"
