"""``model.skops``: the fitted pipeline, written and read without pickle."""

from __future__ import annotations

import io
import warnings
from collections.abc import Collection
from typing import Any
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

from automl.bundle.files import MODEL
from automl.errors import BundleError

# A forest of 300 trees shrinks to a fifth. Only a file made to fill the memory unpacks to a hundred times its size.
_MAX_RATIO = 100
_ALWAYS_FINE_BYTES = 64 * 1024**2


def model_content(pipeline: Any) -> bytes:
    """The content of a file that holds ``pipeline``."""
    from skops.io import dumps

    content: bytes = dumps(pipeline, compression=ZIP_DEFLATED)
    return content


def types_beyond_skops(content: bytes) -> tuple[str, ...]:
    """Full names of the types in a model file that skops does not trust by itself."""
    from skops.io import get_untrusted_types

    return tuple(get_untrusted_types(data=content))


def read_pipeline(content: bytes, trusted: Collection[str], *, where: str) -> Any:
    """The pipeline in a model file; ``where`` names the bundle in messages.

    Raises
    ------
    BundleError
        If the file holds a type that is not ``trusted`` (the details name each), or cannot be read.
    """
    from skops.io import loads

    try:
        _check_size(content, where)
        strange = sorted(set(types_beyond_skops(content)) - set(trusted))
        if strange:
            raise BundleError(
                f"{where}: {MODEL} holds {len(strange)} types that are not trusted; it was not opened",
                hint="if a plug-in made this model, install the plug-in; otherwise do not use this folder",
                details=strange,
            )
        with warnings.catch_warnings():
            _ignore_version_warnings()
            return loads(content, trusted=list(trusted))
    except BundleError:
        raise
    except Exception as err:  # a damaged or made-up file can raise anything
        raise BundleError(
            f"{where}: {MODEL} cannot be read: corrupt, truncated, or not a skops file ({type(err).__name__}: {err})",
            hint="export the model again",
        ) from err


def _check_size(content: bytes, where: str) -> None:
    """Refuse a file that is small and unpacks to more than the memory holds."""
    try:
        with ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
    except BadZipFile as err:
        raise BundleError(
            f"{where}: {MODEL} is corrupt, truncated, or not a skops file ({err})", hint="export the model again"
        ) from err
    if unpacked > max(_ALWAYS_FINE_BYTES, _MAX_RATIO * len(content)):
        raise BundleError(f"{where}: {MODEL} unpacks from {len(content)} to {unpacked} bytes, which no model does")


def _ignore_version_warnings() -> None:
    """The bundle knows the versions it was made with, and says once what scikit-learn would say of every estimator."""
    from sklearn.exceptions import InconsistentVersionWarning

    warnings.simplefilter("ignore", InconsistentVersionWarning)
