"""A request that cannot be is refused, with the value and what to write instead."""

import pytest

from automl.errors import RequestError
from automl.workflows.request import SearchRequest, inline_if_alone


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ({"budget": 0}, "--budget must be at least 1, not 0"),
        ({"budget": -5}, "--budget must be at least 1, not -5"),
        ({"metric": "acuracy"}, 'unknown metric "acuracy"'),
        ({"folds": 1}, "--folds must be at least 2, not 1"),
        ({"timeout_s": -3.0}, "--timeout must be positive and finite, not -3 s"),
        ({"timeout_s": float("nan")}, "--timeout must be positive and finite, not nan s"),
        ({"timeout_s": float("inf")}, "--timeout must be positive and finite, not inf s"),
        ({"trial_timeout_s": 0.0}, "--trial-timeout must be positive and finite, not 0 s"),
        ({"trial_timeout_s": float("nan")}, "--trial-timeout must be positive and finite, not nan s"),
        ({"trial_memory_mb": 199.0}, "--trial-memory must be .*at least 200 MB, which a worker needs .*, not 199 MB"),
        ({"trial_memory_mb": float("inf")}, "--trial-memory must be finite .*, not inf MB"),
        ({"trial_memory_mb": 900.0, "workers": 0}, "workers=0 .* no trial can be stopped"),
        ({"data": ""}, 'DATA is empty: ""'),
        ({"space": ""}, '--space is empty: ""'),
        ({"runs": ""}, '--runs is empty: ""'),
        ({"seed": -1}, "--seed must be between 0 and 4294967295, not -1"),
        ({"workers": 10_000}, "--workers must be between 1 and .* on this computer, not 10000"),
        ({"name": "../up"}, r'--name "\.\./up" cannot be the name of a folder'),
        ({"name": ".hidden"}, r'--name "\.hidden" cannot be the name of a folder'),
        ({"test": "1.0"}, "--test 1.0 is no share between 0 and 1"),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused(field, message):
    with pytest.raises(RequestError, match=message):
        SearchRequest(**field)


def test_every_problem_is_said_at_once():
    with pytest.raises(RequestError) as raised:
        SearchRequest(budget=0, metric="acuracy", folds=1)
    assert len(str(raised.value).splitlines()) == 3


def test_an_unknown_metric_is_told_what_exists():
    with pytest.raises(RequestError) as raised:
        SearchRequest(metric="acuracy")
    assert "balanced_accuracy" in raised.value.hint


def test_a_request_is_read_back_from_its_record():
    request = SearchRequest(data="a.csv", drop=("x", "y"), models=("svm",), test="0.2", trial_timeout_s=60.0)
    assert SearchRequest.from_dict(request.as_dict()) == request


def test_a_test_set_is_a_share_or_a_file():
    assert (SearchRequest(test="0.25").test_share, SearchRequest(test="0.25").test_file) == (0.25, None)
    assert (SearchRequest(test="t.csv").test_share, SearchRequest(test="t.csv").test_file) == (None, "t.csv")


def test_one_worker_of_a_python_caller_is_its_own_process():
    assert inline_if_alone(SearchRequest(workers=1)).workers == 0
    assert inline_if_alone(SearchRequest(workers=2)).workers == 2


@pytest.mark.parametrize("limit", [{"trial_timeout_s": 60.0}, {"trial_memory_mb": 900.0}], ids=str)
def test_a_limit_needs_a_worker_that_can_be_stopped(limit):
    assert inline_if_alone(SearchRequest(workers=1, **limit)).workers == 1
