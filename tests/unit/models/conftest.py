from collections.abc import Callable, Iterator

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from automl.pipeline.registry import FitContext, InputKind, InputSpec

MakeContext = Callable[..., FitContext]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """OpenMP threads of several test processes wait for each other."""
    with threadpool_limits(1):
        yield


@pytest.fixture
def make_context() -> MakeContext:
    """A context for rows of given classes and groups, without groups each row being its own."""

    def make(y, groups=None, sample_weight=None) -> FitContext:
        y = np.asarray(y, dtype=np.int64)
        return FitContext(
            seed=3,
            n_threads=1,
            inputs=(InputSpec("vector", InputKind.VECTOR, slice(0, 2), (2,)),),
            n_classes=len(np.unique(y)),
            y=y,
            groups=np.arange(len(y)) if groups is None else np.asarray(groups, dtype=np.int64),
            sample_weight=sample_weight,
        )

    return make
