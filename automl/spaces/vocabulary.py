"""The names a space may use: what the installed families and stages take."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Vocabulary:
    """Names of families, stages and what they take.

    Spaces stand below the registry, so whoever parses one says what exists. The mappings may be lazy: only the entries
    that a file names are looked up.

    Parameters
    ----------
    families : family -> names of its parameters
    stages : stage -> option -> names of its parameters
    weightless : families whose ``fit`` takes no sample weights
    weighing : (stage, option) pairs that set sample weights
    """

    families: Mapping[str, Collection[str]]
    stages: Mapping[str, Mapping[str, Collection[str]]]
    weightless: Collection[str] = frozenset()
    weighing: Collection[tuple[str, str]] = frozenset()
