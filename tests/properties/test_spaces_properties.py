"""Rules that hold for every space: text -> space -> configs -> hyperopt's numbers and back."""

import json
from dataclasses import replace
from random import Random

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from automl.core.trial import Scalar, Trial, TrialResult, TrialState
from automl.samplers.encoding import decode, encode
from automl.samplers.hyperopt_tpe import HyperoptTPE
from automl.spaces.configs import check_config, config_key, default_configs, sample
from automl.spaces.finite import all_configs, n_configs
from automl.spaces.nodes import Choice, Fixed, Float, Int, Node, Parameter, Space, Stage
from automl.spaces.parse import parse_space
from automl.spaces.values import clipped, interval, scalar_text
from automl.spaces.vocabulary import Vocabulary

NAMES = ("alpha", "beta", "gamma", "delta", "epsilon")
FAMILIES = ("svm", "knn", "lda")
STAGES = ("scale", "select")

scalars = st.one_of(
    st.text(max_size=5).filter(str.isprintable), st.integers(-9, 9), st.booleans(), st.floats(-1e6, 1e6).map(float)
)


@st.composite
def numbers(draw: st.DrawFn) -> Float | Int:
    log = draw(st.booleans())
    if draw(st.booleans()):
        low = draw(st.integers(1 if log else -50, 50))
        high = low + draw(st.integers(1, 20))
        return Int(low, high, draw(st.integers(low, high)), log)
    low_x = draw(st.floats(1e-9 if log else -1e6, 1e6))
    high_x = low_x + abs(low_x) * draw(st.floats(0.01, 100.0)) + 1e-9
    return Float(low_x, high_x, draw(st.floats(low_x, high_x)), log)


@st.composite
def choices(draw: st.DrawFn) -> Choice:
    options = tuple(draw(st.lists(scalars, min_size=1, max_size=4, unique_by=scalar_text)))
    return Choice(options, draw(st.sampled_from(options)))


@st.composite
def tables(draw: st.DrawFn, *, finite: bool = False) -> tuple[Parameter, ...]:
    """Parameters, each of which may hang on choices that stand before it."""
    parameters: list[Parameter] = []
    real = st.one_of(numbers(), choices(), scalars.map(Fixed))
    whole = st.one_of(choices(), scalars.map(Fixed), numbers().filter(lambda node: isinstance(node, Int)))
    for name in draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=3 if finite else 5)):
        node: Node = draw(whole if finite else real)
        before = [(p.name, p.node.options) for p in parameters if isinstance(p.node, Choice)]
        chosen = draw(st.lists(st.sampled_from(before), unique=True, max_size=2)) if before else []
        when = {n: tuple(draw(st.lists(st.sampled_from(o), min_size=1, unique_by=scalar_text))) for n, o in chosen}
        parameters.append(Parameter(name, node, when))
    return tuple(parameters)


@st.composite
def spaces(draw: st.DrawFn, *, finite: bool = False) -> Space:
    families = draw(st.lists(st.sampled_from(FAMILIES), unique=True, min_size=1))
    stages = []
    for name in draw(st.lists(st.sampled_from(STAGES), unique=True)):
        options = draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=1, max_size=3))
        made_for = draw(st.none() | st.lists(st.sampled_from(families), unique=True, min_size=1).map(tuple))
        tables_of = {option: draw(tables(finite=finite)) if draw(st.booleans()) else () for option in options}
        stages.append(Stage(name, tables_of, draw(st.sampled_from(options)), made_for))
    models = {family: draw(tables(finite=finite)) for family in families}
    return Space("any", "", tuple(stages), models)


def as_toml(space: Space) -> str:
    lines = ["schema = 1", f"name = {_toml(space.name)}"]
    for stage in space.stages:
        lines += ["[[stage]]", f"name = {_toml(stage.name)}", f"default = {_toml(stage.default)}"]
        lines += [f"for = [{', '.join(map(_toml, stage.families))}]"] if stage.families is not None else []
        for option, parameters in stage.options.items():
            lines += [f"[stage.option.{option}]", *map(_entry, parameters)]
    for family, parameters in space.models.items():
        lines += [f"[model.{family}]", *map(_entry, parameters)]
    return "\n".join(lines)


def _entry(parameter: Parameter) -> str:
    match parameter.node:
        case Fixed(value):
            words = [f"fixed = {_toml(value)}"]
        case Choice(options, default):
            words = [f"choice = [{', '.join(map(_toml, options))}]", f"default = {_toml(default)}"]
        case Float(low, high, default, log) | Int(low, high, default, log):
            kind = "float" if isinstance(parameter.node, Float) else "int"
            words = [f"{kind} = [{low!r}, {high!r}]", f"default = {default!r}", f"log = {_toml(log)}"]
    if parameter.when:
        terms = (f"{name} = [{', '.join(map(_toml, options))}]" for name, options in parameter.when.items())
        words.append(f"when = {{ {', '.join(terms)} }}")
    return f"{parameter.name} = {{ {', '.join(words)} }}"


def _toml(value: Scalar) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str | bool) else repr(value)


def in_any_order(space: Space) -> Space:
    """The space with each table sorted by name: the parser may move what depends on a choice further down."""
    stages = (replace(s, options={name: _by_name(table) for name, table in s.options.items()}) for s in space.stages)
    return replace(space, stages=tuple(stages), models={name: _by_name(table) for name, table in space.models.items()})


def _by_name(table: tuple[Parameter, ...]) -> tuple[Parameter, ...]:
    return tuple(sorted(table, key=lambda parameter: parameter.name))


VOCABULARY = Vocabulary(
    families=dict.fromkeys(FAMILIES, NAMES), stages=dict.fromkeys(STAGES, dict.fromkeys(NAMES, NAMES))
)
few = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@few
@given(spaces())
def test_a_space_written_as_text_is_read_as_the_same_space(space: Space) -> None:
    read = parse_space(as_toml(space), source="any.toml", vocabulary=VOCABULARY)
    assert in_any_order(read) == in_any_order(space)


@few
@given(spaces(), st.integers(0, 2**31))
def test_every_default_and_every_draw_fits(space: Space, seed: int) -> None:
    rng = Random(seed)
    for config in (*default_configs(space), *(sample(space, rng) for _ in range(10))):
        check_config(space, config)


@few
@given(spaces(), st.integers(0, 2**31))
def test_encoding_back_gives_the_same_config(space: Space, seed: int) -> None:
    rng = Random(seed)
    for config in (*default_configs(space), *(sample(space, rng) for _ in range(10))):
        journal = json.loads(json.dumps(config))
        assert decode(space, encode(space, journal)) == config


@few
@given(spaces(finite=True))
def test_a_finite_space_has_as_many_configs_as_are_listed(space: Space) -> None:
    n = n_configs(space)
    assert n is not None
    if n <= 2000:
        assert len({config_key(config) for config in all_configs(space)}) == n


@few
@given(spaces(), st.integers(0, 2**31))
def test_tpe_proposes_configs_that_fit(space: Space, seed: int) -> None:
    sampler = HyperoptTPE(space, seed, n_startup=2, use_defaults=False, reject_duplicates=False)
    for number in range(1, 5):
        suggestion = sampler.ask(number, [])
        assert suggestion is not None
        check_config(space, suggestion.config)
        journal = json.loads(json.dumps(suggestion.config))
        assert journal == suggestion.config
        sampler.tell(Trial(suggestion, TrialResult(number, TrialState.COMPLETE, loss=float(-number))))


@few
@given(numbers(), st.floats(0, 1))
def test_whatever_hyperopt_draws_is_brought_into_the_range(node: Float | Int, u: float) -> None:
    low, high = interval(node)
    x = low + u * (high - low)
    value = clipped(node, float(np.exp(x)) if node.log else x)
    assert node.low <= value <= node.high
    assert type(value) is (int if isinstance(node, Int) else float)
