import pytest

from automl.errors import SpaceError
from automl.pipeline.build import read_config


def test_stages_act_in_the_order_of_their_roles_whatever_the_order_of_the_config():
    config = {"rows": "none", "select": "none", "scale": "none", "impute": "mean", "encode": "ordinal", "model": "knn"}
    names = [s.name for s in read_config(config).stages]
    assert names == ["encode", "impute", "scale", "select", "rows"]


def test_parameters_reach_the_option_and_the_family_they_are_of():
    config = {"scale": "normalize", "scale.normalize.norm": "l1", "model": "svm", "model.svm.C": 3.0}
    recipe = read_config(config)
    assert recipe.family.name == "svm"
    assert recipe.params == {"C": 3.0}
    assert recipe.stages[0].params == {"norm": "l1"}


def test_every_label_that_nothing_takes_is_named():
    config = {"scale": "standard", "scale.normalize.norm": "l1", "model": "knn", "model.svm.C": 1.0, "odd.label": 1}
    with pytest.raises(SpaceError, match="nothing in it takes") as caught:
        read_config(config)
    assert caught.value.details == ("scale.normalize.norm", "model.svm.C", "odd.label")


def test_unknown_option_lists_what_there_is():
    with pytest.raises(SpaceError, match='"scale" has no option "stretch"') as caught:
        read_config({"scale": "stretch", "model": "knn"})
    assert "robust" in str(caught.value.hint)


def test_unknown_stage_lists_what_there_is():
    with pytest.raises(SpaceError, match='no "polish" among the stages'):
        read_config({"polish": "none", "model": "knn"})


def test_unknown_family_lists_what_there_is():
    with pytest.raises(SpaceError, match='no "oracle" among the families'):
        read_config({"model": "oracle"})


def test_config_without_a_family_is_refused():
    with pytest.raises(SpaceError, match='names no "model"'):
        read_config({"scale": "none"})


def test_weights_for_a_family_that_takes_none_are_refused():
    with pytest.raises(SpaceError, match='"knn" takes no weights, which "rows" sets'):
        read_config({"rows": "class_weights", "model": "knn"})
