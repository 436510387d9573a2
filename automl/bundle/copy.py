"""A bundle at another place."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from automl.bundle.contents import sealed
from automl.bundle.facts import OnnxFacts
from automl.bundle.files import ELSEWHERE, ONNX, read_files
from automl.bundle.load import load_bundle
from automl.bundle.sklearn_onnx import pipeline_as_onnx
from automl.bundle.write import write_whole
from automl.core.disk import why_not_written
from automl.errors import BundleError

if TYPE_CHECKING:
    import pandas as pd


def copy_bundle(bundle: Path, out: Path) -> Path:
    """A checked copy of a bundle at ``out``, whole or not at all; files its manifest does not list stay behind.

    Raises
    ------
    BundleError
        If ``out`` exists, or the bundle is damaged.
    """
    refuse_existing(out)
    names = ["manifest.json", *load_bundle(bundle).manifest.files]
    draft = out.with_name(f".{out.name}.{os.getpid()}.partial")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        draft.mkdir(mode=0o700)
        for name in names:
            shutil.copy2(bundle / name, draft / name)
        draft.rename(out)
    except OSError as err:
        raise BundleError(f"{out} cannot be written: {why_not_written(out, err)}", hint=ELSEWHERE) from err
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return out


def copy_with_onnx(bundle: Path, out: Path, X: pd.DataFrame) -> OnnxFacts:
    """A copy of a bundle whose model is no network, with ``model.onnx`` beside the rest; what its check found.

    Parameters
    ----------
    X : rows of the training data, typed as ``Dataset.X``, on which it is checked

    Raises
    ------
    BundleError
        If ``out`` exists, the bundle is damaged, or the model has no converter.
    MissingPackageError
        If a package that converts is not installed.
    """
    refuse_existing(out)
    found = load_bundle(bundle)
    files = read_files(bundle, found.manifest.files, tuple(found.manifest.files))
    content, onnx = pipeline_as_onnx(found.pipeline, X, found.kinds)
    contents = sealed({**files, ONNX: content}, replace(found.manifest, onnx=onnx))
    write_whole(out, contents, load_bundle)
    return onnx


def refuse_existing(out: Path) -> None:
    """Nothing, if ``out`` is free.

    Raises
    ------
    BundleError
        If something stands there.
    """
    if out.exists():
        raise BundleError(f"{out} exists already, and nothing is overwritten", hint=ELSEWHERE)
