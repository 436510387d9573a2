"""Rules of folds over all inputs; small inputs are compared with every partition there is."""

from __future__ import annotations

from itertools import product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from automl.evaluation.splits import stratified_folds


@st.composite
def labelled_groups(draw, max_groups=12, max_rows=40):
    """(y, groups, n_folds): at least as many groups as folds, group codes with gaps."""
    n_groups = draw(st.integers(2, max_groups))
    n_classes = draw(st.integers(2, 4))
    extra = draw(st.lists(st.integers(0, n_groups - 1), max_size=max_rows - n_groups))
    groups = np.array([*range(n_groups), *extra])
    y = np.array(draw(st.lists(st.integers(0, n_classes - 1), min_size=len(groups), max_size=len(groups))))
    return y, groups * 3 - 2, draw(st.integers(2, min(n_groups, 5)))


def part_of(folds, n_rows):
    part = np.full(n_rows, -1)
    for k, fold in enumerate(folds):
        part[fold.valid] = k
    return part


def n_lacking(y, part):
    """How many (fold, class) lack the class in training, and how many in the valid part."""
    n_classes = len(np.unique(y))
    parts = np.unique(part)
    return (
        sum(n_classes - len(np.unique(y[part != k])) for k in parts),
        sum(n_classes - len(np.unique(y[part == k])) for k in parts),
    )


def all_partitions(groups, n_folds):
    codes, group = np.unique(groups, return_inverse=True)
    for part in product(range(n_folds), repeat=len(codes)):
        if len(set(part)) == n_folds:
            yield np.array(part)[group]


def as_set(part):
    return frozenset(frozenset(np.flatnonzero(part == k)) for k in np.unique(part))


@settings(deadline=None, max_examples=100)
@given(labelled_groups(), st.booleans(), st.integers(0, 2**31 - 2))
def test_valid_parts_partition_the_rows_and_groups_stay_together(data, grouped, seed):
    y, groups, n_folds = data
    folds = stratified_folds(y, groups if grouped else None, n_folds, seed)
    assert len(folds) == n_folds
    assert np.array_equal(np.sort(np.concatenate([fold.valid for fold in folds])), np.arange(len(y)))
    for fold in folds:
        assert len(fold.valid) > 0
        assert np.array_equal(np.sort(np.concatenate([fold.train, fold.valid])), np.arange(len(y)))
        assert not (grouped and np.isin(groups[fold.train], groups[fold.valid]).any())


@settings(deadline=None, max_examples=50)
@given(labelled_groups(), st.booleans(), st.integers(0, 1000))
def test_equal_seeds_give_equal_folds(data, grouped, seed):
    y, groups, n_folds = data
    once, again = (stratified_folds(y, groups if grouped else None, n_folds, seed) for _ in range(2))
    assert all(np.array_equal(a.valid, b.valid) for a, b in zip(once, again, strict=True))


@settings(deadline=None, max_examples=40)
@given(labelled_groups(max_groups=6, max_rows=16), st.integers(0, 1000))
def test_no_partition_lacks_fewer_classes(data, seed):
    y, groups, n_folds = data
    lacking = n_lacking(y, part_of(stratified_folds(y, groups, n_folds, seed), len(y)))
    assert lacking == min(n_lacking(y, part) for part in all_partitions(groups, n_folds))


@settings(deadline=None, max_examples=25)
@given(labelled_groups(max_groups=5, max_rows=14))
def test_seeds_differ_wherever_more_than_one_partition_is_as_complete(data):
    y, groups, n_folds = data
    found = {as_set(part_of(stratified_folds(y, groups, n_folds, seed), len(y))) for seed in range(25)}
    candidates: dict[tuple[int, int], set[frozenset[frozenset[int]]]] = {}
    for part in all_partitions(groups, n_folds):
        candidates.setdefault(n_lacking(y, part), set()).add(as_set(part))
    if len(candidates[min(candidates)]) > 1:
        assert len(found) > 1


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(0, 3), min_size=4, max_size=60), st.integers(2, 4), st.integers(0, 1000))
def test_rows_without_groups_are_spread_evenly_in_every_class(labels, n_folds, seed):
    y = np.array(labels)
    counts = np.array([np.bincount(y[f.valid], minlength=4) for f in stratified_folds(y, None, n_folds, seed)])
    assert (np.ptp(counts, axis=0) <= 1).all()
    assert np.ptp(counts.sum(axis=1)) <= 1
