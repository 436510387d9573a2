from collections.abc import Callable

import numpy as np
import pytest

from automl.pipeline.registry import StageContext

MakeContext = Callable[..., StageContext]


@pytest.fixture
def make_context() -> MakeContext:
    """A context for rows of given classes and groups, without groups each row being its own."""

    def make(y, groups=None, *, n_features=1) -> StageContext:
        y = np.asarray(y, dtype=np.int64)
        groups = np.arange(len(y)) if groups is None else np.asarray(groups, dtype=np.int64)
        return StageContext(seed=3, n_features=n_features, y=y, groups=groups)

    return make
