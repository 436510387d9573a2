import warnings
from dataclasses import replace

import numpy as np
import pytest

from automl.models._inner_rows import inner_split, inner_valid_rows


def silent(y, groups, seed=0):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return inner_valid_rows(np.asarray(y), groups, seed)


def test_about_a_fifth_is_set_aside_with_every_class_on_both_sides():
    y = np.r_[np.zeros(80, dtype=int), np.ones(20, dtype=int)]
    valid = silent(y, None)
    assert len(valid) == 20
    assert np.bincount(y[valid]).tolist() == [16, 4]


def test_the_seed_decides_which():
    y = np.arange(100) % 2
    assert np.array_equal(silent(y, None, 1), silent(y, None, 1))
    assert not np.array_equal(silent(y, None, 1), silent(y, None, 2))


def test_groups_stay_whole():
    groups = np.repeat(np.arange(25), 4)
    valid = silent(np.arange(100) % 3, groups)
    assert len(valid)
    assert not set(groups[valid]) & set(np.delete(groups, valid))


def test_a_class_of_one_group_stays_among_the_rows_trained_on():
    y = np.r_[np.zeros(80, dtype=int), np.ones(10, dtype=int)]
    groups = np.r_[np.repeat(np.arange(20), 4), np.full(10, 99)]
    valid = silent(y, groups)
    assert len(valid)
    assert set(np.delete(y, valid)) == {0, 1}
    assert not set(groups[valid]) & set(np.delete(groups, valid))


@pytest.mark.parametrize("groups", [np.arange(60) % 2, np.zeros(60, dtype=int)], ids=["a group each", "one group"])
def test_where_groups_cannot_be_parted_it_goes_by_row_and_says_so(groups):
    y = np.arange(60) % 2
    with pytest.warns(UserWarning, match="when to stop is judged on rows of groups that were trained on"):
        valid = inner_valid_rows(y, groups, 0)
    assert len(valid) == 12
    assert set(np.delete(y, valid)) == {0, 1}


@pytest.mark.parametrize("y", [np.arange(39) % 2, np.arange(8) % 2], ids=len)
def test_few_rows_are_all_trained_on(y):
    assert len(silent(y, None)) == 0


def test_a_class_of_one_row_is_trained_on():
    y = np.r_[np.zeros(60, dtype=int), 1]
    assert 60 not in silent(y, None)


def with_copies(make_context, y, groups):
    """A context of the rows, and after them a copy of each."""
    parents = np.tile(np.arange(len(y)), 2)
    return replace(make_context(np.tile(y, 2), np.tile(groups, 2)), parents=parents)


def test_copies_tell_nothing_and_nothing_is_learned_from_those_of_inner_rows(make_context):
    y = np.arange(60) % 2
    split = inner_split(with_copies(make_context, y, np.repeat(np.arange(20), 3)))
    assert len(split.valid)
    assert split.valid.max() < 60
    assert np.array_equal(split.idle, split.valid + 60)


def test_copies_do_not_make_few_rows_enough_to_set_some_aside(make_context):
    split = inner_split(with_copies(make_context, np.arange(30) % 2, np.arange(30)))
    assert (len(split.valid), len(split.idle)) == (0, 0)


def test_copies_do_not_change_which_rows_are_set_aside(make_context):
    y, groups = np.arange(60) % 2, np.repeat(np.arange(20), 3)
    with_them, without = inner_split(with_copies(make_context, y, groups)), inner_split(make_context(y, groups))
    assert np.array_equal(with_them.valid, without.valid)
    assert len(without.idle) == 0


def test_copies_stay_out_where_a_split_by_group_is_impossible(make_context):
    y = np.r_[np.zeros(40, dtype=int), np.ones(20, dtype=int)]
    with pytest.warns(UserWarning, match="groups that were trained on"):
        split = inner_split(with_copies(make_context, y, groups=y))
    assert len(split.valid)
    assert np.array_equal(split.idle, split.valid + 60)
