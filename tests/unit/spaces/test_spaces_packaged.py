from pathlib import Path
from random import Random

import pytest

from automl.pipeline import registry
from automl.spaces.configs import check_config, default_configs, sample
from automl.spaces.library import find_space, packaged
from automl.spaces.nodes import Space
from automl.spaces.parse import parse_space
from automl.spaces.vocabulary import Vocabulary

FAMILIES = {"knn", "svm", "logistic", "boosting", "xgboost", "forest", "extra_trees", "naive_bayes", "lda", "mlp"}


@pytest.fixture(scope="module")
def installed() -> Vocabulary:
    families = [registry.family(name) for name in registry.family_names()]
    stages = [registry.stage(name) for name in registry.stage_names()]
    return Vocabulary(
        families={f.name: f.params for f in families},
        stages={s.name: {name: option.params for name, option in s.options.items()} for s in stages},
        weightless={f.name for f in families if not f.takes_weights},
        weighing={(s.name, name) for s in stages for name, option in s.options.items() if option.weighs},
    )


def read(name: str, vocabulary: Vocabulary) -> Space:
    file = find_space(name, folder=Path("/"))
    return parse_space(file.text, source=file.origin, vocabulary=vocabulary)


@pytest.mark.parametrize("name", packaged())
def test_a_packaged_space_has_no_mistake_and_carries_its_file_name(name: str, installed: Vocabulary) -> None:
    space = read(name, installed)
    assert space.name == name
    assert space.summary


@pytest.mark.parametrize("name", packaged())
def test_defaults_and_draws_of_a_packaged_space_fit(name: str, installed: Vocabulary) -> None:
    space, rng = read(name, installed), Random(0)
    for config in (*default_configs(space), *(sample(space, rng) for _ in range(100))):
        check_config(space, config)


@pytest.mark.parametrize("name", packaged())
def test_no_stage_that_refuses_missing_values_meets_a_family_that_skips_imputing(
    name: str, installed: Vocabulary
) -> None:
    space = read(name, installed)
    imputed = next(set(stage.families or ()) for stage in space.stages if stage.name == "impute")
    assert imputed == {f for f in space.families if not registry.family(f).takes_missing}
    for stage in space.stages:
        if stage.name in ("scale", "select"):
            assert set(stage.families or space.families) <= imputed


def test_the_space_for_tables_has_every_family_of_this_package(installed: Vocabulary) -> None:
    assert set(read("tabular", installed).families) == FAMILIES


def test_the_space_for_sounds_offers_few_settings_because_each_is_computed_for_all_recordings(
    installed: Vocabulary,
) -> None:
    space, rng = read("audio", installed), Random(0)
    settings = {
        tuple(value for label, value in sample(space, rng).items() if label.startswith("sound_features."))
        for _ in range(500)
    }
    assert len(settings - {()}) <= 24
