"""TensorBoard's logs: how the network of a fold was trained, as event files."""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from automl.core.training import Training

PROBLEM = "TensorBoard's logs cannot be written"
"""Begins the warning of a trial whose logs are missing."""

_FILE = "events.out.tfevents.automl"  # TensorBoard reads every file with "tfevents" in its name
_DRAFT = ".part"
_VALID = "valid_"


def write_logs(folder: Path, trial: int, fold: int, training: Training) -> None:
    """Write the curves to ``folder``/trial-0007/fold-1/train and /valid; those of an earlier attempt are replaced.

    A process that has not loaded TensorFlow has trained no network with it, and writes nothing. Never raises: a
    warning says what could not be written.
    """
    if "tensorflow" not in sys.modules:
        return
    place = folder / f"trial-{trial:04d}" / f"fold-{fold}"
    valid = {name.removeprefix(_VALID): c for name, c in training.curves.items() if name.startswith(_VALID)}
    train = {name: curve for name, curve in training.curves.items() if not name.startswith(_VALID)}
    try:
        for name, curves in (("train", train), ("valid", valid)):
            if curves:
                _write(place / name, curves)
    except Exception as err:  # noqa: BLE001 - a full disk must not fail a trial
        warnings.warn(f"{PROBLEM}: {err}", stacklevel=1)


def _write(folder: Path, curves: Mapping[str, Sequence[float]]) -> None:
    import tensorflow as tf

    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / _DRAFT
    try:
        with tf.io.TFRecordWriter(str(draft)) as file:
            for event in _events(curves, at=time.time()):
                file.write(event.SerializeToString())
        draft.replace(folder / _FILE)
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def _events(curves: Mapping[str, Sequence[float]], *, at: float) -> Iterator[Any]:
    """One per epoch, from 1. ``tf.summary.scalar`` would need the package tensorboard, which TensorFlow 2.21 does not
    bring."""
    from tensorflow.compat.v1 import Event, Summary

    yield Event(wall_time=at, file_version="brain.Event:2")
    for i in range(max(map(len, curves.values()))):
        values = [Summary.Value(tag=name, simple_value=curve[i]) for name, curve in curves.items() if i < len(curve)]
        yield Event(wall_time=at, step=i + 1, summary=Summary(value=values))
