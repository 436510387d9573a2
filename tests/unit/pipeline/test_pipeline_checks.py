"""Each rule is broken by a family or a stage made for it, and the message names the rule."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.preprocessing import StandardScaler

from automl.errors import AutoMLError, MissingPackageError
from automl.pipeline.checks import check_family
from automl.pipeline.params import with_defaults
from automl.pipeline.registry import ModelFamily, Rows, StageKind, StageOption, stage
from automl.pipeline.stage_checks import check_stage


class Wrapped(ClassifierMixin, BaseEstimator):
    """Naive Bayes, with one thing wrong in a subclass."""

    def fit(self, X, y, sample_weight=None):
        self.model_ = GaussianNB().fit(X, y, sample_weight)
        self.classes_ = self.model_.classes_
        return self

    def predict_proba(self, X):
        return self.model_.predict_proba(X)


class NotNormalised(Wrapped):
    def predict_proba(self, X):
        return 2 * super().predict_proba(X)


class Unstable(Wrapped):
    """Every prediction is a little nearer to even odds than the one before."""

    def predict_proba(self, X):
        self.n_calls_ = getattr(self, "n_calls_", 0) + 1
        doubt = 1e-9 * self.n_calls_
        return (1 - doubt) * super().predict_proba(X) + doubt / len(self.classes_)


class Unseeded(Wrapped):
    def fit(self, X, y, sample_weight=None):
        return super().fit(X + np.random.default_rng().normal(size=X.shape), y, sample_weight)


class Greedy(Wrapped):
    """Standardises the rows it predicts by themselves."""

    def predict_proba(self, X):
        return super().predict_proba(X - X.mean(axis=0) + 1.0)


class Destructive(Wrapped):
    def fit(self, X, y, sample_weight=None):
        super().fit(X, y, sample_weight)
        X[0] = 0
        return self


class Unweighted(Wrapped):
    def fit(self, X, y, sample_weight=None):
        return super().fit(X, y)


class GlobalDraw(Wrapped):
    def fit(self, X, y, sample_weight=None):
        np.random.random()  # noqa: NPY002 - what must not be done
        return super().fit(X, y, sample_weight)


class Unreadable(Wrapped):
    def fit(self, X, y, sample_weight=None):
        self.history_ = {"loss": [0.5, 0.25], "valid_loss": ["a lot", "less"]}
        return super().fit(X, y, sample_weight)


class Uneven(Wrapped):
    def fit(self, X, y, sample_weight=None):
        self.history_ = {"loss": [0.5, 0.25], "valid_loss": [0.5]}
        return super().fit(X, y, sample_weight)


class BeyondItsEpochs(Wrapped):
    def fit(self, X, y, sample_weight=None):
        self.history_, self.best_epoch_ = {"loss": [0.5, 0.25], "valid_loss": []}, 2
        return super().fit(X, y, sample_weight)


def family(make, **fields) -> ModelFamily:
    def build(params, context):
        with_defaults(params, {})
        return make(context)

    return ModelFamily(**{"name": "odd", "title": "odd", "params": (), "build": build, **fields})


BROKEN = {
    "parameters it does not know.*no_such_parameter": family(lambda c: None, build=lambda p, c: GaussianNB()),
    "identifiers.*'not one'": family(lambda c: GaussianNB(), name="not one"),
    "learns two classes.*sum of 1 by 1": family(lambda c: NotNormalised()),
    "learns two classes.*mean probability of 0.50": family(lambda c: DummyClassifier()),
    "learns two classes.*has no attribute 'fit'": family(lambda c: object()),
    "missing values if it says so.*NaN": family(lambda c: GaussianNB(), takes_missing=True),
    "weights count.*changes nothing": family(lambda c: Unweighted()),
    "rows and seed.*predicts otherwise the second time": family(lambda c: Unstable()),
    "rows and seed.*fits otherwise the second time": family(lambda c: Unseeded()),
    "its row alone.*differ by": family(lambda c: Greedy()),
    "trusting the types it names.*Wrapped": family(lambda c: Wrapped()),
    "leaves its rows.*in place": family(lambda c: Destructive()),
    "global generator alone.*drew from": family(lambda c: GlobalDraw()),
    "its training can be read.*no numbers, one per epoch: .'valid_loss'": family(lambda c: Unreadable()),
    "its training can be read.*different lengths": family(lambda c: Uneven()),
    "its training can be read.*best_epoch_ is not among its 2 epochs": family(lambda c: BeyondItsEpochs()),
    "number of threads.*change a probability": family(lambda c: LogisticRegression(C=c.n_threads)),
}


@pytest.mark.parametrize("message", BROKEN)
def test_family_that_breaks_a_rule_is_told_which(message):
    with pytest.raises(AutoMLError, match=f"(?s)breaks the rule .*{message}"):
        check_family(BROKEN[message])


def test_family_whose_package_is_missing_is_told_so():
    with pytest.raises(MissingPackageError, match="needs no_such_package"):
        check_family(family(lambda c: GaussianNB(), needs=("no_such_package",)))


class Centred(TransformerMixin, BaseEstimator):
    """Takes the mean of the rows it is given, new ones too."""

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return X - X.mean(axis=0)


class Single(StandardScaler):
    def transform(self, X):
        return super().transform(X).astype(np.float32)


class Kept(StandardScaler):
    """Of a type that skops does not know."""


def scale(make) -> StageKind:
    def build(params, context):
        with_defaults(params, {})
        return make(context)

    return StageKind("odd", "odd", "scale", {"only": StageOption(build)})


def rows(change) -> StageKind:
    def build(params, context):
        with_defaults(params, {})
        return change

    return StageKind("odd", "odd", "rows", {"only": StageOption(build)})


BROKEN_STAGES = {
    "depends on that row alone.*differs by": scale(lambda c: Centred()),
    "numbers of every row.*float32": scale(lambda c: Single()),
    "trusting the types it names.*Kept": scale(lambda c: Kept()),
    "it does not know": StageKind("odd", "odd", "scale", {"only": StageOption(lambda p, c: StandardScaler())}),
    "clone of it can be fitted": replace(
        stage("encode"), name="odd", options={"only": replace(stage("encode").options["target"], settle=None)}
    ),
    "classes and groups of the old ones.*invents groups": rows(lambda r: Rows(r.X, r.y, r.groups + 1000)),
    "classes and groups of the old ones.*without saying": rows(lambda r: Rows(r.X, r.y, r.groups, np.ones(len(r.y)))),
    "classes and groups of the old ones.*lengths": rows(lambda r: Rows(r.X[:-1], r.y, r.groups)),
    "classes and groups of the old ones.*loses a class": rows(
        lambda r: Rows(r.X[r.y > 0], r.y[r.y > 0], r.groups[r.y > 0])
    ),
}


@pytest.mark.parametrize("message", BROKEN_STAGES)
def test_stage_that_breaks_a_rule_is_told_which(message):
    with pytest.raises(AutoMLError, match=f'(?s)option "only" of stage "odd" breaks the rule .*{message}'):
        check_stage(BROKEN_STAGES[message])
