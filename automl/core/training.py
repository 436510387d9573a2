"""How models that learn epoch by epoch were trained: one of them, and those of a trial's folds together."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

_MAX_EPOCHS = 500  # five curves of them are about 20 kB in the journal
_DIGITS = 5


@dataclass(frozen=True)
class Training:
    """How one model was trained.

    Parameters
    ----------
    curves : name -> one number per epoch; ``valid_...`` of inner validation rows, others of the rows it was trained on
    best_epoch : the one whose weights were kept, from 1; ``None`` where that is not known
    n_parameters : number of weights; ``None`` where that is not known
    architecture : its layers, a line each; empty where that is not known
    device : what it was trained on; empty where that is not known
    """

    curves: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    best_epoch: int | None = None
    n_parameters: int | None = None
    architecture: str = ""
    device: str = ""

    @property
    def n_epochs(self) -> int:
        """Epochs it was trained for."""
        return max(map(len, self.curves.values()), default=0)


@dataclass(frozen=True)
class TrialTraining:
    """How the models of a trial were trained.

    Parameters
    ----------
    epochs : numbers of the epochs in the curves, from 1, ascending: all of them, or of a very long training some
    curves : name -> one number for each of ``epochs``: the mean over the folds that were still training, to 5 digits;
        ``None`` where no fold has a finite one
    n_epochs : for which each fold was trained
    best_epochs : of each fold, as ``Training.best_epoch``; empty where one is not known
    n_parameters, architecture, device : of the first fold's model
    """

    epochs: tuple[int, ...] = ()
    curves: Mapping[str, tuple[float | None, ...]] = field(default_factory=dict)
    n_epochs: tuple[int, ...] = ()
    best_epochs: tuple[int, ...] = ()
    n_parameters: int | None = None
    architecture: str = ""
    device: str = ""

    def thinned(self, n: int) -> TrialTraining:
        """With ``n`` epochs in the curves at most: the first, the last, the best of every fold, and others evenly."""
        if len(self.epochs) <= n:
            return self
        last = len(self.epochs) - 1
        places = {epoch: place for place, epoch in enumerate(self.epochs)}
        best = [places[epoch] for epoch in self.best_epochs if epoch in places]
        kept = set(list(dict.fromkeys([0, last, *best]))[:n])
        n_evenly = n - len(kept)
        kept |= {round(last * (i + 1) / (n_evenly + 1)) for i in range(n_evenly)}
        at = sorted(kept)
        return replace(
            self,
            epochs=tuple(self.epochs[i] for i in at),
            curves={name: tuple(curve[i] for i in at) for name, curve in self.curves.items()},
        )


def over_folds(trainings: Sequence[Training]) -> TrialTraining | None:
    """What a trial keeps of the trainings of its folds; ``None`` where there are none."""
    if not trainings:
        return None
    first, n_epochs = trainings[0], tuple(t.n_epochs for t in trainings)
    best = tuple(t.best_epoch for t in trainings if t.best_epoch is not None)
    names = dict.fromkeys(name for t in trainings for name, curve in t.curves.items() if curve)
    return TrialTraining(
        epochs=tuple(range(1, max(n_epochs) + 1)),
        curves={name: _mean_curve([t.curves.get(name, ()) for t in trainings], max(n_epochs)) for name in names},
        n_epochs=n_epochs,
        best_epochs=best if len(best) == len(trainings) else (),
        n_parameters=first.n_parameters,
        architecture=first.architecture,
        device=first.device,
    ).thinned(_MAX_EPOCHS)


def _mean_curve(curves: Sequence[Sequence[float]], n_epochs: int) -> tuple[float | None, ...]:
    return tuple(_mean(curve[i] for curve in curves if i < len(curve)) for i in range(n_epochs))


def _mean(numbers: Iterable[float]) -> float | None:
    finite = [x for x in numbers if math.isfinite(x)]
    mean = sum(x / len(finite) for x in finite)
    return float(f"{mean:.{_DIGITS}g}") if finite and math.isfinite(mean) else None
