from __future__ import annotations

import pytest
import requests

from automl.tracking.client import error_status, is_no_answer, n_at_once


def caught(cause):
    """An error as MLflow raises it for a failed request: the cause is only its context."""
    error = RuntimeError("API request failed")
    error.__context__ = cause
    return error


@pytest.mark.parametrize("cause", [requests.ConnectionError("refused"), requests.Timeout("5 s")])
def test_a_server_that_is_away_is_told_from_one_that_objects(cause):
    assert is_no_answer(caught(cause))
    assert not is_no_answer(caught(ValueError("no such run")))


def test_the_status_of_a_server_in_trouble_is_read():
    error = caught(requests.exceptions.RetryError("ResponseError('too many 503 error responses')"))
    assert error_status(error) == 503
    assert error_status(caught(requests.Timeout("5 s"))) is None


@pytest.mark.parametrize(("uri", "is_several"), [("http://host", True), ("https://host", True), ("sqlite:///a", False)])
def test_only_a_server_is_sent_several_trials_at_once(uri, is_several):
    assert (n_at_once(uri) > 1) is is_several
