"""The search as a scikit-learn classifier."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import contextmanager
from operator import index
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length, check_is_fitted, column_or_1d, validate_data

from automl.bundle.copy import copy_bundle
from automl.bundle.load import load_bundle
from automl.core.study import StopRequest
from automl.data.frames import as_frame, dataset_from_frame
from automl.data.kinds import coerce_columns
from automl.data.labels import label_texts
from automl.errors import DataError
from automl.workflows.events import Event, Listener, TrialEnded, unheard
from automl.workflows.request import SearchRequest, as_names, inline_if_alone
from automl.workflows.search import run_search

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd


class AutoMLClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Search for the best pipeline, then predict with it.

    Every row given to ``fit`` is searched on: the caller owns the test set, so ``cross_val_score(clf, X, y)`` is nested
    cross-validation. Rows are tables of numbers, truth values and words, missing ones included, or paths of sound
    files.

    Parameters
    ----------
    budget : trials
    metric : what is optimised, see ``automl.core.metric``
    space : name or path; ``None`` for the packaged one that suits the data
    models : only these families of the space; empty for all
    folds : ``None`` for 5, or fewer where the data demands it
    timeout_s : stop asking after this long; ``None`` for no limit
    trial_timeout_s : stop a trial after this long; ``None`` for ten times the median finished trial, at least 5 minutes
    trial_memory_mb : stop a trial that holds more; ``None`` for 80 % of the machine divided by the workers
    prune : stop a trial that is clearly worse after some of its folds; the winner has always been judged on all
    workers : processes; 1 evaluates in this one, where no trial can be stopped, unless one of these two limits is given
    positive : the class to find, of two; ``None`` for the rarer one
    random_state : the same integer gives the same trials (with one worker)
    study_dir : new folder that keeps the study, tracked in MLflow beside it; ``None`` writes nothing that lasts
    verbose : 1 prints a line whenever a trial leads

    Attributes
    ----------
    classes_ : (n_classes,) labels, sorted
    best_pipeline_ : the fitted scikit-learn ``Pipeline``; it predicts indices into ``bundle_.class_names``
    bundle_ : the winner as it is exported, with its decision and its scores
    estimates_ : how well it will do on new units, corrected for the search; see ``automl.core.estimate``
    leaderboard_ : one row per trial, best first
    n_features_in_, feature_names_in_ : as everywhere in scikit-learn
    """

    def __init__(
        self,
        budget: int = 100,
        *,
        metric: str = "log_loss",
        space: str | None = None,
        models: str | Sequence[str] = (),
        folds: int | None = None,
        timeout_s: float | None = None,
        trial_timeout_s: float | None = None,
        trial_memory_mb: float | None = None,
        prune: bool = True,
        workers: int = 1,
        positive: Any = None,
        random_state: int | np.random.RandomState | None = 0,
        study_dir: str | Path | None = None,
        verbose: int = 0,
    ) -> None:
        self.budget = budget
        self.metric = metric
        self.space = space
        self.models = models
        self.folds = folds
        self.timeout_s = timeout_s
        self.trial_timeout_s = trial_timeout_s
        self.trial_memory_mb = trial_memory_mb
        self.prune = prune
        self.workers = workers
        self.positive = positive
        self.random_state = random_state
        self.study_dir = study_dir
        self.verbose = verbose

    def fit(self, X: ArrayLike | pd.DataFrame, y: ArrayLike, groups: ArrayLike | None = None) -> Self:
        """Search, and fit the winner on all rows.

        Parameters
        ----------
        X : (n_samples, n_features)
        y : (n_samples,) labels of any kind
        groups : (n_samples,) rows with the same value stay together: speaker, patient

        Raises
        ------
        DataError, RequestError
            For data or settings that cannot be.
        NoTrialSucceededError
            If there is no complete trial.
        """
        rows = self._validated(X, is_fit=True)
        labels = column_or_1d(y, warn=True)
        check_consistent_length(rows, labels)
        check_classification_targets(labels)
        self.classes_, codes = np.unique(labels, return_inverse=True)
        names = np.array(_class_texts(self.classes_), dtype=object)
        positive = None if self.positive is None else label_texts([self.positive])[0]
        dataset = dataset_from_frame(rows, names[codes], groups, positive=positive)
        with self._runs() as runs:
            request = self._request(runs)
            is_tracked = self.study_dir is not None
            result = run_search(request, self._listener(), StopRequest(), dataset=dataset, is_tracked=is_tracked)
            self.bundle_ = load_bundle(result.bundle)
            self._files = {path.name: path.read_bytes() for path in result.bundle.iterdir()}
        self.best_pipeline_ = self.bundle_.pipeline
        self.estimates_ = result.estimates
        self.leaderboard_ = result.leaderboard()
        self._order = [self.bundle_.class_names.index(name) for name in names]
        return self

    def predict_proba(self, X: ArrayLike | pd.DataFrame) -> NDArray[np.float64]:
        """(n_samples, n_classes) probabilities, in the order of ``classes_``."""
        check_is_fitted(self)
        typed, _ = coerce_columns(self._validated(X, is_fit=False), self.bundle_.kinds, where="X")
        proba: NDArray[np.float64] = self.bundle_.predict_proba(typed)[:, self._order]
        return proba

    def predict(self, X: ArrayLike | pd.DataFrame) -> NDArray[Any]:
        """(n_samples,) labels: the most probable class."""
        proba = self.predict_proba(X)
        labels: NDArray[Any] = self.classes_[proba.argmax(axis=1)]
        return labels

    def export(self, out: str | Path) -> Path:
        """Write the winner's bundle to the new folder ``out``.

        Raises
        ------
        BundleError
            If ``out`` exists or cannot be written.
        """
        check_is_fitted(self)
        with TemporaryDirectory() as folder:
            for name, content in self._files.items():
                (Path(folder) / name).write_bytes(content)
            return copy_bundle(Path(folder), Path(out))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        return tags

    def _validated(self, X: Any, *, is_fit: bool) -> pd.DataFrame:
        """The rows as a frame, after scikit-learn's own checks: paths of recordings are no array, so they pass by."""
        import pandas as pd

        if isinstance(X, pd.DataFrame) or _is_list_of_paths(X):
            frame = as_frame(X)
            validate_data(self, X if isinstance(X, pd.DataFrame) else frame, reset=is_fit, skip_check_array=True)
            return frame
        at_least = 2 if is_fit else 1
        X = validate_data(self, X, reset=is_fit, dtype=None, ensure_all_finite="allow-nan", ensure_min_samples=at_least)
        return as_frame(X)

    def _request(self, runs: Path) -> SearchRequest:
        request = SearchRequest(
            space=self.space,
            models=as_names(self.models),
            metric=self.metric,
            budget=self.budget,
            timeout_s=self.timeout_s,
            trial_timeout_s=self.trial_timeout_s,
            trial_memory_mb=self.trial_memory_mb,
            prune=self.prune,
            folds=self.folds,
            workers=self.workers,
            seed=self._seed(),
            name=None if self.study_dir is None else Path(self.study_dir).name,
            runs=str(runs),
        )
        return inline_if_alone(request)

    def _seed(self) -> int:
        if self.random_state is None or isinstance(self.random_state, np.random.RandomState):
            return int(check_random_state(self.random_state).randint(2**31 - 1))
        return index(self.random_state)

    @contextmanager
    def _runs(self) -> Iterator[Path]:
        if self.study_dir is not None:
            yield Path(self.study_dir).resolve().parent
            return
        with TemporaryDirectory(prefix="automl-") as folder:
            yield Path(folder)

    def _listener(self) -> Listener:
        return _print_leaders if self.verbose else unheard


def _class_texts(classes: NDArray[Any]) -> list[str | None]:
    """The classes as the search names them, which must tell them apart."""
    texts = label_texts(classes)
    present = [text for text in texts if text is not None]
    if alike := sorted({text for text in present if present.count(text) > 1}):
        listed = [f'"{label}"' for label, text in zip(classes, texts, strict=True) if text in alike]
        raise DataError(
            f"labels that differ only in blanks around them: {', '.join(listed)}", hint="strip them, or rename them"
        )
    return texts


def _is_list_of_paths(X: Any) -> bool:
    return isinstance(X, Sequence) and not isinstance(X, str) and all(isinstance(v, str | Path) for v in X)


def _print_leaders(event: Event) -> None:
    if isinstance(event, TrialEnded) and event.is_best:
        print(f"trial {event.trial.number}: {event.standing.score:.4f} {event.trial.family}")  # noqa: T201
