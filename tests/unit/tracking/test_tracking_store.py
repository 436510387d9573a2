from __future__ import annotations

from pathlib import Path

import pytest

from automl.tracking.store import DATABASE_NAME, default_uri, prepare_store, relocate


def test_the_default_uri_is_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert default_uri(Path("runs")) == f"sqlite:///{tmp_path.resolve() / 'runs' / DATABASE_NAME}"


@pytest.mark.parametrize("name", ["plain", "with space", "ü#&", "100%", "50%25", "what?"])
def test_the_default_uri_names_the_file_whatever_the_folder_is_called(tmp_path, name):
    from sqlalchemy.engine import make_url

    assert make_url(default_uri(tmp_path / name)).database == str(tmp_path.resolve() / name / DATABASE_NAME)


def test_an_existing_database_is_left_alone(tmp_path):
    (tmp_path / DATABASE_NAME).write_text("somebody's")
    prepare_store(tmp_path)
    assert (tmp_path / DATABASE_NAME).read_text() == "somebody's"


def test_without_a_database_nothing_is_relocated(tmp_path):
    assert relocate(tmp_path) is False
    assert list(tmp_path.iterdir()) == []
