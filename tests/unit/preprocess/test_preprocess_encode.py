import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from automl.preprocess.encode import STAGE


def column(*values) -> pd.DataFrame:
    return pd.DataFrame({"site": pd.Series(values, dtype=object)})


def encoder(option, context, **params):
    return STAGE.options[option].build(params, context)


def test_rare_levels_share_one_column(make_context):
    X = column(*["a"] * 10, *["b"] * 8, "c", "d")
    onehot = encoder("onehot", make_context(np.arange(20) % 2), min_share=0.1).fit(X)
    assert list(onehot.get_feature_names_out()) == ["site_a", "site_b", "site_infrequent_sklearn"]


def test_unseen_level_counts_as_a_rare_one(make_context):
    onehot = encoder("onehot", make_context(np.arange(20) % 2), min_share=0.1)
    onehot.fit(column(*["a"] * 10, *["b"] * 8, "c", "d"))
    assert onehot.transform(column("never seen")).tolist() == [[0, 0, 1]]


def test_unseen_level_is_all_zero_where_none_is_rare(make_context):
    onehot = encoder("onehot", make_context([0, 1, 0, 1]), min_share=0.1).fit(column("a", "b", "a", "b"))
    assert onehot.transform(column("never seen")).tolist() == [[0, 0]]


def test_missing_is_a_level_of_its_own(make_context):
    onehot = encoder("onehot", make_context([0, 1, 0, 1])).fit(column("a", np.nan, "a", np.nan))
    assert onehot.transform(column(np.nan)).tolist() == [[0, 1]]


def test_unseen_level_is_read_as_a_missing_one(make_context):
    ordinal = encoder("ordinal", make_context([0, 1, 0])).fit(column("a", "b", np.nan))
    assert ordinal.transform(column("b", np.nan, "never seen")).ravel().tolist() == [1, -1, -1]


def test_row_is_not_encoded_by_what_its_group_says(make_context):
    # Each group has a level of its own, of which the others say nothing: what is left is the share of the others' rows.
    groups = np.repeat(np.arange(10), 4)
    y = groups % 2
    X = column(*(f"level{g}" for g in groups))
    context = make_context(y, groups)
    target = encoder("target", context, smooth=1.0)
    made = target.fit_transform(X, context.y).ravel()
    assert made.tolist() == pytest.approx([0.5] * 40)
    assert target.transform(column("level0", "level1")).ravel().tolist() == pytest.approx([0.1, 0.9])


def test_splits_are_replaced_by_their_number(make_context):
    context = make_context(np.arange(40) % 2)
    target = encoder("target", context)
    target.fit_transform(column(*["a", "b", "b", "a"] * 10), context.y)
    STAGE.options["target"].settle(target)
    assert target.cv == 5
    assert clone(target).fit_transform(column(*["a", "b"] * 30), np.arange(60) % 2).shape == (60, 1)


def test_rows_of_one_group_are_encoded_by_row_and_that_is_said(make_context):
    context = make_context(np.arange(20) % 2, np.zeros(20))
    with pytest.warns(UserWarning, match="all training rows are of one group"):
        target = encoder("target", context)
    assert target.fit_transform(column(*["a", "b"] * 10), context.y).shape == (20, 1)


def test_three_classes_make_three_numbers_of_a_level(make_context):
    context = make_context(np.arange(30) % 3)
    made = encoder("target", context).fit_transform(column(*["a", "b"] * 15), context.y)
    assert made.shape == (30, 3)
