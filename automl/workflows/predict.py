"""Label new rows or files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from automl.bundle.load import Bundle, load_bundle
from automl.core.dataset import ColumnKind
from automl.data.kinds import coerce_columns
from automl.data.prediction import read_rows
from automl.errors import DataError, RequestError, StudyError
from automl.workflows.folder import has_study
from automl.workflows.studies import view_study

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Predictions:
    """Labels and probabilities, in the order the rows were given.

    Parameters
    ----------
    id_name : ``row`` (1-based number of a table's data row) or ``path``
    labels : one per row; ``None`` where the row could not be read
    proba : (n_rows, n_classes), NaN where the row could not be read
    bad : (id, reason) of each row that could not be read
    """

    id_name: str
    ids: tuple[str, ...]
    labels: tuple[str | None, ...]
    proba: NDArray[np.float64]
    class_names: tuple[str, ...]
    bad: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]

    def rows(self) -> Iterator[list[str]]:
        """Header and lines of the CSV; what could not be read has empty cells."""
        yield [self.id_name, "label", *(f"p_{name}" for name in self.class_names)]
        for id_, label, p in zip(self.ids, self.labels, self.proba, strict=True):
            cells = ["" if np.isnan(v) else repr(float(v)) for v in p]
            yield [id_, label or "", *cells]


class Model:
    """An exported pipeline that reads new rows as they come: columns in any order, extra ones too.

    Made by ``automl.load``.
    """

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle

    @property
    def classes_(self) -> NDArray[np.object_]:
        """(n_classes,) names, in the order of the columns of ``predict_proba``."""
        return np.array(self.bundle.class_names, dtype=object)

    def predict_proba(self, X: pd.DataFrame | Sequence[str]) -> NDArray[np.float64]:
        """(n_samples, n_classes) probabilities.

        Parameters
        ----------
        X : the columns the model was made from, by name; or paths of sound files, for a model of sounds

        Raises
        ------
        DataError
            If a column is missing or holds what it cannot hold.
        """
        frame, _ = coerce_columns(self._frame(X), self.bundle.kinds, where="X")
        return self.bundle.predict_proba(frame)

    def predict(self, X: pd.DataFrame | Sequence[str]) -> NDArray[np.object_]:
        """(n_samples,) class names."""
        found: NDArray[np.object_] = self.classes_[self.bundle.predict_indices(self.predict_proba(X))]
        return found

    def _frame(self, X: pd.DataFrame | Sequence[str]) -> pd.DataFrame:
        import pandas as pd

        if isinstance(X, pd.DataFrame):
            return X
        if isinstance(X, str):
            raise DataError(
                f'X is the text "{X:.60}", not rows', hint="pandas.read_csv(...), a list of paths, or automl predict"
            )
        columns = [name for name, kind in self.bundle.kinds.items() if kind is ColumnKind.SOUND]
        return pd.DataFrame({name: [str(path) for path in X] for name in columns})


def load(bundle: str | Path) -> Model:
    """The model in a bundle, after its checksums and types have been checked.

    Raises
    ------
    BundleError
        If it is damaged, unsafe or not a bundle.
    """
    return Model(load_bundle(Path(bundle)))


def find_bundle(model: str, runs: str) -> Path:
    """A bundle's folder, or the winner's of a study.

    Raises
    ------
    StudyError
        If it is neither, or the study has no winner yet.
    """
    if not model:
        raise RequestError('MODEL is empty: ""', hint="give the folder of a bundle, or the name of a study")
    path = Path(model)
    if (path / "manifest.json").exists():
        return path
    if path.is_dir() and not has_study(model, Path(runs)):
        raise StudyError(
            f"{model} is not a bundle (it has no manifest.json) and not a study",
            hint="automl export --out DIR makes one",
        )
    view = view_study(model, runs)
    if view.result is None:
        raise StudyError(f"study {model} has no winner yet", hint=f"automl resume {model}")
    return view.result.bundle


def run_predict(model: str, paths: Sequence[str], *, runs: str) -> Predictions:
    """Labels for the rows of a table, or for sound files and folders of them.

    Raises
    ------
    UserError
        If the model or the rows cannot be used; a bad sound file alone is a row without a label.
    """
    bundle = load_bundle(find_bundle(model, runs))
    rows = read_rows(paths, bundle.kinds)
    n_rows = len(rows.ids) + len(rows.bad)
    gaps = sorted(set(range(n_rows)) - set(rows.positions))
    ids = dict(zip(rows.positions, rows.ids, strict=True)) | {
        gap: id_ for gap, (id_, _) in zip(gaps, rows.bad, strict=True)
    }
    proba = np.full((n_rows, len(bundle.class_names)), np.nan)
    labels: list[str | None] = [None] * n_rows
    if len(rows.X):
        found = bundle.predict_proba(rows.X)
        proba[list(rows.positions)] = found
        for position, index in zip(rows.positions, bundle.predict_indices(found), strict=True):
            labels[position] = bundle.class_names[index]
    return Predictions(
        id_name=rows.id_name,
        ids=tuple(ids[row] for row in range(n_rows)),
        labels=tuple(labels),
        proba=proba,
        class_names=bundle.class_names,
        bad=rows.bad,
        notes=(*bundle.notes, *rows.notes),
    )
