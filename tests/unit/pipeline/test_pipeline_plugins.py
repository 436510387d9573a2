"""What others may bring without a change to what stands, each through real entry points."""

import sys
import textwrap
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from automl.core.dataset import ColumnKind, Dataset
from automl.errors import SpaceError
from automl.pipeline import registry
from automl.pipeline.checks import check_family
from automl.pipeline.fit import fit_pipeline
from automl.pipeline.registry import InputKind
from automl.pipeline.stage_checks import check_stage

PLUGIN = '''
    """Copies of rows; pictures; a family that reads two inputs; a family that holds groups out."""

    import zlib
    from dataclasses import replace

    import numpy as np
    from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
    from sklearn.linear_model import LogisticRegression

    from automl.core.dataset import ColumnKind
    from automl.evaluation.splits import stratified_folds
    from automl.pipeline.params import with_defaults
    from automl.pipeline.registry import InputKind, ModelFamily, StageKind, StageOption


    def build_doubles(params, context):
        with_defaults(params, {})

        def copies(rows):
            noise = np.random.default_rng(context.seed).normal(scale=0.01, size=rows.X.shape)
            weight = rows.sample_weight
            return replace(
                rows,
                X=np.vstack([rows.X, rows.X + noise]),
                y=np.tile(rows.y, 2),
                groups=np.tile(rows.groups, 2),
                sample_weight=None if weight is None else np.tile(weight, 2),
            )

        return copies


    DOUBLES = StageKind(name="doubles", title="doubles", role="rows", options={"noisy": StageOption(build_doubles)})


    class Pictures(TransformerMixin, BaseEstimator):
        """A picture of 4 by 5 for every cell, drawn from its text."""

        def fit(self, X, y=None):
            self.output_shape_ = (X.shape[1], 4, 5)
            return self

        def transform(self, X):
            return np.array([[self._pixels(cell) for cell in row] for row in X.to_numpy()]).reshape(len(X), -1)

        def _pixels(self, cell):
            return np.random.default_rng(zlib.crc32(str(cell).encode())).normal(loc=5, size=20)


    def build_pictures(params, context):
        with_defaults(params, {})
        return Pictures()


    PICTURES = StageKind(
        name="pictures",
        title="pictures",
        role="featurize",
        column_kind=ColumnKind.SOUND,
        output=InputKind.IMAGE,
        options={"drawn": StageOption(build_pictures)},
        trusts=("toy_plugin.Pictures",),
    )


    class TwoEyes(ClassifierMixin, BaseEstimator):
        """Reads numbers as they are and of every picture the mean of each column."""

        def __init__(self, inputs=()):
            self.inputs = inputs

        def fit(self, X, y):
            self.model_ = LogisticRegression(max_iter=2000).fit(self._read(X), y)
            self.classes_ = self.model_.classes_
            return self

        def predict_proba(self, X):
            return self.model_.predict_proba(self._read(X))

        def _read(self, X):
            parts = []
            for kind, start, stop, shape in self.inputs:
                part = X[:, start:stop].reshape(len(X), *shape)
                parts.append(part if kind == "vector" else part.mean(axis=-2).reshape(len(X), -1))
            return np.hstack(parts)


    def build_two_eyes(params, context):
        with_defaults(params, {})
        return TwoEyes(tuple((str(i.kind), i.columns.start, i.columns.stop, i.shape) for i in context.inputs))


    TWO_EYES = ModelFamily(
        name="two_eyes",
        title="two eyes",
        params=(),
        build=build_two_eyes,
        takes=frozenset({InputKind.VECTOR, InputKind.IMAGE}),
        takes_weights=False,
        trusts=("toy_plugin.TwoEyes",),
    )


    class HeldOut(LogisticRegression):
        """Chooses C on rows held out."""

        def __init__(self, C=1.0, max_iter=2000, held_out=None):
            super().__init__(C=C, max_iter=max_iter)
            self.held_out = held_out

        def fit(self, X, y):
            if isinstance(self.held_out, tuple):
                train, valid = self.held_out
                tried = [LogisticRegression(C=C, max_iter=2000).fit(X[train], y[train]) for C in (0.01, 1.0)]
                self.C = max(tried, key=lambda model: model.score(X[valid], y[valid])).C
            return super().fit(X, y)


    SEEN = []


    def build_held_out(params, context):
        with_defaults(params, {})
        fold = stratified_folds(context.y, context.groups, 2, context.seed)[0] if len(set(context.groups)) > 1 else None
        if fold is None:
            return HeldOut()
        SEEN.append((set(context.groups[fold.train]), set(context.groups[fold.valid]), len(context.y)))
        return HeldOut(held_out=(fold.train, fold.valid))


    def settle_held_out(model):
        model.held_out = None


    HELD_OUT = ModelFamily(
        name="held_out",
        title="held out",
        params=(),
        build=build_held_out,
        takes_weights=False,
        settle=settle_held_out,
        trusts=("toy_plugin.HeldOut",),
    )
'''
ENTRY_POINTS = """
    [automl.families]
    two_eyes = toy_plugin:TWO_EYES
    held_out = toy_plugin:HELD_OUT

    [automl.stages]
    doubles = toy_plugin:DOUBLES
    pictures = toy_plugin:PICTURES
"""
TRAIN = np.arange(45)
NUMBERS = {"encode": "ordinal", "impute": "median", "impute.median.indicator": True, "scale": "standard"}


def clear_registry() -> None:
    for cached in (registry._entry_points, registry.family, registry.stage):
        cached.cache_clear()


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    """A distribution that is installed as pip would install it."""
    info = tmp_path / "toy_plugin-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-plugin\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(textwrap.dedent(ENTRY_POINTS))
    (tmp_path / "toy_plugin.py").write_text(textwrap.dedent(PLUGIN))
    monkeypatch.syspath_prepend(tmp_path)
    clear_registry()
    import toy_plugin

    yield toy_plugin
    monkeypatch.delitem(sys.modules, "toy_plugin")
    clear_registry()


@pytest.fixture
def pictured(mixed) -> Dataset:
    """The mixed table with two columns of pictures."""
    files = {name: pd.Series([f"{name}-{k}-{i}" for i, k in enumerate(mixed.y)], dtype=object) for name in ("l", "r")}
    return replace(
        mixed, X=mixed.X.assign(**files), kinds={**mixed.kinds, "l": ColumnKind.SOUND, "r": ColumnKind.SOUND}
    )


def test_plugins_stand_beside_ours(plugin):
    assert {"two_eyes", "held_out", "svm"} <= set(registry.family_names())
    assert {"doubles", "pictures", "scale"} <= set(registry.stage_names())


@pytest.mark.parametrize("name", ["two_eyes", "held_out"])
def test_plugin_families_are_checked_like_ours(plugin, name):
    check_family(registry.family(name))


@pytest.mark.parametrize("name", ["doubles", "pictures"])
def test_plugin_stages_are_checked_like_ours(plugin, name):
    check_stage(registry.stage(name))


def test_family_reads_numbers_and_pictures_side_by_side(plugin, pictured):
    config = {**NUMBERS, "pictures": "drawn", "model": "two_eyes"}
    fitted = fit_pipeline(config, pictured, TRAIN, 0)
    vector, image = fitted.inputs
    assert (vector.kind, image.kind) == (InputKind.VECTOR, InputKind.IMAGE)
    assert (image.name, image.shape) == ("pictures", (2, 4, 5))
    assert (vector.columns.stop, image.columns) == (image.columns.start, slice(vector.columns.stop, image.columns.stop))
    assert image.columns.stop - image.columns.start == 40
    assert fitted.predict_proba(pictured.X).shape == (60, 3)


def test_pictures_pass_scale_and_select_untouched(plugin, pictured):
    config = {**NUMBERS, "pictures": "drawn", "select": "pca", "model": "two_eyes"}
    fitted = fit_pipeline(config, pictured, TRAIN, 0)
    before = fitted.pipeline[:1].transform(pictured.X)
    after = fitted.pipeline[:-1].transform(pictured.X)
    image = fitted.inputs[1]
    assert np.array_equal(after[:, image.columns], before[:, -40:])
    assert after.shape[1] == image.columns.stop


def test_scaler_beside_pictures_is_that_of_the_numbers(plugin, pictured):
    fitted = fit_pipeline({**NUMBERS, "pictures": "drawn", "model": "two_eyes"}, pictured, TRAIN, 0)
    assert type(fitted.scaler.transformer).__name__ == "StandardScaler"
    assert len(fitted.scaler.columns) == fitted.scaler.transformer.n_features_in_ == fitted.inputs[0].shape[0]


def test_pictures_alone_are_enough(plugin, pictured):
    alone = replace(pictured, kinds={"l": ColumnKind.SOUND})
    fitted = fit_pipeline({**NUMBERS, "pictures": "drawn", "model": "two_eyes"}, alone, TRAIN, 0)
    assert [i.kind for i in fitted.inputs] == [InputKind.IMAGE]
    assert list(fitted.pipeline.named_steps) == ["inputs", "model"]


def test_family_that_cannot_read_pictures_is_refused(plugin, pictured):
    with pytest.raises(SpaceError, match='"svm" cannot read the input "pictures"'):
        fit_pipeline({**NUMBERS, "pictures": "drawn", "model": "svm"}, pictured, TRAIN, 0)


def test_inner_split_keeps_copies_with_their_group(plugin, mixed):
    fit_pipeline({**NUMBERS, "doubles": "noisy", "model": "held_out"}, mixed, TRAIN, 0)
    train, valid, n_rows = plugin.SEEN[-1]
    assert not train & valid
    assert n_rows == 2 * len(TRAIN)


def test_copies_of_rows_without_groups_stay_together_too(plugin, mixed):
    ungrouped = replace(mixed, groups=None, group_name=None)
    fit_pipeline({**NUMBERS, "doubles": "noisy", "model": "held_out"}, ungrouped, TRAIN, 0)
    train, valid, _ = plugin.SEEN[-1]
    assert not train & valid
    assert train | valid == set(TRAIN)


def test_row_stages_do_not_run_at_prediction(plugin, mixed):
    fitted = fit_pipeline({**NUMBERS, "doubles": "noisy", "model": "held_out"}, mixed, TRAIN, 0)
    assert list(fitted.pipeline.named_steps) == ["inputs", "impute", "scale", "model"]
    assert len(fitted.predict_proba(mixed.X)) == 60
