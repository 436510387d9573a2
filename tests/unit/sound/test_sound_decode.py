from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from automl.errors import SoundError
from automl.sound.decode import decode, inspect

Clip = Callable[..., Path]


def wav_header(*, sr: int = 8000, channels: int = 1, claimed: int | None = None, n_bytes: int = 1600) -> bytes:
    """A 16-bit WAV of ``n_bytes`` zeros whose header says what it is told to."""
    size = n_bytes if claimed is None else claimed
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, channels, sr, min(2 * sr * channels, 2**32 - 1), 2, 16)
    data = struct.pack("<4sI", b"data", size) + bytes(n_bytes)
    return struct.pack("<4sI4s", b"RIFF", min(size + 36, 2**32 - 1), b"WAVE") + form + data


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg", "a.mp3", "a.aiff"])
def test_every_format_gives_mono_samples_and_the_native_rate(clip: Clip, name: str) -> None:
    y, sr = decode(clip(name, sr=16000, shape=(16000, 2)))
    assert (y.shape, y.dtype, sr) == ((16000,), np.float32, 16000)


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
def test_every_width_of_samples_is_scaled_to_one(clip: Clip, subtype: str) -> None:
    assert 0.08 < inspect(clip(subtype=subtype)).peak < 0.12


def test_mono_is_the_mean_of_the_channels(clip: Clip) -> None:
    path = clip(shape=(500, 6), subtype="FLOAT")
    expected, _ = soundfile.read(path, dtype="float32")
    np.testing.assert_allclose(decode(path)[0], expected.mean(axis=1), atol=1e-7)


def test_inspection_says_what_the_file_holds(clip: Clip) -> None:
    path = clip(sr=44100, shape=(4410, 2))
    info = inspect(path)
    assert (info.frames, info.sr, info.channels, info.seconds) == (4410, 44100, 2, 0.1)
    assert info.peak == float(np.abs(decode(path)[0]).max())
    assert info.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_blocks_join_without_a_seam(clip: Clip) -> None:
    path = clip(shape=(300_000, 2))
    expected, _ = soundfile.read(path, dtype="float32")
    np.testing.assert_allclose(decode(path)[0], expected.mean(axis=1), atol=1e-7)


def test_content_counts_not_the_suffix(clip: Clip, tmp_path: Path) -> None:
    for source, name in (("a.mp3", "odd.wav"), ("a.wav", "odd.mp3"), ("a.flac", "odd.ogg")):
        clip(source, sr=16000, shape=16000).rename(tmp_path / name)
        assert inspect(tmp_path / name).frames == 16000


@pytest.mark.parametrize("suffix", ["wav", "aiff", "flac", "ogg", "mp3"])
def test_half_a_file_is_truncated(clip: Clip, suffix: str, capfd: pytest.CaptureFixture[str]) -> None:
    path = clip(f"odd.{suffix}", sr=16000, shape=16000)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(SoundError, match=rf"odd\.{suffix}: .*truncated"):
        inspect(path)
    capfd.readouterr()  # the MP3 decoder says so too


def test_a_wav_that_was_streamed_is_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "odd.wav"
    path.write_bytes(wav_header(claimed=0xFFFF_FFFF))
    assert inspect(path).frames == 800


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", r"the file is empty \(0 bytes\)"),
        (b"hello", "not a sound file that can be read"),
        (b"<html>" * 1000, "not a sound file"),
        (bytes(range(256)) * 100, "not a sound file"),
        (wav_header(n_bytes=0), "holds no samples"),
        (wav_header(sr=8), "a sample rate of 8 Hz"),
        (wav_header(sr=1_000_000_000), "a sample rate of 1000000000 Hz"),
        (wav_header(channels=0), ""),
        (wav_header(channels=65535), ""),
        (wav_header(channels=100), "100 channels"),
        (wav_header(claimed=100_000), "truncated: 1600 of 100000 bytes"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_reason(
    tmp_path: Path, content: bytes, reason: str, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "odd.wav"
    path.write_bytes(content)
    for read in (inspect, decode):
        with pytest.raises(SoundError, match=rf"odd\.wav: {reason}") as caught:
            read(path)
        assert caught.value.message == f"odd.wav: {caught.value.reason}"
    capfd.readouterr()


@pytest.mark.parametrize(("value", "reason"), [(np.nan, "not finite"), (-np.inf, "not finite"), (1e30, "as large as")])
def test_samples_that_are_no_sound_are_refused(tmp_path: Path, value: float, reason: str) -> None:
    y = np.zeros(1000)
    y[500] = value
    soundfile.write(tmp_path / "odd.wav", y, 8000, subtype="DOUBLE")
    with pytest.raises(SoundError, match=reason):
        decode(tmp_path / "odd.wav")


def test_samples_that_were_stored_unscaled_are_read(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "odd.wav", np.full(1000, 20000.0), 8000, subtype="FLOAT")
    assert inspect(tmp_path / "odd.wav").peak == 20000


def test_a_recording_beyond_the_limit_is_refused_before_it_is_decoded(clip: Clip) -> None:
    with pytest.raises(SoundError, match=r"lasts 2 seconds \(the limit is 1\)"):
        decode(clip(shape=16000), max_seconds=1)


def test_raw_samples_without_a_header_are_refused(tmp_path: Path) -> None:
    (tmp_path / "odd.raw").write_bytes(bytes(1000))
    with pytest.raises(SoundError, match=r"odd\.raw: raw samples without a header"):
        inspect(tmp_path / "odd.raw")


def test_only_regular_files_are_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    for name, reason in (("pipe.wav", "not a regular file"), (".", "not a regular file"), ("no.wav", "no such file")):
        with pytest.raises(SoundError, match=reason):
            inspect(tmp_path / name)


@pytest.fixture
def _as_nobody() -> Iterator[None]:
    """Root may read every file, so a test of permissions is run as somebody else."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    yield
    os.seteuid(user)


def test_a_file_without_permission_is_refused(clip: Clip, request: pytest.FixtureRequest) -> None:
    path = clip()
    path.chmod(0)
    request.getfixturevalue("_as_nobody")
    with pytest.raises(SoundError, match="no permission"):
        inspect(path)
