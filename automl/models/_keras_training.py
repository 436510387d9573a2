"""Train a network until rows that it is not trained on say that it is enough."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from automl.errors import DataError
from automl.models._keras_network import Predictor, TrainedNetwork, Weights
from automl.models._keras_program import NetworkRows, Program
from automl.models._keras_schedules import Schedule, learning_rates

_SMALLEST = 1e-12  # a probability of 0 costs this one's logarithm, not infinity


@dataclass(frozen=True)
class Course:
    """How a training goes.

    Parameters
    ----------
    batch_size : rows of a step; at most an eighth of the rows, but not below 8
    epochs : at most
    patience : epochs without a smaller loss on the inner validation rows before it stops; without such rows it does not
    """

    schedule: Schedule
    batch_size: int
    epochs: int
    patience: int


@dataclass
class History:
    """One number per epoch.

    Attributes
    ----------
    loss : log loss of the training rows, as weighted, during the epoch; without smoothing and penalty. Where rows are
        changed before each step, it is that of the changed ones; of a mixture, for the class it holds most of
    accuracy : of the same rows, not weighted
    valid_loss, valid_accuracy : of the inner validation rows after the epoch; empty without any
    best_epoch : the one whose weights were kept, from 0
    """

    loss: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    valid_loss: list[float] = field(default_factory=list)
    valid_accuracy: list[float] = field(default_factory=list)
    learning_rate: list[float] = field(default_factory=list)
    best_epoch: int = 0

    def add(self, train: tuple[float, float], valid: tuple[float, float] | None, learning_rate: float) -> None:
        """Note an epoch: loss and accuracy of both kinds of rows."""
        self.loss.append(train[0])
        self.accuracy.append(train[1])
        self.learning_rate.append(learning_rate)
        if valid is not None:
            self.valid_loss.append(valid[0])
            self.valid_accuracy.append(valid[1])


def train(
    program: Program, rows: NetworkRows, valid: NetworkRows | None, *, course: Course, seed: int
) -> tuple[TrainedNetwork, History]:
    """A network trained from fresh weights, and how it went.

    With inner validation rows it has the weights of the epoch that did best on them, though a later one may have
    diverged; without, those of the last epoch.

    Parameters
    ----------
    valid : inner validation rows; ``None`` to train through all epochs

    Raises
    ------
    DataError
        If it diverged: the loss is no number in the first epoch, or without inner validation rows in any.
    """
    with program.predictor.lock:
        program.start(seed)
        weights, history = _train(
            program, _evenly_weighted(rows), valid, course=course, rng=np.random.default_rng(seed)
        )
    return TrainedNetwork(program.predictor, weights), history


def _train(
    program: Program, rows: NetworkRows, valid: NetworkRows | None, *, course: Course, rng: np.random.Generator
) -> tuple[Weights, History]:
    look = None if valid is None else _Look(program.predictor, valid)
    tensors, ends = program.tensors(rows), _batch_ends(len(rows.y), course.batch_size)
    history, best, weights = History(), math.inf, None
    rates = learning_rates(course.schedule, course.epochs)
    rate = next(rates)
    for epoch in range(course.epochs):
        order = rng.permutation(len(rows.y)).astype(np.int32)
        trained = program.epoch(tensors, order, ends, learning_rate=rate)
        looked = None if look is None else look()
        watched = trained[0] if looked is None else looked[0]
        if not (math.isfinite(trained[0]) and math.isfinite(watched)):
            break
        history.add(trained, looked, rate)
        if look is None:
            history.best_epoch = epoch
        elif watched < best:
            best, weights, history.best_epoch = watched, program.weights(), epoch
        elif epoch - history.best_epoch >= course.patience:
            break
        rate = rates.send(watched)
    else:
        # The loss of an epoch is that of the weights before its steps, and nothing has looked at the last ones.
        if look is None and math.isfinite(_Look(program.predictor, rows)()[0]):
            weights = program.weights()
    if weights is None:
        raise DataError(
            f"the training diverged in epoch {min(len(history.loss) + 1, course.epochs)}: the loss is no number",
            hint="a lower learning_rate",
        )
    return weights, history


class _Look:
    """Weighted log loss and plain accuracy of some rows, with the weights the network has at the moment."""

    def __init__(self, predictor: Predictor, rows: NetworkRows) -> None:
        self._predictor = predictor
        self._rows = rows
        self._batches = predictor.batches(rows.parts)

    def __call__(self) -> tuple[float, float]:
        proba, y = self._predictor.run(self._batches), self._rows.y
        own = proba[np.arange(len(y)), y]
        weight = self._rows.weight if self._rows.weight.any() else np.ones(len(y))
        loss = -np.average(np.log(np.maximum(own, _SMALLEST)), weights=weight)
        return float(loss), float((proba.argmax(axis=1) == y).mean())


def _evenly_weighted(rows: NetworkRows) -> NetworkRows:
    """The rows with weights of 1 on average, so that they do not change what a learning rate means."""
    mean = rows.weight.mean()
    if not mean > 0:
        raise DataError("the weights of all rows to train on are 0")
    return NetworkRows(rows.parts, rows.y, rows.weight / mean)


def _batch_ends(n_rows: int, batch_size: int) -> NDArray[np.int32]:
    """Borders of batches of even size: a last one of a single row would ruin a batch normalisation."""
    size = max(1, min(batch_size, max(8, n_rows // 8)))
    return np.linspace(0, n_rows, math.ceil(n_rows / size) + 1).astype(np.int32)
