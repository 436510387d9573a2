"""Which packages of other people a model needs, and which versions of them it was made with."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import packages_distributions, version

from automl.bundle.facts import BundleFacts
from automl.core.dataset import ColumnKind
from automl.pipeline.registry import family

_ALWAYS = ("numpy", "scipy", "pandas", "sklearn", "skops")
_FOR_ONNX = ("onnxruntime",)
_FOR_SOUND = ("librosa", "soundfile")


def third_parties(facts: BundleFacts, *, through_onnx: bool = False) -> dict[str, str]:
    """Distribution -> installed version, of what the model needs to be read and to predict.

    Parameters
    ----------
    through_onnx : whether ``model.onnx`` predicts, so that the packages of the family are not needed
    """
    names = [*_ALWAYS, *(_FOR_ONNX if through_onnx else family(str(facts.config["model"])).needs)]
    if ColumnKind.SOUND in facts.kinds.values():
        names += _FOR_SOUND
    return _installed(names)


def with_python(versions: Mapping[str, str]) -> dict[str, str]:
    """``versions``, after that of the running Python."""
    return {"python": platform.python_version(), **versions}


def requirements_text(versions: Mapping[str, str]) -> str:
    """Exact requirements for pip, one a line."""
    return "".join(f"{name}=={number}\n" for name, number in versions.items())


def _installed(import_names: Iterable[str]) -> dict[str, str]:
    """By distribution: the one that is really there (xgboost comes from xgboost or from xgboost-cpu)."""
    owners = _owners()
    distributions = [owners[name][0] for name in import_names]
    return {name: version(name) for name in distributions}


@cache
def _owners() -> Mapping[str, list[str]]:
    """Import name -> distributions; looking through 200 of them takes 0.2 s."""
    return packages_distributions()
