"""Seeds by trial number, so that a resumed search continues the stream it left."""

from __future__ import annotations

import numpy as np

_MAX = 2**31 - 1


def trial_seed(study_seed: int, number: int) -> int:
    """The ``number``-th draw (from 1) of ``default_rng(study_seed).integers(2**31 - 1)``.

    This is how hyperopt's ``fmin`` draws its seeds, so a study proposes what ``fmin`` would.
    """
    return int(np.random.default_rng(study_seed).integers(_MAX, size=number)[-1])
