"""What every sampler promises, run on each of them."""

import json
from collections.abc import Callable, Sequence

import pytest

from automl.core.metric import METRICS
from automl.core.ports import Sampler
from automl.core.seeds import trial_seed
from automl.core.trial import Config, Suggestion, Trial, TrialResult, TrialState
from automl.samplers.hyperopt_tpe import HyperoptTPE
from automl.samplers.pruning import PruningSampler
from automl.samplers.random import RandomSampler
from automl.samplers.resting import RestingSampler
from automl.spaces.configs import check_config, config_key, default_configs
from automl.spaces.finite import n_configs
from automl.spaces.nodes import Choice, Float, Int, Parameter, Space, Stage

MakeSampler = Callable[[Space, int], Sampler]

SPACE = Space(
    "mixed",
    "",
    stages=(Stage("scale", {"none": (), "standard": ()}, "standard", families=("svm",)),),
    models={
        "svm": (
            Parameter("C", Float(0.01, 100.0, 1.0, log=True)),
            Parameter("kernel", Choice(("linear", "rbf"), "rbf")),
            Parameter("gamma", Float(0.001, 1.0, 0.1), {"kernel": ("rbf",)}),
        ),
        "knn": (Parameter("n_neighbors", Int(1, 50, 5, log=True)),),
    },
)
SMALL = Space(
    "small",
    "",
    stages=(),
    models={
        "svm": (
            Parameter("kernel", Choice(("linear", "poly"), "linear")),
            Parameter("degree", Int(2, 5, 3), {"kernel": ("poly",)}),
        ),
        "knn": (Parameter("n_neighbors", Int(1, 20, 5)),),
    },
)


def resting_tpe(space: Space, seed: int) -> Sampler:
    return RestingSampler(space, lambda left: HyperoptTPE(left, seed))


def pruning_tpe(space: Space, seed: int) -> Sampler:
    return PruningSampler(HyperoptTPE(space, seed), METRICS["log_loss"])


@pytest.fixture(params=[HyperoptTPE, RandomSampler, resting_tpe, pruning_tpe])
def make(request: pytest.FixtureRequest) -> MakeSampler:
    maker: MakeSampler = request.param
    return maker


def loss(config: Config) -> float:
    return sum(abs(value - 2) for value in config.values() if isinstance(value, int | float))


def finished(suggestion: Suggestion) -> Trial:
    """Every seventh trial fails."""
    if suggestion.number % 7 == 0:
        return Trial(suggestion, TrialResult(suggestion.number, TrialState.FAILED, error="ValueError: no"))
    return Trial(suggestion, TrialResult(suggestion.number, TrialState.COMPLETE, loss(suggestion.config)))


def run(sampler: Sampler, numbers: Sequence[int]) -> list[Trial]:
    trials = []
    for number in numbers:
        suggestion = sampler.ask(number, [])
        assert suggestion is not None
        trials.append(finished(suggestion))
        sampler.tell(trials[-1])
    return trials


def through_json(trial: Trial) -> Trial:
    """The trial as a journal gives it back."""
    config = json.loads(json.dumps(trial.config))
    return Trial(Suggestion(trial.number, config, trial.suggestion.seed), trial.result)


def test_equal_calls_give_equal_answers(make: MakeSampler) -> None:
    sampler = make(SPACE, 3)
    run(sampler, range(1, 26))
    assert sampler.ask(26, []) == sampler.ask(26, [])


def test_another_seed_and_another_number_give_another_answer(make: MakeSampler) -> None:
    line = Space("line", "", (), {"m": (Parameter("x", Float(0.0, 1.0, 0.5)),)})
    answers = [make(line, 3).ask(10, []), make(line, 4).ask(10, []), make(line, 3).ask(11, [])]
    assert len({config_key(answer.config) for answer in answers if answer}) == 3


def test_the_first_trials_are_the_defaults_of_the_families_in_order(make: MakeSampler) -> None:
    trials = run(make(SPACE, 0), range(1, 3))
    assert tuple(trial.config for trial in trials) == default_configs(SPACE)


def test_a_default_that_was_asked_already_is_not_asked_again(make: MakeSampler) -> None:
    sampler = make(SPACE, 0)
    pending = [Suggestion(7, default_configs(SPACE)[0], 0)]
    suggestion = sampler.ask(1, pending)
    assert suggestion is not None
    assert suggestion.config != pending[0].config


def test_the_seed_of_a_trial_hangs_on_the_study_and_the_number_alone(make: MakeSampler) -> None:
    assert [trial.suggestion.seed for trial in run(make(SPACE, 5), range(1, 10))] == [
        trial_seed(5, number) for number in range(1, 10)
    ]


def test_every_config_fits_the_space(make: MakeSampler) -> None:
    for trial in run(make(SPACE, 1), range(1, 41)):
        check_config(SPACE, trial.config)


def test_a_config_survives_json_without_change(make: MakeSampler) -> None:
    for trial in run(make(SPACE, 1), range(1, 41)):
        again = through_json(trial).config
        assert again == trial.config
        assert [type(value) for value in again.values()] == [type(value) for value in trial.config.values()]


def test_no_config_is_asked_twice(make: MakeSampler) -> None:
    trials = run(make(SPACE, 1), range(1, 61))
    assert len({config_key(trial.config) for trial in trials}) == 60


def test_no_pending_config_is_asked_again(make: MakeSampler) -> None:
    sampler, pending = make(SMALL, 1), list[Suggestion]()
    for number in range(1, 16):
        suggestion = sampler.ask(number, pending)
        assert suggestion is not None
        pending.append(suggestion)
    assert len({config_key(suggestion.config) for suggestion in pending}) == 15


def test_a_space_is_used_up_after_as_many_trials_as_it_has_configs(make: MakeSampler) -> None:
    n = n_configs(SMALL)
    assert n == 25
    sampler = make(SMALL, 1)
    trials = run(sampler, range(1, n + 1))
    assert len({config_key(trial.config) for trial in trials}) == n
    assert sampler.ask(n + 1, []) is None


def test_a_space_whose_last_configs_are_pending_is_used_up_too(make: MakeSampler) -> None:
    sampler = make(SMALL, 1)
    *told, a, b = run(make(SMALL, 1), range(1, 26))
    for trial in told:
        sampler.tell(trial)
    assert sampler.ask(26, [a.suggestion, b.suggestion]) is None
    last = sampler.ask(26, [a.suggestion])
    assert last is not None
    assert last.config == b.config


def test_a_sampler_told_the_journal_goes_on_as_if_it_had_never_stopped(make: MakeSampler) -> None:
    once = run(make(SPACE, 2), range(1, 41))
    again = make(SPACE, 2)
    for trial in once[:23]:
        again.tell(through_json(trial))
    assert [trial.config for trial in run(again, range(24, 41))] == [trial.config for trial in once[23:]]


def test_the_order_of_telling_does_not_matter(make: MakeSampler) -> None:
    trials = run(make(SPACE, 2), range(1, 31))
    forwards, backwards = make(SPACE, 2), make(SPACE, 2)
    for there, back in zip(trials, reversed(trials), strict=True):
        forwards.tell(there)
        backwards.tell(back)
    assert forwards.ask(31, []) == backwards.ask(31, [])


def test_a_trial_that_was_never_asked_for_is_learned_from(make: MakeSampler) -> None:
    sampler = make(SPACE, 0)
    config = {"model": "knn", "model.knn.n_neighbors": 7}
    sampler.tell(Trial(Suggestion(30, config, 1), TrialResult(30, TrialState.COMPLETE, 0.5)))
    assert all(trial.config != config for trial in run(sampler, [1, 2, 3, 4, 5]))


def test_a_search_in_which_everything_fails_goes_on(make: MakeSampler) -> None:
    sampler = make(SPACE, 0)
    for number in range(1, 31):
        suggestion = sampler.ask(number, [])
        assert suggestion is not None
        sampler.tell(Trial(suggestion, TrialResult(number, TrialState.CRASHED)))
