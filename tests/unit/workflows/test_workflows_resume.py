"""A study continues as it was asked for, but for what may change without making trials incomparable."""

import json

import pytest

from automl.errors import RequestError
from automl.workflows.events import unheard
from automl.workflows.new_study import create_study
from automl.workflows.prepare import draft_of, prepare
from automl.workflows.request import SearchRequest
from automl.workflows.resume import ResumeRequest, open_session


@pytest.fixture
def study(people, tmp_path):
    """A study before its first trial."""
    runs = tmp_path / "runs"
    request = SearchRequest(
        data=str(people), label="outcome", models=("logistic",), runs=str(runs), workers=1, trial_timeout_s=60.0
    )
    draft = draft_of(prepare(request, unheard), created="2026-01-01", versions={})
    return create_study(runs, draft, name="ills", stem="people")


def asked(study, **changes):
    return open_session(study, ResumeRequest(runs=str(study.path.parent), **changes), 1).request


def test_the_limits_of_a_trial_stay_what_they_were(study):
    assert (asked(study).trial_timeout_s, asked(study).trial_memory_mb) == (60.0, None)


def test_the_limits_of_a_trial_may_change(study):
    request = asked(study, trial_timeout_s=90.0, trial_memory_mb=900.0)
    assert (request.trial_timeout_s, request.trial_memory_mb) == (90.0, 900.0)


def test_a_limit_that_cannot_be_is_refused(study):
    with pytest.raises(RequestError, match=r"--trial-memory must be .* not 100 MB"):
        asked(study, trial_memory_mb=100.0)


def test_whether_trials_are_pruned_stays_what_it_was_and_may_change(study):
    assert asked(study).prune
    assert not asked(study, prune=False).prune


def test_a_study_from_before_the_limits_of_a_trial_continues(study):
    path = study.path / "study.json"
    facts = json.loads(path.read_text())
    for option in ("trial_timeout_s", "trial_memory_mb"):
        del facts["request"][option]
    request = asked(study.update(request=facts["request"]))
    assert (request.trial_timeout_s, request.trial_memory_mb) == (None, None)
