"""``model.onnx`` of a pipeline of scikit-learn: one input for each column, labels and probabilities out."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from automl.bundle.facts import OnnxFacts
from automl.bundle.onnx_check import judged
from automl.bundle.onnx_file import open_session, run_session
from automl.core.dataset import ColumnKind
from automl.errors import BundleError
from automl.pipeline.network import require_onnx_packages

if TYPE_CHECKING:
    import pandas as pd

_NEEDS = ("onnx", "skl2onnx", "onnxruntime")
_OPSETS = {"": 17, "ai.onnx.ml": 3}
_NO_CONVERTER = ("MissingConverter", "MissingShapeCalculator")
_N_SHOWN = 150
_UNSEEN = "\N{REPLACEMENT CHARACTER}"
_MISSING = "nan"  # what scikit-learn's encoders, converted, take for a missing category
_ADVICE = "automl leaderboard lists other trials, and --trial N exports one"


def pipeline_as_onnx(pipeline: Any, X: pd.DataFrame, kinds: Mapping[str, ColumnKind]) -> tuple[bytes, OnnxFacts]:
    """The content of ``model.onnx``, and what the check of it on some rows found.

    Numbers are in single precision there. A category that is missing is the text ``nan``, a number NaN.

    Parameters
    ----------
    X : rows of the training data, typed as ``Dataset.X``

    Raises
    ------
    MissingPackageError
        If a package that converts or checks is not installed.
    BundleError
        If a part of the pipeline has no converter, or the answers differ too much.
    """
    model = str(type(pipeline.steps[-1][1]).__name__)
    require_onnx_packages(f"a pipeline with {model}", *_NEEDS, *(["onnxmltools"] if _is_xgboost(pipeline) else []))
    columns = list(kinds)
    if sounds := [name for name in columns if kinds[name] is ColumnKind.SOUND]:
        raise _cannot(f'ONNX reads no sound files, and the column "{sounds[0]}" holds them')
    content = _converted(pipeline, kinds)
    session = open_session(content)
    facts = judged(_answer(session, X, kinds), pipeline.predict_proba(X[columns]))
    if facts.refused is not None:
        raise _cannot(facts.refused)
    _check_unseen_levels(session, pipeline, X[columns].iloc[:1], kinds)
    return content, facts


def _answer(session: Any, X: pd.DataFrame, kinds: Mapping[str, ColumnKind]) -> NDArray[np.float64]:
    _, proba = run_session(session, {name: _cells(X[name], kind) for name, kind in kinds.items()})
    return np.asarray(proba, dtype=np.float64)


def _check_unseen_levels(session: Any, pipeline: Any, row: pd.DataFrame, kinds: Mapping[str, ColumnKind]) -> None:
    """A level that the training rows lack may be refused there, but not be read in another way."""
    for name in (name for name, kind in kinds.items() if kind is ColumnKind.CATEGORICAL):
        probe = row.assign(**{name: np.array([_UNSEEN], dtype=object)})
        try:
            found = _answer(session, probe, kinds)
        except BundleError:
            continue
        if (why := judged(found, pipeline.predict_proba(probe)).refused) is not None:
            raise _cannot(f'of a level of "{name}" that the training rows lack {why}')


def _converted(pipeline: Any, kinds: Mapping[str, ColumnKind]) -> bytes:
    try:
        return _convert(pipeline, kinds)
    except Exception as err:  # skl2onnx has no error of its own for all it cannot do
        raise _cannot(_where_it_stops(pipeline, kinds, err)) from err


def _where_it_stops(pipeline: Any, kinds: Mapping[str, ColumnKind], err: Exception) -> str:
    """The first step with which the conversion fails, and why."""
    n = next((n for n in range(1, len(pipeline)) if _fails(pipeline[:n], kinds)), len(pipeline))
    name, step = pipeline.steps[n - 1]
    cause = err.__cause__ or err
    if type(cause).__name__ in _NO_CONVERTER:
        return f'there is no converter for step "{name}" ({_parts(step)})'
    why = " ".join(f"{type(cause).__name__}: {cause}".split())[:_N_SHOWN]
    return f'the conversion stops at step "{name}" ({_parts(step)}): {why}'


def _fails(pipeline: Any, kinds: Mapping[str, ColumnKind]) -> bool:
    try:
        _convert(pipeline, kinds)
    except Exception:  # noqa: BLE001 - see _converted
        return True
    return False


def _parts(step: Any) -> str:
    branches = getattr(step, "named_transformers_", None)
    if branches is None:
        return type(step).__name__
    return ", ".join(type(part).__name__ for part in branches.values() if type(part).__name__ != "FunctionTransformer")


def _convert(pipeline: Any, kinds: Mapping[str, ColumnKind]) -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what numpy and onnx will change one day; the check looks at the result
        from skl2onnx import to_onnx
        from skl2onnx.common.data_types import FloatTensorType, StringTensorType

        if _is_xgboost(pipeline):
            _let_xgboost_be_converted()
        kind = {True: StringTensorType, False: FloatTensorType}
        types = [(name, kind[kinds[name] is ColumnKind.CATEGORICAL]([None, 1])) for name in kinds]
        options = {"zipmap": False} if hasattr(pipeline, "predict_proba") else None
        made = to_onnx(pipeline, initial_types=types, options=options, target_opset=_OPSETS)
    content: bytes = made.SerializeToString()
    return content


def _is_xgboost(pipeline: Any) -> bool:
    return type(pipeline.steps[-1][1]).__module__.startswith("xgboost.")


def _let_xgboost_be_converted() -> None:
    from onnxmltools.convert.xgboost.operator_converters.XGBoost import convert_xgboost
    from skl2onnx import update_registered_converter
    from skl2onnx.common.shape_calculator import calculate_linear_classifier_output_shapes
    from xgboost import XGBClassifier

    update_registered_converter(
        XGBClassifier,
        "XGBoostXGBClassifier",
        calculate_linear_classifier_output_shapes,
        convert_xgboost,
        options={"nocl": [True, False], "zipmap": [True, False, "columns"]},
    )


def _cells(column: pd.Series, kind: ColumnKind) -> NDArray[Any]:
    """(n_rows, 1) as the file takes them."""
    if kind is ColumnKind.CATEGORICAL:
        return column.astype(object).where(column.notna(), _MISSING).to_numpy(dtype=object).reshape(-1, 1)
    return column.to_numpy(dtype=np.float32).reshape(-1, 1)


def _cannot(because: str) -> BundleError:
    return BundleError(f"cannot write model.onnx, because {because}", hint=_ADVICE)
