"""A study's folder is made where that is possible, and read only if it is whole."""

import json
import re

import numpy as np
import pytest

from automl.core.plan import Fold, Plan
from automl.errors import RequestError, StudyError
from automl.workflows.folder import StudyDraft, create_study, has_study, open_study, require_place
from automl.workflows.predict import find_bundle
from automl.workflows.request import SearchRequest

FACTS = {
    "request": SearchRequest(data="data.csv").as_dict(),
    "data": {},
    "digests": {},
    "space": {},
    "families": [],
    "plan_notes": [],
    "uid": "0",
    "is_data_in_memory": False,
    "looks": 0,
}
PLAN = Plan((Fold(np.array([0, 1]), np.array([2, 3])),) * 2, np.arange(4), np.arange(0), ())


@pytest.fixture
def study(tmp_path):
    draft = StudyDraft(FACTS, "schema = 1", PLAN, digest="d", n_trials=3)
    return create_study(tmp_path / "runs", draft, name="st", stem="data")


def edit(study, **changes):
    facts = {**json.loads((study.path / "study.json").read_text()), **changes}
    (study.path / "study.json").write_text(json.dumps(facts))


def test_what_was_made_is_read_again(study):
    assert open_study("st", study.path.parent).facts["request"]["data"] == "data.csv"
    assert study.plan().n_folds == 2


def test_a_folder_not_there_yet_is_a_place(tmp_path):
    require_place(tmp_path / "some" / "runs", "st")
    assert not list(tmp_path.iterdir())


def test_a_name_that_is_taken_is_refused(study):
    with pytest.raises(StudyError, match="study st exists already"):
        require_place(study.path.parent, "st")


@pytest.mark.parametrize("below", ["", "deeper"])
def test_a_file_is_no_place_for_studies(below, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StudyError, match=r"cannot be written: .*file is a file, not a folder"):
        require_place(tmp_path / "file" / below, None)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"request": None}, "request: missing, or no dict"),
        ({"looks": "none"}, "looks: missing, or no int"),
        ({"request": {**FACTS["request"], "budgte": 3}}, "request: .*budgte"),
        ({"request": {**FACTS["request"], "metric": "acc"}}, 'request: unknown metric "acc"'),
        ({"request": {"budget": 3}}, "request: 'drop'"),
    ],
)
def test_an_edited_study_file_is_called_damaged(changes, message, study):
    edit(study, **changes)
    with pytest.raises(StudyError, match=rf"(?s)study\.json is damaged.*{message}"):
        open_study("st", study.path.parent)


def test_a_study_of_a_larger_computer_can_be_read(study):
    edit(study, request={**FACTS["request"], "workers": 100_000})
    assert open_study("st", study.path.parent).name == "st"


def test_a_split_cut_short_is_named(study):
    path = study.path / "split.npz"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(StudyError, match=r"split\.npz cannot be read"):
        study.plan()


@pytest.mark.parametrize("content", [None, b"\xff"], ids=["gone", "no text"])
def test_a_space_that_cannot_be_read_is_named(content, study):
    path = study.path / "space.toml"
    path.unlink() if content is None else path.write_bytes(content)
    with pytest.raises(StudyError, match=r"space\.toml cannot be read"):
        _ = study.space_text


def test_a_folder_of_the_same_name_does_not_hide_a_study(study, tmp_path, monkeypatch):
    (tmp_path / "st").mkdir()
    monkeypatch.chdir(tmp_path)
    assert has_study("st", study.path.parent)
    with pytest.raises(StudyError, match="study st has no winner yet"):
        find_bundle("st", str(study.path.parent))


def test_a_folder_that_is_neither_is_no_model(tmp_path):
    with pytest.raises(StudyError, match=re.escape("is not a bundle (it has no manifest.json) and not a study")):
        find_bundle(str(tmp_path), str(tmp_path / "runs"))


def test_no_name_is_no_model(tmp_path):
    with pytest.raises(RequestError, match='MODEL is empty: ""'):
        find_bundle("", str(tmp_path))


@pytest.mark.parametrize("content", ["{}", "[1]"])
def test_a_result_that_says_too_little_is_called_damaged(content, study):
    (study.path / "result.json").write_text(content)
    with pytest.raises(StudyError, match=r"result\.json is damaged"):
        find_bundle("st", str(study.path.parent))
