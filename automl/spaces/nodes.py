"""What a search space is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from automl.core.trial import Scalar


@dataclass(frozen=True)
class Float:
    """A real number between ``low`` and ``high``, both included; log-uniform if ``log``."""

    low: float
    high: float
    default: float
    log: bool = False


@dataclass(frozen=True)
class Int:
    """A whole number between ``low`` and ``high``, both included; log-uniform if ``log``."""

    low: int
    high: int
    default: int
    log: bool = False


@dataclass(frozen=True)
class Choice:
    """One of ``options``, without order."""

    options: tuple[Scalar, ...]
    default: Scalar


@dataclass(frozen=True)
class Fixed:
    """Always ``value``."""

    value: Scalar


Node: TypeAlias = Float | Int | Choice | Fixed
When: TypeAlias = Mapping[str, tuple[Scalar, ...]]
"""Sibling choice -> the options at which the parameter is active; every entry must hold."""


@dataclass(frozen=True)
class Parameter:
    """A named node of a table, active only where ``when`` holds."""

    name: str
    node: Node
    when: When = field(default_factory=dict)


@dataclass(frozen=True)
class Stage:
    """A preprocessing step: one of its options is chosen.

    Parameters
    ----------
    families : the families it is made for, ``None`` for all; other families skip it
    options : option -> its parameters, in the order of the file
    default : option of the default trials
    """

    name: str
    options: Mapping[str, tuple[Parameter, ...]]
    default: str
    families: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Space:
    """Everything a search may choose: stages in the order they run, and families.

    Parameters
    ----------
    models : family -> its parameters, in the order of the file
    """

    name: str
    summary: str
    stages: tuple[Stage, ...]
    models: Mapping[str, tuple[Parameter, ...]]

    @property
    def families(self) -> tuple[str, ...]:
        """Names of the families, in the order of the file."""
        return tuple(self.models)
