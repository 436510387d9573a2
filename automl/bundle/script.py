"""``predict.py``: prediction without automl, for models that hold nothing of ours."""

from __future__ import annotations

from collections.abc import Collection
from importlib.resources import files

from automl.bundle.manifest import Manifest
from automl.core.dataset import ColumnKind
from automl.pipeline.registry import family

_LIBRARIES = ("numpy", "scipy", "sklearn")
_PLACE = "TRUSTED: list[str] = []\n"


def is_plain(manifest: Manifest, types: Collection[str]) -> bool:
    """Whether other people's packages are enough to predict.

    Parameters
    ----------
    types : full names of the types in the model file that skops does not trust by itself
    """
    facts = manifest.facts
    if ColumnKind.SOUND in facts.kinds.values() or (manifest.network is not None and not manifest.has_onnx):
        return False
    known = {*_LIBRARIES, *family(str(facts.config["model"])).needs}
    return all(name.split(".")[0] in known for name in types)


def script_text(types: Collection[str]) -> str:
    """The script, trusting just ``types``: a list in the program, because one in the folder could be edited with it."""
    source = files("automl.bundle").joinpath("standalone.py").read_text(encoding="utf-8")
    assert source.count(_PLACE) == 1, "the place for the types is in standalone.py once"
    lines = "".join(f'    "{name}",\n' for name in sorted(types))
    return source.replace(_PLACE, f"TRUSTED: list[str] = [\n{lines}]\n" if types else _PLACE)
