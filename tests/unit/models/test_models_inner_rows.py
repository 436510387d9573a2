import warnings

import numpy as np
import pytest

from automl.models._inner_rows import inner_valid_rows


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
