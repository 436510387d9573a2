"""What computes the network of a bundle: ONNX Runtime, or Keras."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any, Literal, TypeAlias

from automl.bundle.files import KERAS, ONNX
from automl.bundle.manifest import Manifest
from automl.errors import BundleError, MissingPackageError
from automl.pipeline.network import Network, require_onnx_packages
from automl.pipeline.registry import family, family_names, require_packages

Runtime: TypeAlias = Literal["onnx", "keras"]

NETWORK_FILES: Mapping[Runtime | None, tuple[str, ...]] = {None: (), "onnx": (ONNX,), "keras": (KERAS,)}
"""What is read beside the pipeline; ``None`` stands for a model that is no network."""


def choose_runtime(manifest: Manifest, asked: Runtime | None) -> Runtime | None:
    """What computes the network; ``None`` where the model is none.

    Parameters
    ----------
    asked : ``None`` for ONNX Runtime where the bundle holds ``model.onnx`` and it is installed, and Keras elsewhere
    """
    if manifest.network is None:
        return None
    if asked is not None:
        return asked
    return "onnx" if manifest.has_onnx and find_spec("onnxruntime") is not None else "keras"


def require_model_packages(manifest: Manifest) -> None:
    """Nothing, if the packages of the family of the model are installed.

    Raises
    ------
    MissingPackageError
        Otherwise; where ``model.onnx`` would do, the hint is what runs that: it takes a tenth of the room.
    """
    name = str(manifest.facts.config.get("model"))
    if name not in family_names():
        return
    try:
        require_packages(family(name))
    except MissingPackageError:
        if manifest.network is not None and manifest.has_onnx:
            require_onnx_packages("this bundle", "onnxruntime")
        raise


def with_network(preprocessing: Any, contents: Mapping[str, bytes], manifest: Manifest, *, where: str) -> Any:
    """The whole pipeline: the steps that were read, then the network in ``contents``.

    Raises
    ------
    BundleError
        If one of them cannot be read or is not what the manifest says; ``where`` names the bundle.
    """
    from automl.bundle.network import NetworkClassifier, completed

    shapes, n_classes = manifest.network, len(manifest.facts.class_names)
    assert shapes is not None, "only a network is put together"
    network: Network
    if ONNX in contents:
        from automl.bundle.onnx_file import OnnxNetwork

        network = OnnxNetwork(contents[ONNX], shapes, n_classes)
    else:
        network = _keras_network(str(manifest.facts.config.get("model")), contents[KERAS], where)
    return completed(preprocessing, NetworkClassifier(network, shapes, n_classes), where=where)


def _keras_network(name: str, content: bytes, where: str) -> Network:
    read = family(name).read_network if name in family_names() else None
    if read is None:
        raise BundleError(
            f'{where}: nothing installed reads {KERAS} of the family "{name:.60}"',
            hint="install the plug-in that made this model",
        )
    return read(content)
