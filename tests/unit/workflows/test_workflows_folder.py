"""A study's folder is made where that is possible, and read only if it is whole."""

import json
import re

import numpy as np
import pytest
from faults import full_disk
from tracked_studies import complete

from automl.core.leaderboard import standings
from automl.core.metric import METRICS
from automl.core.plan import Fold, Plan
from automl.errors import RequestError, StudyError
from automl.workflows.folder import has_study, open_study
from automl.workflows.new_study import StudyDraft, create_study, require_place
from automl.workflows.predict import find_bundle
from automl.workflows.request import SearchRequest
from automl.workflows.study_files import write_json
from automl.workflows.tables import write_leaderboard

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


@pytest.mark.parametrize(
    ("format", "unknown"),
    [(1, {"trial_timeout_s", "trial_memory_mb", "prune", "tensorboard"}), (2, {"prune", "tensorboard"})],
)
def test_a_study_of_an_older_format_can_be_read(format, unknown, study):
    edit(study, format=format, request={key: value for key, value in FACTS["request"].items() if key not in unknown})
    then = open_study("st", study.path.parent).facts["request"]
    assert SearchRequest.from_dict(then) == SearchRequest(data="data.csv", prune=False)


@pytest.mark.parametrize(
    "limits", [{"trial_timeout_s": "10m"}, {"trial_memory_mb": -1}, {"trial_memory_mb": [900]}], ids=str
)
def test_limits_that_cannot_be_are_called_damaged(limits, study):
    edit(study, request={**FACTS["request"], **limits})
    with pytest.raises(StudyError, match=r"(?s)study\.json is damaged.*request: "):
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


def test_a_changed_fact_leaves_what_others_changed_since(study):
    study.update(rested={"svm": "why"})
    assert study.update(looks=1).facts["rested"] == {"svm": "why"}
    facts = open_study("st", study.path.parent).facts
    assert (facts["looks"], facts["rested"], facts["uid"]) == (1, {"svm": "why"}, "0")


def test_a_fact_for_which_there_is_no_room_is_one_line_and_changes_nothing(study):
    before = (study.path / "study.json").read_bytes()
    names = sorted(path.name for path in study.path.iterdir())
    with (
        full_disk(),
        pytest.raises(StudyError, match=r"study\.json cannot be written: .*finished so far is kept") as error,
    ):
        study.update(looks=1)
    assert error.value.hint == f"make room or mend the folder, then: automl resume {study.path}"
    assert (study.path / "study.json").read_bytes() == before
    assert sorted(path.name for path in study.path.iterdir()) == names


def test_a_fact_for_a_damaged_study_is_refused(study):
    (study.path / "study.json").write_text("{")
    with pytest.raises(StudyError, match=r"study\.json cannot be read"):
        study.update(looks=1)


def test_a_json_file_for_which_there_is_no_room_is_one_line_and_the_old_one_stands(study):
    path = study.path / "result.json"
    write_json(path, {"n_finished": 1})
    wanted = rf"result\.json cannot be written: File too large \(\d+ bytes free in {re.escape(str(study.path))}\)"
    with full_disk(), pytest.raises(StudyError, match=wanted):
        write_json(path, {"n_finished": 2, "notes": ["x" * 1000]})
    assert json.loads(path.read_text()) == {"n_finished": 1}
    assert not list(study.path.glob(".*"))


def test_a_study_for_which_there_is_no_room_is_one_line_and_leaves_nothing(tmp_path):
    draft = StudyDraft(FACTS, "schema = 1", PLAN, digest="d", n_trials=3)
    for n_bytes in (0, 100, 700):
        with full_disk(n_bytes), pytest.raises(StudyError, match=r"runs cannot be written: File too large \(\d+ bytes"):
            create_study(tmp_path / "runs", draft, name="st", stem="data")
    assert not list((tmp_path / "runs").iterdir())


def test_a_leaderboard_for_which_there_is_no_room_is_one_line_and_the_old_one_stands(tmp_path):
    path, metric = tmp_path / "leaderboard.csv", METRICS["log_loss"]
    write_leaderboard(path, [], metric)
    before = path.read_bytes()
    many = standings([complete(number, loss=1 / number) for number in range(1, 200)], metric)
    with full_disk(), pytest.raises(StudyError, match=r"leaderboard\.csv cannot be written: File too large") as error:
        write_leaderboard(path, many, metric)
    assert error.value.hint == f"make room or mend the folder, then: automl resume {tmp_path}"
    assert (path.read_bytes(), list(tmp_path.iterdir())) == (before, [path])
