"""Where TensorBoard's logs go, and what is said where there are none."""

from pathlib import Path

import pytest

from automl.core.leaderboard import Standing
from automl.core.trial import Suggestion, Trial, TrialResult, TrialState
from automl.errors import RequestError
from automl.spaces.parse import parse_space
from automl.tracking.tensorboard import PROBLEM
from automl.workflows.choose_space import vocabulary
from automl.workflows.events import Note, TrialEnded
from automl.workflows.logs import log_folder, log_notes, noting_missing_logs, require_logs
from automl.workflows.request import SearchRequest


def space_of(*families):
    models = "".join(f"[model.{family}]\n" for family in families)
    text = f'schema = 1\nname = "few"\nsummary = "Few families."\n{models}'
    return parse_space(text, source="few", vocabulary=vocabulary())


DEEP, SHALLOW = space_of("lda", "mlp"), space_of("lda")


def asked(folder):
    return SearchRequest(tensorboard=None if folder is None else str(folder))


def test_nothing_is_asked_for_and_nothing_made():
    require_logs(asked(None))
    assert log_folder(asked(None), DEEP, "ills-1") is None


def test_a_study_has_a_folder_of_its_own_named_from_the_root(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert log_folder(asked("logs"), DEEP, "ills-1") == tmp_path / "logs" / "ills-1"
    assert (tmp_path / "logs" / "ills-1").is_dir()


def test_a_folder_that_is_there_already_is_used(tmp_path):
    assert log_folder(asked(tmp_path), DEEP, "ills-1") == log_folder(asked(tmp_path), DEEP, "ills-1")


@pytest.mark.parametrize("below", ["", "deeper"])
def test_a_file_is_no_place_for_logs(below, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(RequestError, match=r"--tensorboard .*file.* cannot be written: .*file is a file, not a folder"):
        require_logs(asked(tmp_path / "file" / below))


def test_where_nothing_will_be_written_nothing_is_made(tmp_path):
    assert log_folder(asked(tmp_path / "logs"), SHALLOW, "ills-1") is None
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "ills-1").touch()
    with pytest.raises(RequestError, match=r"--tensorboard: .*ills-1 cannot be made: File exists"):
        log_folder(asked(tmp_path), DEEP, "ills-1")


def test_logs_that_nothing_will_write_are_said():
    (note,) = log_notes(asked("logs"), SHALLOW)
    assert note.startswith("nothing will be written to logs: the space holds no network")


def test_where_networks_are_searched_or_nothing_is_asked_there_is_nothing_to_say():
    assert log_notes(asked("logs"), DEEP) == ()
    assert log_notes(asked(None), SHALLOW) == ()


def ended(number, *warnings):
    result = TrialResult(number, TrialState.COMPLETE, loss=0.5, warnings=warnings)
    trial = Trial(Suggestion(number, {"model": "mlp"}, seed=0), result)
    return TrialEnded(trial, Standing(None, trial, 0.5, None), is_best=False, n_finished=number)


def test_logs_that_could_not_be_written_are_said_once():
    heard = []
    hear = noting_missing_logs(heard.append)
    problem = f"UserWarning: {PROBLEM}: no room"
    events = [ended(1, "other"), ended(2, "other", problem), ended(3, problem)]
    for event in events:
        hear(event)
    assert [event for event in heard if not isinstance(event, Note)] == events
    assert [e.text for e in heard if isinstance(e, Note)] == [f"{PROBLEM}: no room (trial 2); the search goes on"]


def test_the_folder_is_kept_with_the_request():
    request = asked(Path("logs"))
    assert SearchRequest.from_dict(request.as_dict()) == request
