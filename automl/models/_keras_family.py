"""How a network is built for the rows of a fold."""

from __future__ import annotations

from dataclasses import fields
from typing import TypeVar

from automl.models._inner_rows import inner_split
from automl.models._keras_classifier import KerasClassifier
from automl.pipeline.params import with_defaults
from automl.pipeline.registry import FitContext, Params

_FROM_CONTEXT = ("random_state", "n_threads", "inputs", "valid_rows", "idle_rows")

N = TypeVar("N", bound=KerasClassifier)


def defaults_of(network: type[KerasClassifier]) -> Params:
    """The parameters a config may choose, with their defaults."""
    return {f.name: getattr(network, f.name) for f in fields(network) if f.name not in _FROM_CONTEXT}


def build_network(network: type[N], params: Params, context: FitContext) -> N:
    """The unfitted classifier."""
    split = inner_split(context)
    return network(
        **with_defaults(params, defaults_of(network)),
        random_state=context.seed,
        n_threads=context.n_threads,
        inputs=tuple((spec.kind.value, spec.shape) for spec in context.inputs),
        valid_rows=split.valid,
        idle_rows=split.idle,
    )


def forget_rows(model: KerasClassifier) -> None:
    """Forget which rows told when to stop: a clone is fitted on others."""
    model.valid_rows, model.idle_rows = None, ()
