"""A family at rest is not suggested; the others are searched as if it had never been there."""

import json
from collections.abc import Callable, Collection

import numpy as np
import pytest

from automl.core.ports import Sampler
from automl.core.trial import Suggestion, Trial, TrialResult, TrialState
from automl.samplers.hyperopt_tpe import HyperoptTPE
from automl.samplers.random import RandomSampler
from automl.samplers.resting import RestingSampler
from automl.spaces.configs import check_config, config_key, default_configs
from automl.spaces.nodes import Choice, Float, Int, Parameter, Space, Stage

Make = Callable[[Space, int], Sampler]

SPACE = Space(
    "mixed",
    "",
    stages=(
        Stage("scale", {"none": (), "standard": ()}, "standard", families=("svm",)),
        Stage("select", {"none": (), "pca": (Parameter("variance", Float(0.5, 1.0, 0.95)),)}, "none"),
    ),
    models={
        "svm": (
            Parameter("kernel", Choice(("linear", "rbf"), "rbf")),
            Parameter("gamma", Float(0.001, 1.0, 0.1), {"kernel": ("rbf",)}),
        ),
        "knn": (Parameter("n_neighbors", Int(1, 50, 5, log=True)), Parameter("p", Float(1.0, 3.0, 2.0))),
        "forest": (Parameter("share", Float(0.1, 1.0, 0.5)),),
    },
)
HALF_FINITE = Space(
    "half finite",
    "",
    stages=(),
    models={"svm": (Parameter("C", Float(0.1, 10.0, 1.0)),), "knn": (Parameter("n_neighbors", Int(1, 12, 5)),)},
)


@pytest.fixture(params=[HyperoptTPE, RandomSampler])
def make(request: pytest.FixtureRequest) -> Make:
    inner: Make = request.param
    return lambda space, seed: RestingSampler(space, lambda left: inner(left, seed))


def finished(suggestion: Suggestion, failing: Collection[str]) -> Trial:
    """A trial as a worker gives it, predictions included."""
    number = suggestion.number
    if suggestion.family in failing:
        return Trial(suggestion, TrialResult(number, TrialState.FAILED, error="ValueError: no"))
    loss = sum(abs(value - 2) for value in suggestion.config.values() if isinstance(value, int | float))
    return Trial(suggestion, TrialResult(number, TrialState.COMPLETE, loss, oof=np.zeros((4, 2))))


def run(sampler: Sampler, first: int, last: int, *, failing: Collection[str] = ()) -> list[Trial]:
    trials = []
    for number in range(first, last + 1):
        suggestion = sampler.ask(number, [])
        assert suggestion is not None
        trials.append(finished(suggestion, failing))
        sampler.tell(trials[-1])
    return trials


def through_json(trial: Trial) -> Trial:
    """The trial as a journal gives it back."""
    config = json.loads(json.dumps(trial.config))
    return Trial(Suggestion(trial.number, config, trial.suggestion.seed), trial.result)


def test_a_family_at_rest_is_not_suggested_again(make: Make) -> None:
    families = [trial.family for trial in run(make(SPACE, 1), 1, 80, failing=["svm", "forest"])]
    assert families.count("svm") == families.count("forest") == 5
    assert set(families[-20:]) == {"knn"}


def test_what_is_suggested_then_is_in_the_space_and_new(make: Make) -> None:
    trials = run(make(SPACE, 1), 1, 60, failing=["svm"])
    for trial in trials:
        check_config(SPACE, trial.config)
    assert len({config_key(trial.config) for trial in trials}) == 60


def test_while_no_family_rests_the_sampler_alone_would_suggest_the_same() -> None:
    alone = run(HyperoptTPE(SPACE, 3), 1, 30)
    resting = run(RestingSampler(SPACE, lambda left: HyperoptTPE(left, 3)), 1, 30)
    assert [trial.suggestion for trial in resting] == [trial.suggestion for trial in alone]


@pytest.mark.parametrize("n_before", [4, 17, 33])
def test_a_sampler_told_the_journal_goes_on_as_if_it_had_never_stopped(make: Make, n_before: int) -> None:
    once = run(make(SPACE, 2), 1, 45, failing=["svm", "forest"])
    again = make(SPACE, 2)
    for trial in once[:n_before]:
        again.tell(through_json(trial))
    rest = run(again, n_before + 1, 45, failing=["svm", "forest"])
    assert [trial.config for trial in rest] == [trial.config for trial in once[n_before:]]


def test_after_a_family_came_to_rest_the_others_are_searched_as_in_a_space_without_it() -> None:
    trials = run(RestingSampler(SPACE, lambda left: HyperoptTPE(left, 5)), 1, 50, failing=["svm"])
    n_before = max(number for number, trial in enumerate(trials, 1) if trial.family == "svm")
    without = HyperoptTPE(
        Space("mixed", "", SPACE.stages[1:], {name: SPACE.models[name] for name in ("knn", "forest")}), 5
    )
    for trial in trials[:n_before]:
        if trial.family != "svm":
            without.tell(trial)
    assert [t.config for t in run(without, n_before + 1, 50)] == [t.config for t in trials[n_before:]]


def test_a_trial_of_a_family_at_rest_that_was_under_way_may_finish(make: Make) -> None:
    sampler = make(SPACE, 1)
    late = Suggestion(90, default_configs(SPACE)[0] | {"model.svm.gamma": 0.7}, 0)
    run(sampler, 1, 40, failing=["svm"])
    suggestion = sampler.ask(41, [late])
    assert suggestion is not None
    assert suggestion.family != "svm"
    sampler.tell(finished(late, ["svm"]))
    assert sampler.ask(41, []) == suggestion


def test_a_default_of_a_family_at_rest_is_left_out(make: Make) -> None:
    sampler = make(SPACE, 1)
    svm, knn, _ = default_configs(SPACE)
    failures = [Suggestion(number, {**svm, "model.svm.gamma": number / 100}, 0) for number in range(21, 26)]
    for suggestion in [failures[0], Suggestion(30, knn, 0), *failures[1:]]:
        sampler.tell(finished(suggestion, ["svm"]))
    first = sampler.ask(1, [])
    assert first is not None
    assert first.family != "svm"


def test_what_is_left_is_used_up_though_the_family_at_rest_is_endless(make: Make) -> None:
    sampler = make(HALF_FINITE, 1)
    asked = []
    for number in range(1, 40):
        if (suggestion := sampler.ask(number, [])) is None:
            break
        asked.append(suggestion)
        sampler.tell(finished(suggestion, ["svm"]))
    assert len({config_key(s.config) for s in asked if s.family == "knn"}) == 12
    assert sum(s.family == "svm" for s in asked) == 5
    assert len(asked) == 17
