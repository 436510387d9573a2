"""Whether networks will be trained on a graphics card, found out without importing TensorFlow."""

from __future__ import annotations

import os
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_CARDS = Path("/proc/driver/nvidia/gpus")


def has_gpu() -> bool:
    """Whether TensorFlow was installed in the build that knows CUDA, and there is a card of NVIDIA.

    ``CUDA_VISIBLE_DEVICES`` hides cards, as everywhere. Networks use the first one that is visible.
    """
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    is_hidden = visible is not None and visible.strip() in ("", "-1")
    return not is_hidden and _is_installed("tensorflow") and _has_card()


def _has_card() -> bool:
    return _CARDS.is_dir() and any(_CARDS.iterdir())


def _is_installed(distribution: str) -> bool:
    try:
        version(distribution)
    except PackageNotFoundError:
        return False
    return True
