"""Every error of the project.

::

    AutoMLError
    ├── UserError               the user can mend it: exit code 2, no traceback
    │   ├── RequestError        an option or an argument; a ValueError too
    │   ├── DataError           a table, a recording, a label, a group; a ValueError too, as scikit-learn raises
    │   │   └── SoundError      one sound file, with the reason apart from its name
    │   ├── SpaceError          a search space file
    │   ├── MissingPackageError a package that an extra brings
    │   ├── StudyError          a study folder: absent, changed, damaged, in use, not writable
    │   └── BundleError         an exported model: damaged, unsafe, not what it says
    ├── NoTrialSucceededError   exit code 3
    └── SearchInterrupted       Ctrl-C: exit code 130, everything finished is kept
"""

from __future__ import annotations

from collections.abc import Sequence


class AutoMLError(Exception):
    """Anything this project raises on purpose."""


class UserError(AutoMLError):
    """Something the user can mend.

    Parameters
    ----------
    message : what is wrong, with the value seen, and where
    hint : one thing to do or to type; ``None`` when the message already says it
    details : further lines, one problem each, shown below the message
    """

    def __init__(self, message: str, *, hint: str | None = None, details: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.details = tuple(details)

    def __str__(self) -> str:
        return "\n".join([self.message, *self.details])


class RequestError(UserError, ValueError):
    """An option or argument that cannot be."""


class DataError(UserError, ValueError):
    """Data that cannot be read or cannot be learned from."""


class SoundError(DataError):
    """A sound file that cannot be used; ``reason`` says why, without naming it."""

    def __init__(self, message: str, *, reason: str = "", hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.reason = reason


class SpaceError(UserError):
    """A search space file with mistakes; ``details`` names each with its path."""


class MissingPackageError(UserError):
    """A package that is not installed; the hint names the extra that brings it."""


class StudyError(UserError):
    """A study folder that is absent, changed, damaged, in use or not writable."""


class BundleError(UserError):
    """An exported model that is damaged, unsafe or not what its manifest says."""


class NoTrialSucceededError(AutoMLError):
    """No trial of a search succeeded; ``hint`` says where to look."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class SearchInterrupted(AutoMLError):
    """Ctrl-C: the search stopped and kept what was finished; ``study`` names the study to resume."""

    def __init__(self, study: str, n_finished: int) -> None:
        super().__init__(f"stopped after {n_finished} finished trials of {study}")
        self.study = study
        self.n_finished = n_finished
