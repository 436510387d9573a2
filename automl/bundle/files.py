"""The files of a bundle: written durably and for their owner only, read only if they are what the manifest says."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from automl.errors import BundleError

MANIFEST = "manifest.json"
MODEL = "model.skops"
KERAS = "model.keras"
ONNX = "model.onnx"
SCALER = "scaler.pkl"
REQUIREMENTS = "requirements.txt"
CARD = "README.md"
SCRIPT = "predict.py"

WHOLE_AGAIN = "copy the whole folder again from where it was made, or export the model again"
"""What to do about a bundle that is not what it was."""
ELSEWHERE = "choose another --out DIR"
"""What to do about a folder that a bundle cannot be written to."""

_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")  # no separator, no "..", no hidden file
# A link is not followed, and opening a named pipe does not wait for its writer. Windows has neither flag.
_READ = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True)
class FileFacts:
    """What the manifest says of a file.

    Parameters
    ----------
    sha256 : of the content, 64 hexadecimal digits
    size : in bytes
    """

    sha256: str
    size: int


class _Unfit(Exception):
    """Why a file may not be used."""


def facts_of(content: bytes) -> FileFacts:
    """What the manifest says of a file with this content."""
    return FileFacts(hashlib.sha256(content).hexdigest(), len(content))


def write_file(path: Path, content: bytes) -> None:
    """Create ``path``, readable and writable for its owner only; on disk when this returns.

    Raises
    ------
    FileExistsError
        If there is such a file.
    """
    with os.fdopen(os.open(path, _WRITE, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Make the names in a folder durable, where the system can."""
    if os.name != "posix":  # Windows cannot open a folder
        return
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def read_manifest(folder: Path, *, limit: int) -> bytes:
    """The content of the manifest, which nothing vouches for yet.

    Raises
    ------
    BundleError
        If ``folder`` holds no manifest that can be read, or one of more than ``limit`` bytes.
    """
    _require_folder(folder)
    try:
        with _open_regular(folder / MANIFEST) as (file, size):
            if size <= limit:
                return file.read(size)
    except _Unfit as err:
        raise BundleError(f"{folder}: {MANIFEST} {err}: not a bundle, or not a whole one", hint=WHOLE_AGAIN) from err
    raise BundleError(f"{folder}: {MANIFEST} has {size} bytes, more than any bundle needs", hint=WHOLE_AGAIN)


def read_files(folder: Path, listed: Mapping[str, FileFacts], wanted: Collection[str]) -> dict[str, bytes]:
    """The content of the files ``wanted``, after every listed file was found to be what the manifest says.

    The other files are hashed and let go: nothing in them is interpreted.

    Raises
    ------
    BundleError
        If one of ``wanted`` is not listed, or a listed file is missing, not a regular file of this folder or changed;
        the details name each.
    """
    if absent := [name for name in wanted if name not in listed]:
        raise BundleError(
            f"{folder}: {MANIFEST} lists no {absent[0]}, and no other file is trusted as a model",
            hint="export the model again",
        )
    contents, problems = {}, []
    for name, facts in listed.items():
        try:
            content = _read_listed(folder, name, facts)
        except _Unfit as err:
            problems.append(f"{name} {err}")
        else:
            if name in wanted:
                contents[name] = content
    if problems:
        raise BundleError(
            f"{folder}: {len(problems)} of {len(listed)} files are not what {MANIFEST} says",
            hint=WHOLE_AGAIN,
            details=problems,
        )
    return contents


def unlisted(folder: Path, listed: Mapping[str, FileFacts]) -> tuple[str, ...]:
    """Names in the folder that the manifest does not vouch for; nothing here ever reads them."""
    return tuple(sorted(p.name for p in folder.iterdir() if p.name not in listed and p.name != MANIFEST))


def _require_folder(folder: Path) -> None:
    if folder.is_dir():
        return
    if folder.exists():
        raise BundleError(
            f"{folder} is a file, and a bundle is a folder; archives are not unpacked: their names may lead outside",
            hint="unpack it yourself into an empty folder and give that folder",
        )
    raise BundleError(f"{folder} does not exist", hint="give the folder that `automl export` wrote")


def _read_listed(folder: Path, name: str, facts: FileFacts) -> bytes:
    if not _NAME.fullmatch(name):
        raise _Unfit("is not a plain file name: a path may lead outside the bundle")
    with _open_regular(folder / name) as (file, size):
        if size != facts.size:
            raise _Unfit(f"has changed: it has {size} bytes, not the {facts.size} of {MANIFEST}")
        content = file.read(size)
    if facts_of(content).sha256 != facts.sha256:
        raise _Unfit(f"has changed: its sha256 is not the one in {MANIFEST}")
    return content


@contextmanager
def _open_regular(path: Path) -> Iterator[tuple[BinaryIO, int]]:
    """The file and its size, known before anything is read of it."""
    if path.is_symlink():
        raise _Unfit("is a link, and only regular files of the folder are read")
    try:
        with os.fdopen(os.open(path, _READ), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise _Unfit("is not a regular file")
            yield file, status.st_size
    except FileNotFoundError as err:
        raise _Unfit("is missing") from err
    except OSError as err:
        raise _Unfit(f"cannot be read ({err.strerror})") from err
