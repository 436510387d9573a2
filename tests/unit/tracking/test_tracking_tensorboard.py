"""What TensorBoard would read."""

import sys

import pytest

from automl.core.training import Training
from automl.models._tensorflow import start_tensorflow
from automl.tracking.tensorboard import PROBLEM, write_logs

TRAINING = Training(
    {"loss": (1.0, 0.5, 0.25), "learning_rate": (1.0, 1.0, 0.5), "valid_loss": (2.0, 1.0, 1.5)},
    best_epoch=2,
    n_parameters=9,
)


@pytest.fixture(autouse=True)
def tensorflow():
    start_tensorflow(1)


def events(folder):
    """Those of the one file in a folder, read by TensorFlow."""
    import tensorflow as tf

    (path,) = folder.iterdir()
    assert "tfevents" in path.name
    return [tf.compat.v1.Event.FromString(r.numpy()) for r in tf.data.TFRecordDataset(str(path))]


def curves(folder):
    """Tag -> (step, value) of each of its points."""
    found: dict[str, list[tuple[int, float]]] = {}
    for event in events(folder):
        for value in event.summary.value:
            found.setdefault(value.tag, []).append((event.step, value.simple_value))
    return found


def test_the_curves_of_a_fold_are_read_back(tmp_path):
    write_logs(tmp_path, 7, 1, TRAINING)
    fold = tmp_path / "trial-0007" / "fold-1"
    assert curves(fold / "train") == {
        "loss": [(1, 1.0), (2, 0.5), (3, 0.25)],
        "learning_rate": [(1, 1.0), (2, 1.0), (3, 0.5)],
    }
    assert curves(fold / "valid") == {"loss": [(1, 2.0), (2, 1.0), (3, 1.5)]}


def test_a_file_says_first_what_it_is(tmp_path):
    write_logs(tmp_path, 7, 1, TRAINING)
    assert events(tmp_path / "trial-0007" / "fold-1" / "valid")[0].file_version == "brain.Event:2"


def test_a_model_without_inner_validation_rows_has_no_curves_of_them(tmp_path):
    write_logs(tmp_path, 7, 1, Training({"loss": (1.0,)}))
    assert [path.name for path in (tmp_path / "trial-0007" / "fold-1").iterdir()] == ["train"]


def test_a_model_without_epochs_writes_nothing(tmp_path):
    write_logs(tmp_path, 7, 1, Training(n_parameters=3))
    assert list(tmp_path.iterdir()) == []


def test_an_attempt_replaces_the_logs_of_the_one_before(tmp_path):
    write_logs(tmp_path, 7, 1, Training({"loss": (9.0, 9.0)}))
    write_logs(tmp_path, 7, 1, Training({"loss": (1.0,)}))
    assert curves(tmp_path / "trial-0007" / "fold-1" / "train") == {"loss": [(1, 1.0)]}


def test_a_process_that_has_no_tensorflow_does_not_load_it(tmp_path, monkeypatch):
    monkeypatch.delitem(sys.modules, "tensorflow")
    write_logs(tmp_path, 7, 1, TRAINING)
    assert "tensorflow" not in sys.modules
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_a_warning_and_leaves_nothing_half_written(tmp_path):
    folder = tmp_path / "trial-0007" / "fold-1" / "train"
    folder.mkdir(parents=True)
    (folder / ".part").symlink_to("/dev/full")
    with pytest.warns(UserWarning, match=f"^{PROBLEM}: .*No space left on device"):
        write_logs(tmp_path, 7, 1, TRAINING)
    assert list(folder.iterdir()) == []


def test_a_folder_that_has_become_a_file_is_a_warning(tmp_path):
    (tmp_path / "trial-0007").touch()
    with pytest.warns(UserWarning, match=f"^{PROBLEM}: .*trial-0007"):
        write_logs(tmp_path, 7, 1, TRAINING)
