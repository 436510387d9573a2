"""A file is replaced whole or not at all, and a full disk says how full it is."""

import errno

import pytest
from faults import full_disk

from automl.core.disk import replacing, why_not_written


def test_a_file_is_replaced_when_it_is_whole(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    with replacing(path) as draft:
        draft.write_text("new")
        assert path.read_text() == "old"
    assert (path.read_text(), list(tmp_path.iterdir())) == ("new", [path])


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_error_leaves_the_old_file_and_nothing_else(error, tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(error), replacing(path) as draft:
        draft.write_text("new")
        raise error
    assert (path.read_text(), list(tmp_path.iterdir())) == ("old", [path])


def test_a_draft_of_a_killed_process_is_in_nobodys_way(tmp_path):
    path = tmp_path / "file"
    (tmp_path / ".file.part").write_text("a longer text that was never finished")
    with replacing(path) as draft:
        draft.write_text("new")
    assert (path.read_text(), list(tmp_path.iterdir())) == ("new", [path])


def test_the_room_that_is_left_is_said_where_there_is_too_little(tmp_path):
    with full_disk(), pytest.raises(OSError, match="File too large") as error:
        (tmp_path / "file").write_text("x" * 1000)
    said = why_not_written(tmp_path / "not yet" / "file", error.value)
    assert said.startswith("File too large (")
    assert said.endswith(f" bytes free in {tmp_path})")
    said = why_not_written(tmp_path / "file", OSError(errno.ENOSPC, "No space left on device"))
    assert said.startswith("No space left on device (")


def test_another_reason_is_said_alone(tmp_path):
    assert why_not_written(tmp_path, PermissionError(errno.EACCES, "Permission denied")) == "Permission denied"
