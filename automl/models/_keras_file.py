"""A network as the bytes of a ``.keras`` file, and back without running what a file may bring."""

from __future__ import annotations

import io
import json
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from automl.errors import BundleError

# What our networks consist of; a file with anything else is not opened. None of these runs code of the file.
CLASSES = frozenset(
    {
        "keras.DTypePolicy",
        "keras.initializers.GlorotUniform",
        "keras.initializers.HeNormal",
        "keras.initializers.LecunNormal",
        "keras.initializers.Ones",
        "keras.initializers.Zeros",
        "keras.layers.Activation",
        "keras.layers.Add",
        "keras.layers.AveragePooling2D",
        "keras.layers.BatchNormalization",
        "keras.layers.Concatenate",
        "keras.layers.Conv2D",
        "keras.layers.Dense",
        "keras.layers.Dropout",
        "keras.layers.Flatten",
        "keras.layers.GlobalAveragePooling2D",
        "keras.layers.GlobalMaxPooling2D",
        "keras.layers.InputLayer",
        "keras.layers.LayerNormalization",
        "keras.layers.MaxPooling2D",
        "keras.layers.Rescaling",
        "keras.layers.Reshape",
        "keras.layers.SeparableConv2D",
        "keras.src.models.functional.Functional",
    }
)
_TENSOR = "__keras_tensor__"
_ALWAYS_FINE_BYTES = 2**24
_MAX_RATIO = 20  # weights hardly shrink when they are packed


def keras_content(model: Any) -> bytes:
    """The content of a ``.keras`` file that holds ``model``; not the same twice, because it holds the date."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.keras"
        with _without_keras_own_warning():
            model.save(path)
        return path.read_bytes()


def read_network(content: bytes) -> Any:
    """The Keras model in the content of a ``.keras`` file, not compiled.

    Raises
    ------
    BundleError
        If it holds a class that is not among ``CLASSES`` (the details name each), or cannot be read.
    """
    import keras

    check_classes(content)
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "network.keras"
            path.write_bytes(content)
            with _without_keras_own_warning():
                return keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as err:  # a damaged or made-up file can raise anything
        raise BundleError(f"the network cannot be read: {type(err).__name__}: {err}", hint="export it again") from err


@contextmanager
def _without_keras_own_warning() -> Iterator[None]:
    """Keras 3.15 turns its variables into arrays in a way that numpy 2 warns of."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "__array__ implementation doesn't accept a copy", DeprecationWarning)
        yield


def check_classes(content: bytes) -> None:
    """Nothing, if a ``.keras`` file names only classes among ``CLASSES``; Keras does not open it.

    Raises
    ------
    BundleError
        If it names others (the details name each), or is no such file.
    """
    try:
        with ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
            if unpacked > max(_ALWAYS_FINE_BYTES, _MAX_RATIO * len(content)):
                raise ValueError(f"it unpacks from {len(content)} to {unpacked} bytes")
            found = set(_classes(json.loads(archive.read("config.json"))))
    except (BadZipFile, KeyError, ValueError, RecursionError) as err:
        raise BundleError(
            f"the network is no .keras file: {type(err).__name__}: {err}", hint="export it again"
        ) from err
    if strange := sorted(found - CLASSES):
        raise BundleError(
            f"the network holds {len(strange)} classes that are not trusted; it was not opened",
            hint="do not use this file",
            details=strange,
        )


def _classes(config: Any) -> Iterator[str]:
    """Full names of the classes in a configuration, as Keras would look them up."""
    if isinstance(config, dict):
        if "class_name" in config and config["class_name"] != _TENSOR:
            yield f"{config.get('module')}.{config['class_name']}"
            if config.get("registered_name") not in (None, config["class_name"]):
                yield str(config["registered_name"])
        for value in config.values():
            yield from _classes(value)
    elif isinstance(config, list):
        for value in config:
            yield from _classes(value)
