"""Changes of training rows inside the traced step."""

import numpy as np
import pytest

from automl.errors import SpaceError
from automl.models import _keras_classifier
from automl.models._keras_augment import Augmentation, Draws, changed_images, mixed
from automl.models._tensorflow import start_tensorflow
from automl.models.cnn import KerasCNN
from automl.models.mlp import KerasMLP

N, BANDS, FRAMES = 200, 10, 20
Y = np.arange(60) % 2
SMALL = {"inputs": (("image", (8, 8)),), "n_blocks": 2, "filters": 4, "epochs": 3}
ALL = {"gain": 0.5, "noise": 0.1, "time_shift": 0.2, "freq_mask": 0.3, "time_mask": 0.3, "n_masks": 2, "mixup": 0.4}


def images():
    return np.random.default_rng(0).normal(size=(N, BANDS, FRAMES)).astype(np.float32)


def made_draws(seed=0):
    start_tensorflow(1)
    draws = Draws()
    draws.start(seed)
    draws.next_step()
    return draws


def changed(image, **params):
    (made,) = changed_images([image], Augmentation(**params), made_draws())
    return made.numpy()


def rows():
    return np.random.default_rng(0).normal(size=(60, 64)) + (np.arange(64) % 2 == Y[:, None])


def test_gain_moves_a_whole_image_by_no_more_than_it_says():
    moved = changed(images(), gain=0.5) - images()
    by = moved.mean(axis=(1, 2))
    assert np.allclose(moved, by[:, None, None], atol=1e-6)
    assert by.min() < -0.4
    assert by.max() > 0.4
    assert np.abs(by).max() <= 0.5


def test_noise_has_the_standard_deviation_it_says():
    noise = changed(images(), noise=0.1) - images()
    assert noise.std() == pytest.approx(0.1, rel=0.02)
    assert abs(noise.mean()) < 0.002


def test_time_shift_rolls_each_image_by_its_own_number_of_frames():
    pairs = zip(images(), changed(images(), time_shift=0.2), strict=True)
    by = [next(s for s in range(-4, 5) if np.array_equal(np.roll(b, s, axis=1), a)) for b, a in pairs]
    assert set(by) == set(range(-4, 5))


@pytest.mark.parametrize(("name", "axis", "n_places"), [("freq_mask", 1, BANDS), ("time_mask", 2, FRAMES)])
def test_a_mask_hides_neighbours_up_to_its_share_anywhere(name, axis, n_places):
    made, before = changed(images(), **{name: 0.3}), images()
    hidden = (made == 0).all(axis=3 - axis)
    assert np.array_equal(np.where(np.expand_dims(hidden, 3 - axis), 0, before), made)
    assert set(hidden.sum(axis=1)) == set(range(round(0.3 * n_places) + 1))
    assert (np.abs(np.diff(np.pad(hidden, ((0, 0), (1, 1))).astype(int), axis=1)).sum(axis=1) <= 2).all()
    assert hidden.any(axis=0).all()


def test_several_masks_hide_more_than_one():
    one, three = ((changed(images(), freq_mask=0.2, n_masks=n) == 0).mean() for n in (1, 3))
    assert three > 2 * one


def test_vectors_are_left_alone_by_changes_of_images():
    start_tensorflow(1)
    vector = np.ones((N, 3), dtype=np.float32)
    made = changed_images([images(), vector], Augmentation(gain=1.0), made_draws())
    assert made[1] is vector


def test_a_mixture_holds_more_of_its_own_row_and_costs_what_both_weigh():
    import tensorflow as tf

    image, weight = images(), np.linspace(0, 2, N).astype(np.float32)
    target = np.eye(2, dtype=np.float32)[np.arange(N) % 2]
    (made,), costs = mixed(
        [tf.constant(image)], tf.constant(target), tf.constant(weight), alpha=0.5, draws=made_draws()
    )
    (own, own_weight), (other, other_weight) = [(t.numpy(), w.numpy()) for t, w in costs]
    share = own_weight[1:] / weight[1:]
    assert (share >= 0.5).all()
    assert (share < 0.9).any()
    assert np.array_equal(own, target)
    assert np.array_equal(other, np.roll(target, 1, axis=0))
    assert np.allclose(other_weight[1:], (1 - share) * weight[:-1], atol=1e-6)
    expected = share[:, None, None] * image[1:] + (1 - share[:, None, None]) * image[:-1]
    assert np.allclose(made.numpy()[1:], expected, atol=1e-5)


def test_every_step_and_every_draw_gives_other_numbers_and_a_start_the_same():
    draws = made_draws(3)
    first = [draws.uniform([4]).numpy() for _ in range(2)]
    draws.next_step()
    second = draws.uniform([4]).numpy()
    draws.start(3)
    draws.next_step()
    assert np.array_equal(draws.uniform([4]).numpy(), first[0])
    assert len({tuple(numbers) for numbers in (*first, second)}) == 3


@pytest.mark.parametrize("alpha", [1e-4, 0.2, 1.0, 8.0])
def test_shares_of_a_mixture_are_numbers_whatever_alpha(alpha):
    shares = made_draws().beta([1000], alpha).numpy()
    assert ((shares >= 0) & (shares <= 1)).all()


@pytest.fixture(scope="module")
def unchanged():
    """What a network trained on rows as they are makes of them."""
    return KerasCNN(**SMALL).fit(rows(), Y).predict_proba(rows())


@pytest.mark.parametrize("name", sorted(ALL.keys() - {"n_masks"}))
def test_each_change_changes_the_training(unchanged, name):
    model = KerasCNN(**SMALL, **{name: ALL[name]}).fit(rows(), Y)
    assert not np.array_equal(model.predict_proba(rows()), unchanged)


def test_changes_follow_the_seed_and_not_what_was_trained_before():
    once = KerasCNN(**SMALL, **ALL).fit(rows(), Y).predict_proba(rows())
    assert not np.array_equal(KerasCNN(**SMALL, **ALL, random_state=1).fit(rows(), Y).predict_proba(rows()), once)
    assert np.array_equal(KerasCNN(**SMALL, **ALL).fit(rows(), Y).predict_proba(rows()), once)
    _keras_classifier._last.clear()
    assert np.array_equal(KerasCNN(**SMALL, **ALL).fit(rows(), Y).predict_proba(rows()), once)


def test_nothing_is_changed_at_prediction():
    model = KerasCNN(**SMALL, **ALL).fit(rows(), Y)
    assert np.array_equal(model.predict_proba(rows()), model.predict_proba(rows()))
    names = {type(layer).__name__ for layer in model.network_.keras_model().layers}
    assert names <= {type(layer).__name__ for layer in KerasCNN(**SMALL).fit(rows(), Y).network_.keras_model().layers}


def test_nothing_is_traced_for_what_is_off():
    def n_random(**params):
        _keras_classifier._last.clear()
        KerasCNN(**{**SMALL, "dropout": 0.0, "epochs": 1}, **params).fit(rows(), Y)
        (program,) = _keras_classifier._last.values()
        graph = program._epoch.get_concrete_function().graph.as_graph_def()
        nodes = [n.op for f in graph.library.function for n in f.node_def]
        return sum(op.startswith("StatelessRandom") and "Seed" not in op for op in nodes), len(nodes)

    off, n_off = n_random()
    on, n_on = n_random(gain=0.5)
    assert off == 0 < on
    assert n_off < n_on


def test_tables_can_be_mixed_up_too():
    plain, some = (KerasMLP(width=8, epochs=3, mixup=alpha).fit(rows(), Y) for alpha in (0.0, 0.4))
    assert not np.array_equal(plain.predict_proba(rows()), some.predict_proba(rows()))
    assert np.isfinite(some.history_["loss"]).all()


@pytest.mark.parametrize(
    ("params", "hint"),
    [({"gain": -1}, "negative"), ({"time_mask": 1.5}, "between 0 and 1"), ({"mixup": float("nan")}, "negative")],
    ids=str,
)
def test_numbers_out_of_range_are_refused(params, hint):
    with pytest.raises(SpaceError, match=f"{next(iter(params))}=.* of an augmentation") as caught:
        Augmentation(**params)
    assert hint in caught.value.hint
