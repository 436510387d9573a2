import pytest

from automl.errors import SpaceError
from automl.models._keras_schedules import Schedule, learning_rates


def rates(kind, losses, *, epochs=5):
    following = learning_rates(Schedule(kind, 0.1, 0.2), epochs)
    return [next(following), *(following.send(loss) for loss in losses)]


def test_constant_stays():
    assert rates("constant", [1.0, 2.0, 3.0]) == [0.1] * 4


def test_cosine_falls_to_its_floor_over_all_epochs():
    found = rates("cosine", [1.0] * 6)
    assert found[0] == 0.1
    assert found[4:] == pytest.approx([0.02] * 3)
    assert found == sorted(found, reverse=True)


def test_plateau_halves_after_five_epochs_without_a_smaller_loss_down_to_its_floor():
    assert rates("plateau", [1.0, *[1.0] * 4]) == [0.1] * 6
    assert rates("plateau", [1.0, *[1.0] * 5])[-1] == 0.05
    assert rates("plateau", [1.0, *[1.0] * 4, 0.9, *[0.9] * 4])[-1] == 0.1
    assert rates("plateau", [1.0] * 50)[-1] == pytest.approx(0.02)


def test_an_unknown_one_is_refused():
    with pytest.raises(SpaceError, match='there is no schedule "steps"'):
        learning_rates(Schedule("steps", 0.1, 0.2), 5)
