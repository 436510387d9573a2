"""A journal against a plain record of what was done, whoever was killed in between and wherever a byte was changed."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from automl.core.journal import Journal, read_journal, read_oof
from automl.core.training import TrialTraining
from automl.core.trial import Suggestion, Trial, TrialResult, TrialState
from automl.errors import StudyError

texts = st.text(max_size=20)
numbers = st.floats(allow_nan=False, allow_infinity=False)
counts = st.lists(st.integers(0), max_size=3).map(tuple)
trainings = st.builds(
    TrialTraining,
    epochs=counts,
    curves=st.dictionaries(texts, st.lists(st.none() | numbers, max_size=3).map(tuple), max_size=3),
    n_epochs=counts,
    best_epochs=counts,
    n_parameters=st.none() | st.integers(0),
    architecture=texts,
)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts


class JournalMachine(RuleBasedStateMachine):
    """Sessions that ask, finish and release trials, and are killed at any byte of the line they write."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(mkdtemp())
        Journal.create(self.folder, study="s", digest="d", n_trials=9)
        self.journal, _ = Journal.open(self.folder)
        self.finished: dict[int, Trial] = {}
        self.attempts: dict[int, int] = {}
        self.asked: dict[int, Suggestion] = {}

    @rule(
        config=st.dictionaries(texts, scalars, max_size=4),
        seed=st.integers(0, 2**63),
        bars=st.lists(st.none() | numbers, max_size=4).map(tuple),
    )
    def ask(self, config, seed, bars):
        number = max([0, *self.finished, *self.attempts]) + 1
        self.asked[number] = Suggestion(number, {"model": "knn", **config}, seed, bars)
        self.attempts[number] = 1
        self.journal.asked(self.asked[number], 1)

    @precondition(lambda self: self.attempts)
    @rule(data=st.data())
    def ask_again(self, data):
        number = data.draw(st.sampled_from(sorted(self.attempts)))
        self.attempts[number] += 1
        self.journal.asked(self.asked[number], self.attempts[number])

    @precondition(lambda self: self.attempts)
    @rule(data=st.data(), loss=st.none() | numbers, error=st.none() | texts, training=st.none() | trainings)
    def finish(self, data, loss, error, training):
        self.write_finished(data.draw(st.sampled_from(sorted(self.attempts))), loss, error, training)

    def write_finished(self, number, loss, error, training=None):
        state = TrialState.FAILED if loss is None else TrialState.COMPLETE
        oof = None if loss is None else np.array([[loss, number]])
        result = TrialResult(number, state, loss=loss, error=error, oof=oof, training=training)
        trial = Trial(self.asked[number], result)
        self.journal.finished(trial)
        del self.attempts[number]
        self.finished[number] = trial

    @precondition(lambda self: self.attempts)
    @rule(data=st.data())
    def release(self, data):
        number = data.draw(st.sampled_from(sorted(self.attempts)))
        self.attempts[number] -= 1
        self.journal.released(number)

    @precondition(lambda self: self.attempts)
    @rule(data=st.data())
    def is_killed_while_it_writes(self, data):
        number = data.draw(st.sampled_from(sorted(self.attempts)))
        attempts, before = self.attempts[number], self.journal.path.stat().st_size
        self.write_finished(number, 0.5, "a text with a line\nend, and ü")
        after = self.journal.path.stat().st_size
        os.truncate(self.journal.path, data.draw(st.integers(before, after - 1)))
        del self.finished[number]
        self.attempts[number] = attempts
        self.begin_again()

    @rule()
    def begin_again(self):
        self.journal.close()
        self.journal, _ = Journal.open(self.folder)
        self.journal.session(9)

    @invariant()
    def what_was_written_is_read(self):
        state = read_journal(self.folder)
        assert {t.number: t.suggestion for t in state.trials} == {n: t.suggestion for n, t in self.finished.items()}
        assert [t.number for t in state.trials] == list(self.finished)
        assert [t.result.training for t in state.trials] == [t.result.training for t in self.finished.values()]
        assert {f.suggestion.number: f.attempts for f in state.in_flight} == self.attempts
        assert [f.suggestion for f in state.in_flight] == [self.asked[n] for n in sorted(self.attempts)]
        complete = tuple(t for t in state.trials if t.is_complete)
        for trial, oof in zip(complete, read_oof(self.folder, complete), strict=True):
            assert (trial.loss, oof.tolist()) == (oof[0, 0], [[trial.loss, trial.number]])

    def teardown(self):
        self.journal.close()
        shutil.rmtree(self.folder)


JournalMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)
TestJournal = JournalMachine.TestCase


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A journal with every kind of line."""
    folder = tmp_path_factory.mktemp("written")
    Journal.create(folder, study="s", digest="d", n_trials=9)
    journal, _ = Journal.open(folder)
    with journal:
        for number in (1, 2, 3):
            journal.asked(Suggestion(number, {"model": "svm", "model.svm.C": 0.1}, seed=number), 1)
        scores = {"log_loss": (0.1, None)}
        journal.finished(Trial(Suggestion(1, {}, 1), TrialResult(1, TrialState.COMPLETE, loss=0.3, fold_scores=scores)))
        journal.released(2)
        journal.finished(Trial(Suggestion(3, {}, 3), TrialResult(3, TrialState.FAILED, error="E: no", traceback="T")))
        journal.session(9)
    return folder


@settings(deadline=None, max_examples=300)
@given(place=st.integers(0, 2000), noise=st.binary(min_size=1, max_size=40))
def test_bytes_that_were_overwritten_are_refused_unless_the_last_line_is_torn(written, place, noise):
    folder = Path(mkdtemp())
    whole = (written / "trials.jsonl").read_bytes()
    place %= len(whole)
    damaged = whole[:place] + noise + whole[place + len(noise) :]
    try:
        (folder / "trials.jsonl").write_bytes(damaged)
        state = read_journal(folder)
    except StudyError as error:
        assert "trials.jsonl" in error.message
    else:
        tail = damaged.rsplit(b"\n", 1)[1]
        assert damaged.removesuffix(tail) == whole[: len(damaged) - len(tail)]
        assert (state.torn or "") == tail.decode(errors="replace")
    finally:
        shutil.rmtree(folder)
