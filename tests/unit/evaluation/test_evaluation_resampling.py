from __future__ import annotations

import numpy as np
import pytest

from automl.evaluation.resampling import MAX_TRIES, Resampling, Units


def drawn(units, n_resamples=300, *, judged_on_others, every_class=True, seed=0):
    resampling = Resampling(units, seed, n_resamples, judged_on_others=judged_on_others)
    return np.concatenate([np.empty((0, units.n_units), dtype=int), *resampling.draw(every_class=every_class)])


def pairs(n_pairs):
    """Units of one row, two for each class."""
    return Units.of(np.repeat(np.arange(n_pairs), 2), np.arange(2 * n_pairs), n_pairs)


def rare_class():
    """Ten units of two rows; only units 3 and 8 hold class 1."""
    of_row = np.repeat(np.arange(10), 2)
    return Units.of(np.isin(of_row, (3, 8)).astype(int), of_row * 100, 2)


def test_unit_codes_may_be_any_numbers():
    units = Units.of(np.array([0, 1, 1, 0]), np.array([70, -3, 70, 12]), 2)
    assert units.of_row.tolist() == [2, 0, 2, 1]
    assert units.holds.tolist() == [[False, True], [True, False], [True, True]]


def test_the_rarest_class_is_that_of_the_fewest_units():
    assert rare_class().n_holders == 2
    assert Units.of(np.array([0, 0, 1]), np.array([0, 1, 2]), 3).n_holders == 0


def test_every_row_counts_as_often_as_its_unit():
    units = Units.of(np.array([0, 1, 1, 0]), np.array([5, 4, 5, 4]), 2)
    assert units.per_row(np.array([[2, 0], [1, 1]])).tolist() == [[0, 2, 0, 2], [1, 1, 1, 1]]


def test_as_many_units_are_drawn_as_there_are():
    counts = drawn(rare_class(), judged_on_others=True)
    assert counts.shape == (300, 10)
    assert (counts.sum(axis=1) == 10).all()


def test_both_sides_hold_every_class():
    units = rare_class()
    counts = drawn(units, judged_on_others=True)
    for side in (counts > 0, counts == 0):
        assert ((side @ units.holds.astype(int)) > 0).all()


def test_only_the_drawn_side_needs_every_class_when_only_it_is_used():
    units = rare_class()
    counts = drawn(units, judged_on_others=False)
    assert ((counts > 0) @ units.holds.astype(int) > 0).all()
    assert ((counts == 0) @ units.holds.astype(int) == 0).any()


def test_there_is_always_a_unit_to_judge_on():
    units = Units.of(np.array([0, 1]), np.array([0, 1]), 2)
    assert (drawn(units, judged_on_others=True, every_class=False) == 0).any(axis=1).all()


def test_drawing_ends_when_hardly_any_resample_has_every_class():
    assert MAX_TRIES == 20
    assert 20 < len(drawn(pairs(6), judged_on_others=True)) < 200  # about one resample in a hundred has them all
    assert len(drawn(pairs(6), judged_on_others=True, every_class=False)) == 300


@pytest.mark.parametrize("judged_on_others", [True, False])
def test_nothing_is_drawn_where_a_class_has_no_unit(judged_on_others):
    units = Units.of(np.array([0, 1, 0, 1]), np.arange(4), 3)
    assert len(drawn(units, judged_on_others=judged_on_others)) == 0


def test_the_same_seed_draws_the_same():
    assert np.array_equal(drawn(rare_class(), judged_on_others=True), drawn(rare_class(), judged_on_others=True))
