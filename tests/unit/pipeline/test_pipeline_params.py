import pytest

from automl.errors import SpaceError
from automl.pipeline.params import with_defaults


def test_defaults_fill_what_is_not_chosen():
    assert with_defaults({"C": 3.0}, {"C": 1.0, "kernel": "rbf"}) == {"C": 3.0, "kernel": "rbf"}


def test_unknown_parameters_are_refused_together():
    with pytest.raises(SpaceError, match="unknown parameter: c, d") as caught:
        with_defaults({"c": 1, "d": 2}, {"C": 1.0})
    assert caught.value.hint == "there are: C"
