"""Whether networks will be trained on a graphics card, found out without importing TensorFlow."""

from __future__ import annotations

import os
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_DEVICES = (Path("/dev/nvidia0"), Path("/dev/dxg"))  # of Linux, and of Linux in Windows


def has_gpu() -> bool:
    """Whether a TensorFlow that may know CUDA is installed (``tensorflow-cpu`` does not), and there is a card.

    ``CUDA_VISIBLE_DEVICES`` hides cards, as everywhere. Networks use the first one that is visible.
    """
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    is_hidden = visible is not None and visible.strip() in ("", "-1")
    return not is_hidden and _is_installed("tensorflow") and any(device.exists() for device in _DEVICES)


def _is_installed(distribution: str) -> bool:
    try:
        version(distribution)
    except PackageNotFoundError:
        return False
    return True
