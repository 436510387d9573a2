"""What a bundle says of its model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from automl.core.dataset import ColumnKind
from automl.core.decision import Decision
from automl.core.estimate import Estimate
from automl.core.trial import Config


@dataclass(frozen=True)
class SearchScore:
    """The trial's own score inside the search. It chose the winner, so it flatters it: never the result.

    Parameters
    ----------
    value : over the out-of-fold rows or the folds, as the metric asks
    sd : standard deviation over the folds, ``None`` where fewer than two define the metric
    """

    value: float
    sd: float | None
    n_folds: int


LARGEST_DIFFERENCE = 1e-4
"""Between a probability of ``model.onnx`` and the same of the model it was made from; a larger one is refused."""


@dataclass(frozen=True)
class OnnxFacts:
    """What the check of ``model.onnx`` found.

    Parameters
    ----------
    rows : number of rows of the training data it was checked on
    difference : largest between a probability of it and the same of the model; ``None`` if there was no answer
    refused : why there is no such file; ``None`` if it was accepted
    """

    rows: int
    difference: float | None
    refused: str | None


@dataclass(frozen=True)
class BundleFacts:
    """Where a model comes from, what it takes and gives, and how good it is.

    Parameters
    ----------
    study, trial : name of the search and number of the trial whose config was fitted
    config_words : the config for people
    data, fingerprint, n_rows : name and content hash of the data, and the number of rows the model was fitted on
    kinds : column -> kind, every column the model needs: the input schema
    class_names : the model's class indices point into these
    positive : name of the class to find
    metric : name of the metric searched for
    search_score : the trial's value of ``metric`` in the search
    estimates : the final scores; empty for a trial that is not the winner of its search
    group_name : what rows were kept together by, ``None`` without groups
    notes : what a person should know before believing a score
    """

    study: str
    trial: int
    config: Config
    config_words: str
    data: str
    fingerprint: str
    n_rows: int
    kinds: Mapping[str, ColumnKind]
    class_names: tuple[str, ...]
    positive: str
    metric: str
    search_score: SearchScore
    estimates: tuple[Estimate, ...] = ()
    group_name: str | None = None
    decision: Decision = field(default_factory=Decision)
    notes: tuple[str, ...] = ()
