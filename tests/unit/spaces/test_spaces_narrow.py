import pytest

from automl.errors import SpaceError
from automl.spaces.narrow import only_families, without_stages
from automl.spaces.nodes import Space, Stage

SPACE = Space(
    "small",
    "",
    stages=(
        Stage("impute", {"mean": (), "median": ()}, "median", families=("svm", "knn")),
        Stage("scale", {"none": (), "standard": ()}, "standard"),
    ),
    models={"svm": (), "knn": (), "forest": ()},
)


def test_families_keep_the_order_of_the_space() -> None:
    assert only_families(SPACE, ["knn", "svm"]).families == ("svm", "knn")


def test_a_stage_made_for_no_family_that_is_left_is_gone() -> None:
    assert [stage.name for stage in only_families(SPACE, ["forest"]).stages] == ["scale"]


def test_a_stage_names_only_families_that_are_left() -> None:
    assert only_families(SPACE, ["forest", "knn"]).stages[0].families == ("knn",)


def test_a_family_the_space_lacks_is_an_error_that_lists_what_it_has() -> None:
    with pytest.raises(SpaceError, match='unknown family "svn"; did you mean "svm"') as caught:
        only_families(SPACE, ["svn"])
    assert caught.value.hint == "the space has svm, knn, forest"


def test_some_family_must_be_left() -> None:
    with pytest.raises(SpaceError, match='no family of the space "small" is left'):
        only_families(SPACE, [])


def test_stages_can_be_left_out() -> None:
    assert [stage.name for stage in without_stages(SPACE, ["impute", "encode"]).stages] == ["scale"]
