"""Write a bundle: whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from automl.bundle.card import card_text
from automl.bundle.facts import BundleFacts
from automl.bundle.files import (
    CARD,
    ELSEWHERE,
    MANIFEST,
    MODEL,
    REQUIREMENTS,
    SCALER,
    SCRIPT,
    facts_of,
    sync_folder,
    write_file,
)
from automl.bundle.load import load_bundle
from automl.bundle.manifest import Manifest, manifest_text
from automl.bundle.model_file import model_content, types_beyond_skops
from automl.bundle.scaler_file import scaler_content
from automl.bundle.script import is_plain, script_text
from automl.bundle.versions import requirements_text, third_parties, with_python
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
) -> None:
    """Write ``fitted`` and what is to be said of it to the new folder ``out``.

    Everything goes to a hidden folder beside ``out`` first, is read back as a stranger's bundle would be, and is
    renamed when it is whole and on disk. After an error nothing is left.

    Parameters
    ----------
    X_check : rows, typed as ``Dataset.X``, on which the bundle must give the probabilities of ``fitted``, bit for bit
    created : ``None`` for now

    Raises
    ------
    BundleError
        If ``out`` exists or cannot be written, or the bundle cannot be read back or gives other probabilities.
    """
    if os.path.lexists(out):
        raise BundleError(f"{out} exists already, and nothing is overwritten", hint="choose another folder")
    _require_every_class(fitted, facts)
    contents = _contents(fitted, facts, created or datetime.now(UTC))
    partial = out.with_name(f".{out.name}.{os.getpid()}.partial")
    try:
        shutil.rmtree(partial, ignore_errors=True)  # of a killed process that had our number
        _write_files(partial, contents)
        _check(partial, fitted, X_check)
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


def _contents(fitted: FittedPipeline, facts: BundleFacts, created: datetime) -> dict[str, bytes]:
    """File name -> content; the manifest, which vouches for the others, comes last."""
    model = model_content(fitted.pipeline)
    types = types_beyond_skops(model)
    scaler, scaler_facts = scaler_content(fitted, facts.config)
    versions = third_parties(facts)
    contents = {MODEL: model, SCALER: scaler, REQUIREMENTS: requirements_text(versions).encode()}
    if is_plain(facts, types):
        contents[SCRIPT] = script_text(types).encode()
    day = created.isoformat(timespec="seconds")
    contents[CARD] = card_text(facts, scaler_facts, created=day, has_script=SCRIPT in contents).encode()
    files = {name: facts_of(content) for name, content in contents.items()}
    manifest = Manifest(facts, scaler_facts, with_python(versions), files, day)
    contents[MANIFEST] = manifest_text(manifest).encode()
    return contents


def _write_files(folder: Path, contents: Mapping[str, bytes]) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700)
    for name, content in contents.items():
        write_file(folder / name, content)
    sync_folder(folder)


def _check(folder: Path, fitted: FittedPipeline, X_check: pd.DataFrame | None) -> None:
    bundle = load_bundle(folder)
    if X_check is None:
        return
    if not np.array_equal(bundle.predict_proba(X_check), fitted.predict_proba(X_check)):
        raise BundleError("the model, written and read back, gives other probabilities; it was not exported")
