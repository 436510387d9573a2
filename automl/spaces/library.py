"""Where space files are found: a path, the folder at hand, the package."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from automl.errors import SpaceError
from automl.spaces.problems import unknown
from automl.spaces.syntax import FROM_A_COPY, MAX_BYTES

_PACKAGE = "automl.search_spaces"


@dataclass(frozen=True)
class SpaceFile:
    """A space file that was found and read.

    Parameters
    ----------
    name : without ``.toml``
    origin : where it came from, for people and messages
    is_packaged : it came with this package, or is an unchanged copy, so what is not installed may be left out of it
        without asking
    """

    name: str
    origin: str
    text: str
    is_packaged: bool


def packaged() -> tuple[str, ...]:
    """Names of the spaces that come with this package, sorted."""
    return tuple(sorted(Path(f.name).stem for f in files(_PACKAGE).iterdir() if f.name.endswith(".toml")))


def find_space(name: str, *, folder: Path) -> SpaceFile:
    """The space called ``name``.

    Tried in this order: a path (relative to ``folder``), ``search_spaces/NAME.toml`` in ``folder``, the packaged one.

    Raises
    ------
    SpaceError
        If there is none, or it cannot be read as text.
    """
    for path in (folder / name, folder / "search_spaces" / f"{name}.toml"):
        if _is_file(path):
            text = _read(path)
            is_copy = path.stem in packaged() and text == _packaged_text(path.stem)
            return SpaceFile(path.stem, str(path), text, is_packaged=is_copy)
    if name in packaged():
        return SpaceFile(name, f"{name}.toml (packaged)", _packaged_text(name), is_packaged=True)
    if name.endswith(".toml") or Path(name).name != name:
        raise SpaceError(f"there is no space file {name}", hint=f"spaces known by name: {', '.join(_names(folder))}")
    raise SpaceError(unknown("search space", name, _names(folder)), hint=f"there are {', '.join(_names(folder))}")


def _packaged_text(name: str) -> str:
    return files(_PACKAGE).joinpath(f"{name}.toml").read_text(encoding="utf-8")


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name too long for a file, a folder that may not be entered
        return False


def _names(folder: Path) -> tuple[str, ...]:
    own = (path.stem for path in (folder / "search_spaces").glob("*.toml"))
    return tuple(sorted({*packaged(), *own}))


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise SpaceError(f"{path} is larger than {MAX_BYTES:,} bytes; that is no search space", hint=FROM_A_COPY)
        return path.read_text(encoding="utf-8-sig")  # Windows editors begin a file with a byte order mark
    except (OSError, UnicodeDecodeError) as err:
        raise SpaceError(f"{path} cannot be read as UTF-8 text: {err}", hint=FROM_A_COPY) from err
