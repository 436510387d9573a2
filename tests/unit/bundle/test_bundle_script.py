"""``predict.py``: what it reads and refuses. That it predicts without automl is tests/integration's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from bundle_examples import Example

from automl.bundle import standalone
from automl.bundle.facts import OnnxFacts
from automl.bundle.manifest import Manifest, ScalerFacts
from automl.bundle.script import is_plain, script_text
from automl.core.dataset import ColumnKind
from automl.data.kinds import coerce_columns
from automl.data.tables import read_table

TABLE = """\
dose ,smoker,ward,name
1.5,yes,east,Anna
 2e-3 ,No, west ,Bert
-,TRUE,NA,"Clara, D."
NaN,,"n/a",
0.1,1,none,Emil
.,0,-,Fritz
--,t,nan,
---,f,<NA>,
none,Y,#N/A,
?,n,NULL,
Null,False,null ,
-007,1.0,007,
+12.5E+1,0.0,1.50,
"""
KINDS = {"ward": ColumnKind.CATEGORICAL, "dose": ColumnKind.NUMERIC, "smoker": ColumnKind.BOOLEAN}
COLUMNS = [{"name": name, "kind": str(kind)} for name, kind in KINDS.items()]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_it_reads_a_table_as_automl_does(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "table.csv"
    path.write_text(TABLE, encoding=encoding)
    expected, _ = coerce_columns(read_table(path).frame, KINDS, where="table.csv")
    pd.testing.assert_frame_equal(standalone.read_rows(str(path), COLUMNS), expected, check_exact=True)


@pytest.mark.parametrize(
    ("cells", "kind", "message"),
    [
        (["1", "two"], "numeric", r'column "dose", row 2: "two" is not numeric'),
        (["inf"], "numeric", r'row 1: "inf" is not numeric'),
        (["yes", "perhaps"], "boolean", r'row 2: "perhaps" is not boolean'),
        (["0", "2"], "boolean", r'row 2: "2" is not boolean'),
    ],
)
def test_a_cell_of_another_kind_is_named(cells: list[str], kind: str, message: str) -> None:
    with pytest.raises(SystemExit, match=message):
        standalone.typed(pd.Series(cells, name="dose", dtype=str), kind)


def test_columns_of_nothing_are_read() -> None:
    assert np.isnan(standalone.typed(pd.Series(["", "NA"], dtype=str), "boolean")).all()


def test_missing_columns_are_named(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("ward,dose\neast,1\n")
    with pytest.raises(SystemExit, match=r"table\.csv lacks columns: smoker"):
        standalone.read_rows(str(tmp_path / "table.csv"), COLUMNS)


def test_a_table_without_rows_is_named(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("dose,smoker,ward\n")
    with pytest.raises(SystemExit, match=r"table\.csv has no data rows"):
        standalone.read_rows(str(tmp_path / "table.csv"), COLUMNS)


def test_numbers_that_a_network_cannot_take_are_not_answered() -> None:
    network = SimpleNamespace(get_inputs=lambda: [SimpleNamespace(name="input_0")])
    with pytest.raises(SystemExit, match="which a network cannot take"):
        standalone.answer_of(network, np.array([[1.0, np.inf]]), [[2]])


def test_it_trusts_a_list_that_is_written_into_it() -> None:
    text = script_text(["sklearn.tree._tree.Tree", "numpy.dtype"])
    assert 'TRUSTED: list[str] = [\n    "numpy.dtype",\n    "sklearn.tree._tree.Tree",\n]\n' in text
    assert "TRUSTED: list[str] = []\n" in script_text([])


def manifest(example: Example, **changed: object) -> Manifest:
    facts = replace(example.facts, **changed)
    return Manifest(facts, ScalerFacts("standard", False, ("dose",)), {}, {}, "2026-11-03")


def test_only_what_other_peoples_packages_can_read_gets_one(example: Example) -> None:
    plain = manifest(example)
    assert is_plain(plain, ["numpy.dtype", "sklearn.tree._tree.Tree"])
    assert is_plain(manifest(example, config={"model": "xgboost"}), ["xgboost.core.Booster"])
    assert not is_plain(plain, ["xgboost.core.Booster"])
    assert not is_plain(plain, ["automl.preprocess.sound_features.SoundFeatures"])
    assert not is_plain(manifest(example, kinds={"path": ColumnKind.SOUND}), [])


def test_a_network_gets_one_only_with_model_onnx(example: Example) -> None:
    network = replace(manifest(example, config={"model": "mlp"}), network=((7,),))
    assert is_plain(replace(network, onnx=OnnxFacts(60, 1e-7, None)), [])
    assert not is_plain(replace(network, onnx=OnnxFacts(60, 0.3, "too different")), [])
