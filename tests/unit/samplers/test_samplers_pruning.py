"""Suggestions say when to stop, and what was stopped misleads nobody."""

import pytest

from automl.core.budget import Budget
from automl.core.journal import Journal, read_journal
from automl.core.metric import METRICS
from automl.core.pruning import N_COMPLETE, bars, running_loss
from automl.core.study import Study
from automl.core.trial import Suggestion, Trial, TrialResult, TrialState
from automl.execution.inline import InlineExecutor
from automl.samplers.hyperopt_tpe import HyperoptTPE
from automl.samplers.pruning import PruningSampler
from automl.samplers.random import RandomSampler
from automl.spaces.nodes import Float, Parameter, Space

LINE = Space("line", "", (), {name: (Parameter("x", Float(0.0, 1.0, 0.5)),) for name in ("svm", "knn")})
METRIC = METRICS["log_loss"]
HARDNESS = (0.3, 0.0, -0.1, -0.1, -0.1)


def place(suggestion):
    return suggestion.config[f"model.{suggestion.family}.x"]


def evaluate(suggestion):
    """Five folds; the farther from 0.7 the worse; stopped where the bars say so."""
    loss, number = abs(place(suggestion) - 0.7), suggestion.number
    folds = [loss + hardness + 0.01 * (number * (k + 3) % 5) for k, hardness in enumerate(HARDNESS)]
    for k, bar in enumerate(suggestion.bars, 1):
        if bar is not None and running_loss(folds[:k], METRIC) > bar:
            return result(suggestion, folds[:k], TrialState.PRUNED)
    return result(suggestion, folds, TrialState.COMPLETE)


def result(suggestion, folds, state):
    scores = (*folds, *[None] * (len(HARDNESS) - len(folds)))
    return TrialResult(suggestion.number, state, running_loss(folds, METRIC), {"log_loss": scores})


def run(sampler, first, last):
    trials = []
    for number in range(first, last + 1):
        suggestion = sampler.ask(number, [])
        trials.append(Trial(suggestion, evaluate(suggestion)))
        sampler.tell(trials[-1])
    return trials


def test_suggestions_carry_the_bars_of_what_was_told():
    sampler = PruningSampler(RandomSampler(LINE, 0), METRIC)
    trials = run(sampler, 1, 30)
    suggestion = sampler.ask(31, [])
    assert suggestion.bars == bars(trials, suggestion.family, METRIC) != ()
    assert suggestion.config == run(RandomSampler(LINE, 0), 1, 31)[-1].config


def test_the_first_trials_and_so_the_defaults_have_no_bars():
    trials = run(PruningSampler(HyperoptTPE(LINE, 0), METRIC), 1, N_COMPLETE)
    assert {t.suggestion.bars for t in trials} == {()}


def test_a_space_that_is_used_up_is_used_up():
    one = Space("one", "", (), {"svm": ()})
    sampler = PruningSampler(RandomSampler(one, 0), METRIC)
    first = sampler.ask(1, [])
    sampler.tell(Trial(first, TrialResult(1, TrialState.COMPLETE, 0.1)))
    assert sampler.ask(2, []) is None


def session(folder, n_trials):
    if not (folder / "trials.jsonl").exists():
        folder.mkdir()
        Journal.create(folder, study="s", digest="d", n_trials=n_trials)
    journal, state = Journal.open(folder)
    with journal:
        sampler = PruningSampler(HyperoptTPE(LINE, 0), METRIC)
        Study(journal, state, sampler, InlineExecutor(evaluate)).run(Budget(n_trials))
    return read_journal(folder).trials


@pytest.mark.parametrize("stop", [9, 17, 33])
def test_a_resumed_study_prunes_what_one_run_would(stop, tmp_path):
    once = session(tmp_path / "once", 50)
    session(tmp_path / "twice", stop)
    assert session(tmp_path / "twice", 50) == once
    states = [t.state for t in once]
    assert states.count(TrialState.PRUNED) >= 5
    assert states.count(TrialState.COMPLETE) >= N_COMPLETE


def test_tpe_asks_what_it_would_have_asked_had_nothing_been_pruned():
    """It reads only which few losses are best, and none of these was pruned."""
    whole = run(HyperoptTPE(LINE, 0), 1, 50)
    pruned = run(PruningSampler(HyperoptTPE(LINE, 0), METRIC), 1, 50)
    assert [t.config for t in pruned] == [t.config for t in whole]
    assert sum(t.state is TrialState.PRUNED for t in pruned) >= 5


def test_a_pruned_search_finds_the_winner_of_a_whole_one():
    whole = run(RandomSampler(LINE, 0), 1, 60)
    pruned = run(PruningSampler(RandomSampler(LINE, 0), METRIC), 1, 60)
    best = min(whole, key=lambda t: t.loss)
    assert best in [Trial(Suggestion(t.number, t.config, t.suggestion.seed), t.result) for t in pruned]
    assert sum(t.state is TrialState.PRUNED for t in pruned) > 20
