"""Changed copies of training rows."""

import numpy as np
import pytest

from automl.errors import SpaceError
from automl.pipeline.inputs import Block, layout
from automl.pipeline.registry import InputKind, Rows, StageContext
from automl.preprocess.copies import STAGE

N, VECTOR, BANDS, FRAMES = 200, 3, 10, 20
STILL = dict.fromkeys(("gain", "noise", "time_shift", "freq_mask", "time_mask"), 0.0)
INPUTS = layout([Block("v", InputKind.VECTOR, (VECTOR,)), Block("i", InputKind.IMAGE, (BANDS, FRAMES))])


def given(**fields):
    rng = np.random.default_rng(0)
    y = np.arange(N) % 2
    return Rows(rng.normal(size=(N, VECTOR + BANDS * FRAMES)), y, np.arange(N) // 4, **fields)


def build(inputs=INPUTS, **params):
    rows = given()
    context = StageContext(seed=3, n_features=rows.X.shape[1], y=rows.y, groups=rows.groups, inputs=inputs)
    return STAGE.options["augmented"].build(params, context)


def copied(**params):
    """The images of the rows, and of their first copies."""
    made = build(**{**STILL, **params})(given())
    flat = made.X[:, VECTOR:].reshape(-1, BANDS, FRAMES)
    return flat[:N], flat[N : 2 * N]


def test_copies_follow_the_rows_and_keep_class_group_and_weight():
    rows = given(sample_weight=np.linspace(1, 2, N))
    made = build(n_copies=2)(rows)
    assert np.array_equal(made.X[:N], rows.X)
    for name in ("y", "groups", "sample_weight"):
        assert np.array_equal(getattr(made, name), np.tile(getattr(rows, name), 3))
    assert np.array_equal(made.parents, np.tile(np.arange(N), 3))
    assert not np.array_equal(made.X[N : 2 * N], made.X[2 * N :])


def test_only_images_are_changed():
    made = build()(given())
    assert np.array_equal(made.X[N:, :VECTOR], made.X[:N, :VECTOR])
    assert not (made.X[N:, VECTOR:] == made.X[:N, VECTOR:]).all(axis=1).any()


def test_a_row_without_an_image_has_no_copies():
    assert build(inputs=INPUTS[:1]) is None


def test_copies_of_copies_have_the_first_row_as_their_parent():
    made = build()(build()(given()))
    assert len(made.y) == 4 * N
    assert np.array_equal(made.parents, np.tile(np.arange(N), 4))


def test_no_copies_leave_the_rows_as_they_were():
    made = build(n_copies=0)(given())
    assert np.array_equal(made.X, given().X)


def test_gain_moves_a_whole_image_by_no_more_than_it_says():
    before, after = copied(gain=0.5)
    by = (after - before).mean(axis=(1, 2))
    assert np.allclose(after - before, by[:, None, None])
    assert by.min() < -0.4
    assert 0.4 < by.max() <= 0.5


def test_noise_has_the_standard_deviation_it_says():
    before, after = copied(noise=0.1)
    assert (after - before).std() == pytest.approx(0.1, rel=0.02)


def test_time_shift_rolls_each_image_by_its_own_number_of_frames():
    pairs = zip(*copied(time_shift=0.2), strict=True)
    by = [next(s for s in range(-4, 5) if np.array_equal(np.roll(b, s, axis=1), a)) for b, a in pairs]
    assert set(by) == set(range(-4, 5))


@pytest.mark.parametrize(("name", "axis", "n_places"), [("freq_mask", 1, BANDS), ("time_mask", 2, FRAMES)])
def test_a_mask_hides_neighbours_up_to_its_share_anywhere(name, axis, n_places):
    before, after = copied(**{name: 0.3})
    hidden = (after == 0).all(axis=3 - axis)
    assert np.array_equal(np.where(np.expand_dims(hidden, 3 - axis), 0, before), after)
    assert set(hidden.sum(axis=1)) == set(range(round(0.3 * n_places) + 1))
    assert hidden.any(axis=0).all()


@pytest.mark.parametrize(
    ("params", "hint"), [({"noise": -0.1}, "negative"), ({"freq_mask": 2.0}, "between 0 and 1")], ids=str
)
def test_numbers_out_of_range_are_refused(params, hint):
    with pytest.raises(SpaceError, match=f'{next(iter(params))}=.* of the stage "copies"') as caught:
        build(**params)
    assert hint in caught.value.hint
