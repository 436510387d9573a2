"""Limits of one trial: what may be asked for, and the memory it gets where nothing is asked."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

LEAST_TRIAL_MEMORY_MB = 200.0
"""What a worker needs to start: 130 MB before its first trial, 170 MB after some on 569 rows (measured)."""

_SHARE_OF_MACHINE = 0.8
_CGROUPS = Path("/sys/fs/cgroup")
_MEMBERSHIP = Path("/proc/self/cgroup")


def limit_problems(trial_timeout_s: float | None, trial_memory_mb: float | None) -> Iterator[tuple[str, str]]:
    """What is wrong with limits that were asked for (``None``: not asked for), each with what to write instead."""
    if trial_timeout_s is not None and not 0 < trial_timeout_s < math.inf:
        yield f"--trial-timeout must be positive and finite, not {trial_timeout_s:g} s", "--trial-timeout 10m"
    if trial_memory_mb is not None and not LEAST_TRIAL_MEMORY_MB <= trial_memory_mb < math.inf:
        yield (
            f"--trial-memory must be finite and at least {LEAST_TRIAL_MEMORY_MB:g} MB, which a worker needs to start, "
            f"not {trial_memory_mb:g} MB",
            "--trial-memory 2GB",
        )


def default_trial_memory_mb(n_workers: int, *, machine_mb: float | None = None) -> float:
    """80 % of the machine divided by the workers, but what a worker needs to start.

    Parameters
    ----------
    n_workers : at least 1
    machine_mb : memory of the machine; ``None`` for that of this one
    """
    machine_mb = machine_memory_mb() if machine_mb is None else machine_mb
    return max(LEAST_TRIAL_MEMORY_MB, _SHARE_OF_MACHINE * machine_mb / n_workers)


def machine_memory_mb(*, cgroups: Path = _CGROUPS, membership: Path = _MEMBERSHIP) -> float:
    """Memory of the machine, or what a container or a batch job leaves of it.

    Parameters
    ----------
    cgroups : where Linux shows its control groups; nothing need be there
    membership : file that names the groups of this process
    """
    import psutil

    total = int(psutil.virtual_memory().total)
    return min([total, *_cgroup_limits(cgroups, membership)]) / 2**20


def _cgroup_limits(cgroups: Path, membership: Path) -> Iterator[int]:
    """Bytes allowed by the groups of this process and by those around them, in versions 2 and 1."""
    inside = _groups(membership)
    for controller, name in (("", "memory.max"), ("memory", "memory.limit_in_bytes")):
        top = cgroups / controller
        group = top / inside.get(controller, "")
        # a container sees its own group at the top, while the membership may still name the path outside
        for folder in (group, *(parent for parent in group.parents if parent.is_relative_to(top))):
            limit = _bytes(folder / name)
            if limit is not None:
                yield limit


def _groups(membership: Path) -> dict[str, str]:
    """Controller -> path of the group, from lines such as ``4:memory:/job`` and, in version 2, ``0::/job``."""
    try:
        lines = [line.split(":", 2) for line in membership.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError):
        return {}
    return {name: fields[2].lstrip("/") for fields in lines if len(fields) == 3 for name in fields[1].split(",")}


def _bytes(path: Path) -> int | None:
    """The number in a file; ``None`` for the word "max", or where nothing can be read."""
    try:
        return int(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
