"""Keep fewer columns, or fewer combinations of them.

How many is a share of the columns there are, so that one space fits tables of any width.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from automl.pipeline.params import with_defaults
from automl.pipeline.registry import Params, StageContext, StageKind, StageOption

_THRESHOLD: Params = {"threshold": 0.0}
_SHARE: Params = {"share": 0.5}
_VARIANCE: Params = {"variance": 0.95}
_N_TREES = 100


def _n_kept(params: Params, context: StageContext) -> int:
    share: float = with_defaults(params, _SHARE)["share"]
    return max(1, round(share * context.n_features))


def _none(params: Params, context: StageContext) -> None:
    with_defaults(params, {})


def _variance(params: Params, context: StageContext) -> Any:
    from sklearn.feature_selection import VarianceThreshold

    return VarianceThreshold(**with_defaults(params, _THRESHOLD))


def _kbest_f(params: Params, context: StageContext) -> Any:
    from sklearn.feature_selection import SelectKBest, f_classif

    return SelectKBest(f_classif, k=_n_kept(params, context))


def _kbest_mi(params: Params, context: StageContext) -> Any:
    from sklearn.feature_selection import SelectKBest, mutual_info_classif

    return SelectKBest(partial(mutual_info_classif, random_state=context.seed), k=_n_kept(params, context))


def _settle_kbest_mi(selector: Any) -> None:
    """The scores are made: the bound seed would only be one more type to trust in a stored pipeline."""
    selector.score_func = selector.score_func.func


def _pca(params: Params, context: StageContext) -> Any:
    from sklearn.decomposition import PCA

    variance: float = with_defaults(params, _VARIANCE)["variance"]
    # scikit-learn takes a share below 1; all of the variance is its None.
    return PCA(n_components=variance if variance < 1 else None, svd_solver="full")


def _model(params: Params, context: StageContext) -> Any:
    import numpy as np
    from sklearn.ensemble import ExtraTreesClassifier
    from sklearn.feature_selection import SelectFromModel

    trees = ExtraTreesClassifier(n_estimators=_N_TREES, n_jobs=context.n_threads, random_state=context.seed)
    return SelectFromModel(trees, max_features=_n_kept(params, context), threshold=-np.inf)


STAGE = StageKind(
    name="select",
    title="select or reduce",
    role="select",
    options={
        "none": StageOption(build=_none),
        "variance": StageOption(build=_variance, params=tuple(_THRESHOLD)),
        "kbest_f": StageOption(build=_kbest_f, params=tuple(_SHARE)),
        "kbest_mi": StageOption(build=_kbest_mi, params=tuple(_SHARE), settle=_settle_kbest_mi),
        "pca": StageOption(build=_pca, params=tuple(_VARIANCE)),
        "model": StageOption(build=_model, params=tuple(_SHARE)),
    },
    trusts=(
        "sklearn.feature_selection._mutual_info.mutual_info_classif",
        "sklearn.feature_selection._univariate_selection.f_classif",
        "sklearn.tree._tree.Tree",
    ),
)
