from __future__ import annotations

from threading import Barrier

import pytest

from automl.tracking.parallel import for_each


@pytest.mark.parametrize("n_at_once", [1, 3, 50])
def test_every_item_has_its_turn_once(n_at_once):
    done = []
    for_each(done.append, range(20), n_at_once=n_at_once)
    assert sorted(done) == list(range(20))


def test_as_many_as_allowed_are_under_way_together():
    together = Barrier(3, timeout=60)
    for_each(lambda item: together.wait(), range(3), n_at_once=3)
    assert not together.broken


def test_the_first_error_is_raised_and_nothing_further_begun():
    done = []

    def do(item):
        done.append(item)
        if item == 2:
            raise ValueError("item 2")

    with pytest.raises(ValueError, match="item 2"):
        for_each(do, range(10), n_at_once=1)
    assert done == [0, 1, 2]


def test_nothing_to_do_is_done():
    for_each(print, [], n_at_once=4)
