"""A bundle at another place."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from automl.bundle.files import ELSEWHERE
from automl.bundle.load import load_bundle
from automl.core.disk import why_not_written
from automl.errors import BundleError


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


def refuse_existing(out: Path) -> None:
    """Nothing, if ``out`` is free.

    Raises
    ------
    BundleError
        If something stands there.
    """
    if out.exists():
        raise BundleError(f"{out} exists already, and nothing is overwritten", hint=ELSEWHERE)
