"""Every recording decoded once before a search, and all that cannot be used named together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from automl.data.recordings import Recording
from automl.data.wording import counted
from automl.errors import DataError, SoundError
from automl.sound.decode import SoundInfo, inspect

OnProgress = Callable[[int, int], None]


@dataclass(frozen=True)
class SoundCheck:
    """What the recordings hold.

    Parameters
    ----------
    infos : path -> what it holds, for those that can be used
    shown : path -> as a person named it
    bad : (as a person named it, why it cannot be used), in the order of the recordings
    """

    infos: Mapping[str, SoundInfo]
    shown: Mapping[str, str]
    bad: tuple[tuple[str, str], ...] = ()

    @property
    def lowest_sr(self) -> int | None:
        """Lowest native sample rate in Hz, ``None`` without recordings."""
        return min((info.sr for info in self.infos.values()), default=None)

    def require_good(self, *, where: str) -> None:
        """Nothing, if every recording can be used.

        Raises
        ------
        DataError
            Otherwise; it names every one, with its reason.
        """
        if self.bad:
            raise DataError(
                f"{where}: {counted(len(self.bad), 'recording')} cannot be used",
                hint="repair them or take them out; a table names files relative to its own folder, below it",
                details=[f"{shown}: {reason}" for shown, reason in self.bad],
            )


def check_sounds(recordings: Iterable[Recording], on_progress: OnProgress | None = None) -> SoundCheck:
    """Decode every file to its end, each once however often it is named.

    Parameters
    ----------
    on_progress : called with (files done, files in all)
    """
    unique = {(r.path, r.shown): r for r in recordings}.values()
    infos: dict[str, SoundInfo] = {}
    shown: dict[str, str] = {}
    bad: list[tuple[str, str]] = []
    for done, recording in enumerate(unique, start=1):
        if recording.path is None:
            bad.append((recording.shown, recording.problem or "no path"))
        elif recording.path not in infos:
            try:
                infos[recording.path] = inspect(Path(recording.path))
                shown[recording.path] = recording.shown
            except SoundError as err:
                bad.append((recording.shown, err.reason))
        if on_progress:
            on_progress(done, len(unique))
    return SoundCheck(infos, shown, tuple(bad))
