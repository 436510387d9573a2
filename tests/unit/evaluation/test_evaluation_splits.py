from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from automl.core.dataset import ColumnKind, Dataset
from automl.errors import DataError, RequestError
from automl.evaluation.splits import choose_n_folds, make_plan, stratified_folds


def dataset(y, groups=None, class_names=("a", "b")) -> Dataset:
    y = np.asarray(y)
    return Dataset(
        name="made",
        X=pd.DataFrame({"x": np.arange(len(y), dtype=float)}),
        kinds={"x": ColumnKind.NUMERIC},
        y=y,
        class_names=class_names,
        fingerprint="",
        groups=None if groups is None else np.asarray(groups),
        group_name=None if groups is None else "patient",
    )


def partition(folds):
    return frozenset(tuple(fold.valid) for fold in folds)


def ten_uneven_speakers():
    rows = np.random.default_rng(3).integers(8, 60, size=10)
    groups = np.repeat(np.arange(10), rows)
    return np.random.default_rng(4).integers(0, 2, size=len(groups)), groups


# --- stratified_folds -------------------------------------------------------------------------------------------------


def test_every_fold_holds_its_share_of_every_class():
    y = np.repeat([0, 1, 2], [50, 23, 11])
    for fold in stratified_folds(y, None, 5, seed=0):
        n = np.bincount(y[fold.valid], minlength=3)
        assert np.abs(n - np.array([50, 23, 11]) / 5).max() < 1


def test_folds_are_of_one_size_within_a_row():
    sizes = [len(fold.valid) for fold in stratified_folds(np.repeat([0, 1, 2], [13, 6, 4]), None, 5, seed=0)]
    assert max(sizes) - min(sizes) <= 1


def test_twenty_seeds_give_many_partitions_of_ten_uneven_speakers():
    y, groups = ten_uneven_speakers()
    assert len({partition(stratified_folds(y, groups, 5, seed)) for seed in range(20)}) > 12


def test_grouped_folds_are_as_even_as_those_of_scikit_learn():
    from sklearn.model_selection import StratifiedGroupKFold

    y, groups = ten_uneven_speakers()

    def unevenness(valid_parts):
        return np.mean([(np.bincount(y[v], minlength=2) / np.bincount(y) - 0.2) ** 2 for v in valid_parts])

    theirs = unevenness([valid for _, valid in StratifiedGroupKFold(5).split(y, y, groups)])
    ours = [unevenness([fold.valid for fold in stratified_folds(y, groups, 5, seed)]) for seed in range(10)]
    assert np.mean(ours) <= theirs


def test_a_class_of_two_groups_is_in_every_training_part():
    groups = np.repeat(np.arange(8), 4)
    y = np.isin(groups, (2, 5)).astype(int)
    for seed in range(20):
        assert all(1 in y[fold.train] for fold in stratified_folds(y, groups, 2, seed))


def test_groups_of_one_row_are_dealt_as_rows():
    y = np.repeat([0, 1], 10)
    assert partition(stratified_folds(y, np.arange(20) * 7, 4, seed=1)) == partition(
        stratified_folds(y, None, 4, seed=1)
    )


def test_fewer_groups_than_folds_are_refused():
    with pytest.raises(DataError, match="3 groups cannot make 4 folds"):
        stratified_folds(np.array([0, 1] * 3), np.array([0, 0, 1, 1, 2, 2]), 4, seed=0)


def test_one_fold_is_refused():
    with pytest.raises(DataError, match=r"6 rows cannot make 1 fold$"):
        stratified_folds(np.array([0, 1] * 3), None, 1, seed=0)


# --- choose_n_folds ---------------------------------------------------------------------------------------------------


def choose(y, groups=None, asked=None, class_names=("a", "b"), unit="patient"):
    return choose_n_folds(
        np.asarray(y), None if groups is None else np.asarray(groups), asked=asked, class_names=class_names, unit=unit
    )


def test_five_folds_unless_something_is_in_the_way():
    assert choose([0, 1] * 10, unit="row") == (5, None)


def test_a_small_class_lowers_the_number_of_folds_and_this_is_said():
    assert choose([0] * 9 + [1] * 3, unit="row") == (3, '3 folds instead of 5: only 3 rows of class "b"')


def test_a_class_of_few_groups_lowers_the_number_of_folds():
    y, groups = [0, 1] * 4 + [0] * 4, np.repeat(np.arange(6), 2)
    assert choose(y, groups) == (4, '4 folds instead of 5: only 4 patients of class "b"')


def test_never_fewer_than_two_folds():
    n_folds, note = choose([0, 0, 0, 1], unit="row")
    assert n_folds == 2
    assert (
        note == '2 folds instead of 5: only 1 row of class "b"; the fold that is judged on class "b" trains without it'
    )


def test_folds_asked_for_are_made_though_some_lack_a_class():
    y, groups = [1] * 8 + [0] * 8, np.repeat(np.arange(8), 2)
    y[6] = y[7] = 0
    assert choose(y, groups, asked=4) == (4, '4 folds with only 3 patients of class "b": some are judged without it')


def test_more_folds_than_rows_of_a_class_are_refused_with_every_class():
    with pytest.raises(
        DataError, match='--folds 5 needs 5 rows of every class, but class "b" has 3, class "c" has 4'
    ) as e:
        choose([0] * 9 + [1] * 3 + [2] * 4, asked=5, class_names=("a", "b", "c"))
    assert e.value.hint == "--folds 3 is the most this data allows"


def test_more_folds_than_groups_are_refused():
    with pytest.raises(DataError, match="2 patients cannot make 5 folds"):
        choose([0, 1] * 6, np.repeat([0, 1], 6), asked=5)


def test_fewer_than_two_folds_are_no_request():
    with pytest.raises(RequestError, match="--folds 1 is too few"):
        choose([0, 1] * 6, asked=1)


def test_one_group_cannot_be_parted():
    with pytest.raises(DataError, match="1 patient cannot be parted"):
        choose([0, 1] * 6, np.zeros(12, dtype=int))


# --- make_plan --------------------------------------------------------------------------------------------------------


def test_folds_are_made_of_all_rows_without_a_holdout():
    plan = make_plan(dataset([0, 1] * 10), n_folds=None, holdout=None, seed=0)
    assert plan.n_folds == 5
    assert np.array_equal(plan.dev, np.arange(20))
    assert len(plan.holdout) == 0
    assert plan.notes == ()


def test_holdout_is_in_no_fold():
    plan = make_plan(dataset([0, 1] * 50), n_folds=4, holdout=0.2, seed=0)
    used = np.concatenate([np.concatenate([fold.train, fold.valid]) for fold in plan.folds])
    assert not np.isin(plan.holdout, used).any()
    assert np.array_equal(np.sort(np.concatenate([plan.dev, plan.holdout])), np.arange(100))
    assert np.array_equal(np.sort(np.concatenate([fold.valid for fold in plan.folds])), plan.dev)


def test_holdout_is_a_share_of_every_class():
    y = np.repeat([0, 1], [90, 10])
    plan = make_plan(dataset(y), n_folds=None, holdout=0.3, seed=0)
    assert np.bincount(y[plan.holdout]).tolist() == [27, 3]


def test_holdout_takes_whole_groups_and_about_its_share():
    y, groups = ten_uneven_speakers()
    for seed in range(10):
        plan = make_plan(dataset(y, groups), n_folds=2, holdout=0.3, seed=seed)
        assert not np.isin(groups[plan.holdout], groups[plan.dev]).any()
        assert 0.2 < len(plan.holdout) / len(y) < 0.4


def test_holdout_leaves_a_class_of_one_group_to_the_search():
    groups = np.repeat(np.arange(12), 3)
    y = (groups == 4).astype(int)
    for seed in range(20):
        assert 4 in groups[make_plan(dataset(y, groups), n_folds=None, holdout=0.5, seed=seed).dev]


def test_given_rows_become_the_holdout():
    plan = make_plan(dataset([0, 1] * 10), n_folds=None, holdout=np.array([19, 3, 4]), seed=0)
    assert plan.holdout.tolist() == [3, 4, 19]


def test_given_rows_that_split_a_patient_are_refused():
    with pytest.raises(DataError, match="the test shares 1 patient with the rows to search on"):
        make_plan(dataset([0, 1] * 6, np.repeat(np.arange(6), 2)), n_folds=None, holdout=np.array([3, 4, 5]), seed=0)


def test_given_rows_that_take_a_class_away_are_refused():
    with pytest.raises(DataError, match='too few rows outside the test to search on: 0 of class "b"'):
        make_plan(dataset([0] * 8 + [1] * 2), n_folds=None, holdout=np.array([8, 9]), seed=0)


def test_a_share_that_leaves_a_class_one_row_to_search_on_is_refused():
    with pytest.raises(DataError, match='1 of class "a", 1 of class "b"; at least 2 of every class are needed'):
        make_plan(dataset([0, 1] * 10), n_folds=None, holdout=0.9, seed=0)


@pytest.mark.parametrize("share", [0.0, 1.0, 20.0, -0.1])
def test_a_share_outside_0_and_1_is_no_request(share):
    with pytest.raises(RequestError, match="is not a share between 0 and 1"):
        make_plan(dataset([0, 1] * 10), n_folds=None, holdout=share, seed=0)


def test_one_group_cannot_have_a_holdout():
    with pytest.raises(DataError, match="1 patient cannot be parted into data to search on and a test"):
        make_plan(dataset([0, 1] * 4, np.zeros(8, dtype=int)), n_folds=None, holdout=0.2, seed=0)


def test_notes_say_what_the_folds_and_the_test_lack():
    plan = make_plan(dataset([0] * 9 + [1] * 4), n_folds=None, holdout=np.array([0, 12]), seed=0)
    assert plan.notes == (
        '3 folds instead of 5: only 3 rows of class "b"',
        "only 2 rows in the test: a score with an interval needs 5",
    )


def test_the_same_seed_gives_the_same_plan():
    y, groups = ten_uneven_speakers()
    once, again = (make_plan(dataset(y, groups), n_folds=3, holdout=0.2, seed=7) for _ in range(2))
    assert np.array_equal(once.holdout, again.holdout)
    assert partition(once.folds) == partition(again.folds)
