"""hyperopt 0.3.0's traps, and that we propose what it would."""

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from automl.core.trial import Config, Suggestion, Trial, TrialResult, TrialState
from automl.samplers.encoding import hyperopt_space
from automl.samplers.hyperopt_tpe import HyperoptTPE
from automl.spaces.configs import config_key
from automl.spaces.nodes import Choice, Float, Int, Parameter, Space, Stage

SEED = 7
N_TRIALS = 60
SPACE = Space(
    "floats and choices",
    "",
    stages=(
        Stage("scale", {"none": (), "normalize": (Parameter("norm", Choice(("l1", "l2"), "l1")),)}, "none", ("svm",)),
        Stage("select", {"none": (), "pca": (Parameter("variance", Float(0.5, 1.0, 0.95)),)}, "none"),
    ),
    models={
        "svm": (
            Parameter("C", Float(1e-3, 1e3, 1.0, log=True)),
            Parameter("kernel", Choice(("linear", "rbf", "poly"), "rbf")),
            Parameter("gamma", Float(1e-4, 10.0, 0.1, log=True), {"kernel": ("rbf", "poly")}),
            Parameter("degree", Choice((2, 3, 4), 3), {"kernel": ("poly",)}),
        ),
        "knn": (Parameter("n_neighbors", Choice((1, 3, 5), 3)), Parameter("p", Float(1.0, 3.0, 2.0))),
    },
)
LINE = Space("line", "", (), {"m": (Parameter("x", Float(0.0, 1.0, 0.5)),)})
GRID = Space("grid", "", (), {"m": tuple(Parameter(name, Int(1, 6, 3)) for name in "abc")})


def written_by_hand() -> Any:
    """``SPACE`` as somebody who uses hyperopt alone would write it."""
    from hyperopt import hp

    gamma = hp.loguniform("model.svm.gamma", math.log(1e-4), math.log(10.0))
    norm = hp.choice("scale.normalize.norm", ["l1", "l2"])
    svm = {
        "model": "svm",
        "scale": hp.choice("scale", [{"scale": "none"}, {"scale": "normalize", "scale.normalize.norm": norm}]),
        "model.svm.C": hp.loguniform("model.svm.C", math.log(1e-3), math.log(1e3)),
        "kernel": hp.choice(
            "model.svm.kernel",
            [
                {"model.svm.kernel": "linear"},
                {"model.svm.kernel": "rbf", "model.svm.gamma": gamma},
                {
                    "model.svm.kernel": "poly",
                    "model.svm.gamma": gamma,
                    "model.svm.degree": hp.choice("model.svm.degree", [2, 3, 4]),
                },
            ],
        ),
    }
    knn = {
        "model": "knn",
        "model.knn.n_neighbors": hp.choice("model.knn.n_neighbors", [1, 3, 5]),
        "model.knn.p": hp.uniform("model.knn.p", 1.0, 3.0),
    }
    pca = {"select": "pca", "select.pca.variance": hp.uniform("select.pca.variance", 0.5, 1.0)}
    return {"select": hp.choice("select", [{"select": "none"}, pca]), "model": hp.choice("model", [svm, knn])}


def joined(point: Mapping[str, Any]) -> dict[str, Any]:
    """Nested dicts of a hyperopt point -> config."""
    config: dict[str, Any] = {}
    for label, value in point.items():
        config |= joined(value) if isinstance(value, dict) else {} if value is None else {label: value}
    return config


def loss(config: Config) -> float:
    numbers = [value for value in config.values() if isinstance(value, int | float)]
    words = [value for value in config.values() if isinstance(value, str)]
    return sum((math.log10(x) - 0.3) ** 2 for x in numbers) + 0.05 * len("".join(words))


def run(sampler: HyperoptTPE, first: int, last: int) -> list[Trial]:
    trials = []
    for number in range(first, last + 1):
        suggestion = sampler.ask(number, [])
        assert suggestion is not None
        result = TrialResult(number, TrialState.COMPLETE, loss(suggestion.config))
        trials.append(Trial(suggestion, result))
        sampler.tell(trials[-1])
    return trials


def plain() -> HyperoptTPE:
    return HyperoptTPE(SPACE, SEED, use_defaults=False, reject_duplicates=False, impute_failures=False)


@pytest.fixture(scope="module", params=[lambda: hyperopt_space(SPACE), written_by_hand], ids=["compiled", "by hand"])
def of_fmin(request: pytest.FixtureRequest) -> list[Config]:
    """What ``fmin`` proposes."""
    from hyperopt import fmin, tpe

    configs: list[Config] = []

    def objective(point: Mapping[str, Any]) -> float:
        configs.append(joined(point))
        return loss(configs[-1])

    rstate = np.random.default_rng(SEED)
    fmin(objective, request.param(), tpe.suggest, N_TRIALS, rstate=rstate, verbose=False, show_progressbar=False)
    return configs


def test_without_our_additions_it_proposes_what_fmin_would(of_fmin: list[Config]) -> None:
    assert [trial.config for trial in run(plain(), 1, N_TRIALS)] == of_fmin


def test_after_a_replay_from_json_too(of_fmin: list[Config]) -> None:
    sampler = plain()
    for trial in run(plain(), 1, 33):
        config, value = json.loads(json.dumps([dict(trial.config), trial.loss]))
        suggestion = Suggestion(trial.number, config, trial.suggestion.seed)
        sampler.tell(Trial(suggestion, TrialResult(trial.number, TrialState.COMPLETE, value)))
    assert [trial.config for trial in run(sampler, 34, N_TRIALS)] == of_fmin[33:]


def share_in_failing_region(state_there: TrialState) -> float:
    """Share of trials 41 to 80 below 0.4, where every trial has a loss better than any other, and this state."""
    sampler, n_there = HyperoptTPE(LINE, 0), 0
    for number in range(1, 81):
        suggestion = sampler.ask(number, [])
        assert suggestion is not None
        x = float(str(suggestion.config["model.m.x"]))
        state, value = (state_there, -1.0) if x < 0.4 else (TrialState.COMPLETE, abs(x - 0.75))
        sampler.tell(Trial(suggestion, TrialResult(number, state, value)))
        n_there += number > 40 and x < 0.4
    return n_there / 40


def test_a_region_that_fails_is_left_even_if_its_failures_carry_a_low_loss() -> None:
    assert share_in_failing_region(TrialState.COMPLETE) > 0.5
    assert share_in_failing_region(TrialState.FAILED) < 0.15


@pytest.mark.parametrize("state", [TrialState.FAILED, TrialState.TIMED_OUT, TrialState.CRASHED])
def test_failures_are_no_start_up(state: TrialState) -> None:
    fresh, sampler = HyperoptTPE(SPACE, 0, n_startup=3), HyperoptTPE(SPACE, 0, n_startup=3)
    for trial in run(HyperoptTPE(SPACE, 1), 1, 10):
        sampler.tell(Trial(trial.suggestion, TrialResult(trial.number, state)))
    assert sampler.ask(11, []) == fresh.ask(11, [])  # still random, whatever was told


def test_pruned_trials_are_start_up() -> None:
    fresh, sampler = HyperoptTPE(SPACE, 0, n_startup=3), HyperoptTPE(SPACE, 0, n_startup=3)
    for trial in run(HyperoptTPE(SPACE, 1), 1, 10):
        sampler.tell(Trial(trial.suggestion, TrialResult(trial.number, TrialState.PRUNED, trial.loss)))
    assert sampler.ask(11, []) != fresh.ask(11, [])


def test_a_loss_that_is_no_number_is_a_failure() -> None:
    one, other = HyperoptTPE(SPACE, 0, n_startup=3), HyperoptTPE(SPACE, 0, n_startup=3)
    for trial in run(HyperoptTPE(SPACE, 1), 1, 10):
        broken = trial.number > 5
        one.tell(Trial(trial.suggestion, TrialResult(trial.number, TrialState.COMPLETE, math.nan)) if broken else trial)
        other.tell(Trial(trial.suggestion, TrialResult(trial.number, TrialState.FAILED)) if broken else trial)
    assert one.ask(11, []) == other.ask(11, [])


def test_two_hundred_trials_on_a_grid_are_two_hundred_points() -> None:
    sampler = HyperoptTPE(GRID, 0)
    assert len({config_key(trial.config) for trial in run(sampler, 1, 200)}) == 200


def test_a_logarithmic_range_of_whole_numbers_keeps_to_its_ends_and_reaches_them() -> None:
    space = Space("ints", "", (), {"m": (Parameter("n", Int(3, 6, 4, log=True)), Parameter("x", Float(0.1, 1.0, 0.5)))})
    assert {trial.config["model.m.n"] for trial in run(HyperoptTPE(space, 0), 1, 40)} == {3, 4, 5, 6}


def test_a_second_half_does_not_repeat_the_first() -> None:
    first = run(plain(), 1, 8)
    again = plain()
    for trial in first:
        again.tell(trial)
    second = run(again, 9, 16)
    assert len({config_key(trial.config) for trial in first + second}) == 16


def on_a_line(seed: int) -> tuple[HyperoptTPE, list[Trial], Suggestion]:
    """A sampler after 40 trials, these, and a trial that runs a thousandth beside the best of them."""
    sampler, trials = HyperoptTPE(LINE, seed), list[Trial]()
    for number in range(1, 41):
        suggestion = sampler.ask(number, [])
        assert suggestion is not None
        trials.append(Trial(suggestion, TrialResult(number, TrialState.COMPLETE, abs(place(suggestion) - 0.7))))
        sampler.tell(trials[-1])
    best = min(trials, key=lambda trial: float(trial.loss or 0.0)).suggestion
    return sampler, trials, Suggestion(41, {"model": "m", "model.m.x": place(best) + 0.001}, 0)


def place(suggestion: Suggestion | None) -> float:
    assert suggestion is not None
    return float(str(suggestion.config["model.m.x"]))


def test_pending_trials_repel() -> None:
    sampler, _, running = on_a_line(seed=3)
    numbers = range(42, 142)
    alone = [abs(place(sampler.ask(number, [])) - place(running)) < 0.05 for number in numbers]
    beside = [abs(place(sampler.ask(number, [running])) - place(running)) < 0.05 for number in numbers]
    assert sum(alone) > 15
    assert sum(beside) == 0


@pytest.mark.parametrize("lie", [max, lambda losses: sum(losses) / len(losses)], ids=["worst", "mean"])
def test_no_loss_is_as_good_as_the_lie_that_pending_trials_have_the_worst_or_the_mean_one(
    lie: Callable[[list[float]], float],
) -> None:
    sampler, trials, running = on_a_line(seed=3)
    lied_to, _, _ = on_a_line(seed=3)
    loss_told = lie([float(trial.loss or 0.0) for trial in trials])
    lied_to.tell(Trial(running, TrialResult(running.number, TrialState.COMPLETE, loss_told)))
    for number in range(42, 62):
        assert sampler.ask(number, [running]) == lied_to.ask(number, [])


def share_of_pruned_region(loss_there: float, state_there: TrialState) -> float:
    """Share of trials 41 to 80 below 0.4, where every trial ends so; elsewhere 0.75 is best, with a loss of 1."""
    sampler, n_there = HyperoptTPE(LINE, 0), 0
    for number in range(1, 81):
        suggestion = sampler.ask(number, [])
        assert suggestion is not None
        is_there = place(suggestion) < 0.4
        state = state_there if is_there else TrialState.COMPLETE
        value = loss_there if is_there else 1 + abs(place(suggestion) - 0.75)
        sampler.tell(Trial(suggestion, TrialResult(number, state, value)))
        n_there += number > 40 and is_there
    return n_there / 40


def test_a_pruned_trial_never_ranks_as_good_even_if_its_folds_were_easy() -> None:
    assert share_of_pruned_region(0.1, TrialState.COMPLETE) > 0.5
    assert share_of_pruned_region(0.1, TrialState.PRUNED) < 0.15


def told_losses(*trials: tuple[TrialState, float | None]) -> list[float]:
    """What hyperopt is told of these trials, in their order."""
    sampler = HyperoptTPE(LINE, 0)
    for number, (state, value) in enumerate(trials, 1):
        suggestion = Suggestion(number, {"model": "m", "model.m.x": number / 100}, 0)
        sampler.tell(Trial(suggestion, TrialResult(number, state, value)))
    return [loss for _, loss in sorted(zip(sampler._trials([]).tids, sampler._trials([]).losses(), strict=True))]


def test_a_pruned_trial_counts_as_worse_than_the_median_complete_one_and_keeps_its_order_among_the_bad() -> None:
    complete = [(TrialState.COMPLETE, value) for value in (0.1, 0.3, 0.2)]
    pruned = [(TrialState.PRUNED, value) for value in (0.05, 0.25, 0.9)]
    assert told_losses(*complete, *pruned) == [0.1, 0.3, 0.2, math.nextafter(0.2, 1), 0.25, 0.9]
    assert told_losses((TrialState.PRUNED, 0.05), (TrialState.FAILED, None)) == [0.05, 0.05]
