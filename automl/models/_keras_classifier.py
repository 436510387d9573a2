"""A scikit-learn classifier that trains a network; what the network consists of is up to the class derived from it."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from automl.errors import DataError
from automl.models._inner_rows import inner_valid_rows
from automl.models._keras_augment import Augmentation
from automl.models._keras_layers import with_head
from automl.models._keras_program import NetworkRows, Objective, Program
from automl.models._keras_schedules import Schedule
from automl.models._keras_training import Course, train
from automl.models._tensorflow import device_name, start_tensorflow
from automl.pipeline.network import Parts, unfolded

_NOT_IN_THE_GRAPH = frozenset({"random_state", "n_threads", "valid_rows", "idle_rows"})
_last: dict[Hashable, Program] = {}
"""The program trained last: the folds of a trial follow each other, and every other program would only take memory."""


@dataclass(eq=False, repr=False, kw_only=True)
class KerasClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """What every network has; a derived class adds its parameters and says what its layers are.

    The same seed gives the same bits on a CPU, whatever was trained before in the process.

    Parameters
    ----------
    optimizer : ``adam``, ``adamw`` or ``sgd`` (with Nesterov's momentum of 0.9)
    learning_rate : of the first epoch
    schedule : ``constant``, ``cosine`` or ``plateau``
    schedule_floor : share of ``learning_rate`` below which the schedule does not go
    weight_decay : decoupled from the gradient, of ``adamw`` only
    l2 : times the sum of the squared weights is added to the loss
    label_smoothing : share of a row's target that is spread over all classes
    mixup : alpha of the Beta distribution that says how much of another row is mixed into a training row, and of its
        class into its target (Zhang et al. 2018); 0 for nothing
    batch_size : rows of a step; at most an eighth of the rows, but not below 8
    epochs : at most
    patience : epochs without a smaller log loss of the inner validation rows before the training stops
    random_state : a number
    n_threads : changes how long it takes, not what comes out; holds for the process, from its first network on
    inputs : how a row unfolds, (kind, shape) one behind the other; ``None`` for a vector of all columns
    valid_rows : indices into the rows given to ``fit`` of the inner validation rows, on which the network is not
        trained; empty to train through all epochs; ``None`` for about a fifth, drawn, if there are 40 rows
    idle_rows : indices of rows that are not used at all: changed copies of inner validation rows

    Attributes
    ----------
    network_ : the trained network, see `automl.models._keras_network.TrainedNetwork`
    history_ : one number per epoch: loss, accuracy, valid_loss, valid_accuracy, learning_rate
    best_epoch_ : whose weights it has, from 0
    n_parameters_ : number of weights
    architecture_ : its layers, a line each
    device_ : what it was trained on: ``CPU``, or the name of a graphics card
    """

    optimizer: str = "adamw"
    learning_rate: float = 1e-3
    schedule: str = "cosine"
    schedule_floor: float = 0.01
    weight_decay: float = 1e-4
    l2: float = 0.0
    label_smoothing: float = 0.0
    mixup: float = 0.0
    batch_size: int = 32
    epochs: int = 100
    patience: int = 16
    random_state: int = 0
    n_threads: int = 1
    inputs: tuple[tuple[str, tuple[int, ...]], ...] | None = None
    valid_rows: ArrayLike | None = None
    idle_rows: ArrayLike = ()

    def layers(self, inputs: Sequence[Any]) -> Any:
        """What the network makes of a row, before the layer that tells the classes apart.

        Parameters
        ----------
        inputs : Keras tensors, in the order of the parameter ``inputs``
        """
        raise NotImplementedError

    def augmentation(self) -> Augmentation:
        """How training rows are changed, anew in every epoch."""
        return Augmentation(mixup=self.mixup)

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Train the network.

        Raises
        ------
        DataError
            If there is one class only, or the training diverged.
        """
        data, y = validate_data(self, X, y, dtype=np.float32)
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise DataError(f"all {len(codes)} rows are of one class", hint="a classifier needs rows of two")
        weight = _check_sample_weight(sample_weight, data, dtype=np.float64, ensure_non_negative=True)
        start_tensorflow(self.n_threads)
        rows = NetworkRows(self._parts(data), codes.astype(np.int64), weight)
        valid = self._valid_rows(rows.y)
        kept = np.setdiff1d(np.arange(len(codes)), np.r_[valid, np.asarray(self.idle_rows, dtype=np.intp)])
        self.network_, history = train(
            self._program(),
            rows.take(kept),
            rows.take(valid) if len(valid) else None,
            course=self._course(),
            seed=self.random_state,
        )
        numbers = asdict(history)
        self.best_epoch_: int = numbers.pop("best_epoch")
        self.history_: dict[str, list[float]] = numbers
        self.n_parameters_ = self.network_.n_parameters
        self.device_ = device_name()
        return self

    @property
    def architecture_(self) -> str:
        """Its layers, a line each."""
        check_is_fitted(self)
        return self.network_.architecture

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """(n_samples, n_classes) probabilities."""
        check_is_fitted(self)
        data = validate_data(self, X, dtype=np.float32, reset=False)
        return self.network_.predict_proba(self._parts(data))

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """(n_samples,) the class with the highest probability."""
        proba = self.predict_proba(X)
        classes: NDArray[Any] = self.classes_[proba.argmax(axis=1)]
        return classes

    def _inputs(self) -> tuple[tuple[str, tuple[int, ...]], ...]:
        return (("vector", (self.n_features_in_,)),) if self.inputs is None else self.inputs

    def _parts(self, X: NDArray[np.float32]) -> Parts:
        return unfolded(X, [shape for _, shape in self._inputs()])

    def _valid_rows(self, y: NDArray[np.int64]) -> NDArray[np.intp]:
        if self.valid_rows is None:
            return inner_valid_rows(y, None, self.random_state)
        return np.asarray(self.valid_rows, dtype=np.intp)

    def _program(self) -> Program:
        """The program made last, if it is of the same network and objective."""
        n_classes, shapes = len(self.classes_), [shape for _, shape in self._inputs()]
        params = {k: v for k, v in self.get_params(deep=False).items() if k not in _NOT_IN_THE_GRAPH}
        key = (type(self), n_classes, *sorted({**params, "inputs": self._inputs()}.items()))
        program = _last.get(key)
        if program is None:
            _last.clear()
            build = partial(with_head, type(self)(**params).layers, shapes, n_classes)
            objective = Objective(self.optimizer, self.weight_decay, self.l2, self.label_smoothing)
            _last[key] = program = Program(build, objective, self.augmentation(), seed=self.random_state)
        return program

    def _course(self) -> Course:
        schedule = Schedule(self.schedule, self.learning_rate, self.schedule_floor)
        return Course(schedule, self.batch_size, self.epochs, self.patience)
