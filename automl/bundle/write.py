"""Write a bundle: whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from automl.bundle.contents import bundle_contents, model_files
from automl.bundle.facts import LARGEST_DIFFERENCE, BundleFacts, OnnxFacts
from automl.bundle.files import ELSEWHERE, ONNX, sync_folder, write_file
from automl.bundle.load import load_bundle
from automl.core.disk import why_not_written
from automl.errors import BundleError
from automl.pipeline.fit import FittedPipeline

if TYPE_CHECKING:
    import pandas as pd


def write_bundle(
    out: Path,
    fitted: FittedPipeline,
    facts: BundleFacts,
    *,
    X_check: pd.DataFrame | None = None,
    created: datetime | None = None,
    with_onnx: bool = False,
) -> OnnxFacts | None:
    """Write ``fitted`` and what is to be said of it to the new folder ``out``; what the check of ``model.onnx`` found.

    A network is written as ``model.keras``, and as ``model.onnx`` where that gives its probabilities. Everything goes
    to a hidden folder beside ``out`` first, is read back as a stranger's bundle would be, and is renamed when it is
    whole and on disk. After an error nothing is left.

    Parameters
    ----------
    X_check : rows, typed as ``Dataset.X``, on which the bundle must give the probabilities of ``fitted``, bit for bit,
        and ``model.onnx`` nearly the same
    created : ``None`` for now
    with_onnx : whether a model that is no network gets a ``model.onnx`` too

    Raises
    ------
    BundleError
        If ``out`` exists or cannot be written, or the bundle cannot be read back or gives other probabilities; or the
        model has no ``model.onnx`` though that was asked for.
    """
    if os.path.lexists(out):
        raise BundleError(f"{out} exists already, and nothing is overwritten", hint="choose another folder")
    _require_every_class(fitted, facts)
    parts, onnx = model_files(fitted, facts, X_check, with_onnx=with_onnx)
    contents = bundle_contents(fitted, facts, parts, onnx=onnx, created=created or datetime.now(UTC))
    write_whole(out, contents, lambda folder: _check(folder, fitted, X_check))
    return onnx


def write_whole(out: Path, contents: Mapping[str, bytes], check: Callable[[Path], object]) -> None:
    """Write files to the new folder ``out``, whole or not at all.

    Parameters
    ----------
    contents : file name -> content; the manifest last
    check : called with the folder under another name; what it raises undoes everything

    Raises
    ------
    BundleError
        If ``out`` cannot be written.
    """
    partial = out.with_name(f".{out.name}.{os.getpid()}.partial")
    try:
        shutil.rmtree(partial, ignore_errors=True)  # of a killed process that had our number
        _write_files(partial, contents)
        check(partial)
        partial.rename(out)
        sync_folder(out.parent)
    except OSError as err:
        raise BundleError(f"{out} cannot be written: {why_not_written(out, err)}", hint=ELSEWHERE) from err
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _require_every_class(fitted: FittedPipeline, facts: BundleFacts) -> None:
    """The model file predicts indices into the manifest's classes, so it has to know all of them."""
    absent = [name for index, name in enumerate(facts.class_names) if index not in fitted.classes]
    if absent:
        raise BundleError(f"the rows the model was fitted on hold no row of these classes: {', '.join(absent)}")


def _write_files(folder: Path, contents: Mapping[str, bytes]) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700)
    for name, content in contents.items():
        write_file(folder / name, content)
    sync_folder(folder)


def _check(folder: Path, fitted: FittedPipeline, X_check: pd.DataFrame | None) -> None:
    bundle = load_bundle(folder, runtime="keras")
    if X_check is None:
        return
    found, expected = bundle.predict_proba(X_check), fitted.predict_proba(X_check)
    if not np.array_equal(found, expected):
        raise BundleError("the model, written and read back, gives other probabilities; it was not exported")
    if bundle.manifest.network is None or not bundle.manifest.has_onnx:
        return
    through_onnx = load_bundle(folder, runtime="onnx").predict_proba(X_check)
    if np.abs(through_onnx - expected).max() > LARGEST_DIFFERENCE:
        raise BundleError(f"{ONNX}, written and read back, gives other probabilities; it was not exported")
