import re

import pytest

from automl.errors import SpaceError
from automl.spaces.nodes import Choice, Fixed, Float, Int, Parameter, Space, Stage
from automl.spaces.parse import parse_space
from automl.spaces.vocabulary import Vocabulary

GOOD = """
schema = 1
name = "small"
summary = "For a test."

[[stage]]
name = "scale"
for = ["svm", "knn"]
default = "standard"
[stage.option.none]
[stage.option.standard]
[stage.option.normalize]
norm = { choice = ["l1", "l2"] }

[model.svm]
gamma = { float = [1e-4, 1e1], log = true, when = { kernel = ["rbf", "poly"] } }
C = { float = [1e-3, 1e3], log = true }
kernel = { choice = ["linear", "rbf", "poly"], default = "rbf" }
degree = { int = [2, 5], when = { kernel = "poly" } }
shrinking = { fixed = true }

[model.knn]
n_neighbors = { int = [1, 100], log = true, default = 5 }
"""


def mistakes(text: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    with pytest.raises(SpaceError, match=r"space\.toml") as caught:
        parse_space(text, source="space.toml", vocabulary=vocabulary)
    return (*caught.value.details, caught.value.message)


def with_model(line: str) -> str:
    return f"schema = 1\n[model.svm]\n{line}\n"


def test_a_file_becomes_the_space_it_describes(vocabulary: Vocabulary) -> None:
    kernels = ("linear", "rbf", "poly")
    assert parse_space(GOOD, source="space.toml", vocabulary=vocabulary) == Space(
        "small",
        "For a test.",
        stages=(
            Stage(
                "scale",
                {"none": (), "standard": (), "normalize": (Parameter("norm", Choice(("l1", "l2"), "l1")),)},
                default="standard",
                families=("svm", "knn"),
            ),
        ),
        models={
            "svm": (
                Parameter("C", Float(1e-3, 1e3, pytest.approx(1.0), log=True)),
                Parameter("kernel", Choice(kernels, "rbf")),
                Parameter("shrinking", Fixed(True)),
                Parameter("gamma", Float(1e-4, 10.0, pytest.approx(10**-1.5), log=True), {"kernel": ("rbf", "poly")}),
                Parameter("degree", Int(2, 5, 4), {"kernel": ("poly",)}),
            ),
            "knn": (Parameter("n_neighbors", Int(1, 100, 5, log=True)),),
        },
    )


def test_a_choice_stands_before_what_depends_on_it(vocabulary: Vocabulary) -> None:
    space = parse_space(GOOD, source="space.toml", vocabulary=vocabulary)
    names = [parameter.name for parameter in space.models["svm"]]
    assert names.index("kernel") < names.index("gamma")


@pytest.mark.parametrize(
    ("node", "default"),
    [("int = [1, 9]", 5), ("int = [1, 100], log = true", 10), ("float = [1, 3]", 2.0), ('choice = ["b", "a"]', "b")],
)
def test_the_default_is_the_middle_or_the_first_option(node: str, default: object, vocabulary: Vocabulary) -> None:
    space = parse_space(with_model(f"C = {{ {node} }}"), source="space.toml", vocabulary=vocabulary)
    found = space.models["svm"][0].node
    assert not isinstance(found, Fixed)
    assert found.default == default
    assert type(found.default) is type(default)


def test_a_space_without_name_is_called_like_its_file(vocabulary: Vocabulary) -> None:
    space = parse_space("schema = 1\n[model.knn]", source="folder/mine.toml", vocabulary=vocabulary)
    assert (space.name, space.summary, space.stages) == ("mine", "", ())


def test_a_stage_may_be_for_a_family_that_the_file_leaves_out(vocabulary: Vocabulary) -> None:
    text = 'schema = 1\n[[stage]]\nname = "rows"\nfor = ["svm", "forest"]\n[stage.option.none]\n[model.svm]'
    (stage,) = parse_space(text, source="space.toml", vocabulary=vocabulary).stages
    assert stage.families == ("svm", "forest")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("C = { flaot = [1, 2] }", 'model.svm.C: unknown option "flaot"; did you mean "float"?'),
        ("gama = { float = [1, 2] }", 'model.svm.gama: unknown parameter "gama"; did you mean "gamma"?'),
        ("C = { float = [100, 0.01] }", "model.svm.C: low (100) is above high (0.01)"),
        ("C = { float = [0, 1], log = true }", "model.svm.C: log needs low to be positive, above 0, found 0"),
        ("C = { float = [nan, 1] }", "model.svm.C: low must be finite, found nan"),
        ("C = { float = [1, inf] }", "model.svm.C: high must be finite, found inf"),
        ("C = { float = [0, 1e301] }", "model.svm.C: high must be at most 1e+300 in size, found 1e+301"),
        ("C = { float = [2, 2.0000001] }", "model.svm.C: low and high are both 2; write { fixed = 2 }"),
        ("C = { float = [true, 2] }", "model.svm.C: low must be a number, found true"),
        ("C = { float = [1] }", "model.svm.C: float takes two bounds, as in { float = [1, 10] }, found a list"),
        ("C = { float = [1, 2], step = 0 }", 'model.svm.C: unknown option "step"'),
        ("C = { float = [1, 2], log = 10 }", "model.svm.C: log is true or false, found 10"),
        ("C = { float = [1, 2], default = 3 }", "model.svm.C: default 3 is outside 1.0 to 2.0"),
        ("C = { float = [1, 2], default = nan }", "model.svm.C: default nan is outside 1.0 to 2.0"),
        ("C = { float = [1, 2], int = [1, 2] }", "takes one of float, int, choice and fixed, found float and int"),
        ("C = { default = 1 }", "model.svm.C: takes one of float, int, choice and fixed, found none"),
        ("C = 3", "model.svm.C: expected a table such as { fixed = 1 }, found 3"),
        ("C = [1, 2]", "model.svm.C: expected a table such as { choice = [1, 2] }, found a list"),
        ('degree = { int = ["many", 5] }', 'model.svm.degree: low must be a whole number, found "many"'),
        ("degree = { int = [1, 2.5] }", "model.svm.degree: high must be a whole number, found 2.5"),
        ("degree = { int = [0x1ffffffffffffffffff, 3] }", "low must be at most 2^53 in size, found a whole number of"),
        ("degree = { int = [1, 5], default = true }", "model.svm.degree: default true is not a whole number"),
        ("kernel = { choice = [] }", "model.svm.kernel: choice takes a list of options"),
        ('kernel = { choice = "rbf" }', 'as in { choice = ["a", "b"] }, found "rbf"'),
        ('kernel = { choice = ["a", "b", "a"] }', 'model.svm.kernel: choice: "a" is there twice'),
        ("kernel = { choice = [1, 1.0000000001] }", "choice: 1.0000000001 is there twice"),
        ("kernel = { choice = [[1], 2] }", "choice: expected a word, a number, true or false, found a list"),
        ("kernel = { choice = [2026-01-01] }", "choice: expected a word, a number, true or false, found 2026-01-01"),
        ('kernel = { choice = ["a"], log = true }', 'model.svm.kernel: "log" means nothing beside choice'),
        ('kernel = { choice = ["a"], default = "b" }', 'model.svm.kernel: default "b" is not "a"'),
        ("shrinking = { fixed = nan }", "model.svm.shrinking: fixed: must be finite, found nan"),
        (f"C = {{ fixed = 0x{'f' * 500} }}", "model.svm.C: fixed: must be at most 2^53 in size, found a whole number"),
        (f"C = {{ float = [1, 0x{'f' * 500}] }}", "model.svm.C: high must be at most"),
        ("shrinking = { fixed = 1, default = 1 }", 'model.svm.shrinking: "default" means nothing beside fixed'),
        ('C = { fixed = 1, when = "rbf" }', 'when takes a table such as { kernel = "rbf" }, found "rbf"'),
        ("C = { fixed = 1, when = { C = 1 } }", 'model.svm.C: when: unknown choice of the same table "C"'),
        ("C = { fixed = 1, when = { kernel = 1 } }", 'when: unknown choice of the same table "kernel"; known: none'),
    ],
)
def test_each_mistake_in_a_parameter_is_named_with_its_path(line: str, expected: str, vocabulary: Vocabulary) -> None:
    *details, message = mistakes(with_model(line), vocabulary)
    assert message == "space.toml: 1 mistake in this search space"
    assert len(details) == 1
    assert expected in details[0]


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ('{ kernel = "rbff" }', 'model.svm.gamma.when.kernel: unknown option "rbff"; did you mean "rbf"?'),
        ("{ kernel = [] }", "model.svm.gamma.when.kernel: names no option"),
        ("{ kernel = 1 }", "model.svm.gamma.when.kernel: unknown option 1; known: linear, rbf"),
        ('{ kernle = "rbf" }', 'unknown choice of the same table "kernle"; did you mean "kernel"?'),
    ],
)
def test_when_names_an_option_of_a_sibling(when: str, expected: str, vocabulary: Vocabulary) -> None:
    text = with_model(f'kernel = {{ choice = ["linear", "rbf"] }}\ngamma = {{ float = [1, 2], when = {when} }}')
    (detail, _) = mistakes(text, vocabulary)
    assert expected in detail


def test_when_may_not_go_in_a_circle(vocabulary: Vocabulary) -> None:
    text = with_model(
        'kernel = { choice = ["a"], when = { degree = 2 } }\ndegree = { choice = [2], when = { kernel = "a" } }'
    )
    assert re.search(r"model\.svm: when goes in a circle: (kernel|degree) needs", mistakes(text, vocabulary)[0])


def test_a_mistake_in_a_choice_is_no_second_one_where_when_names_it(vocabulary: Vocabulary) -> None:
    text = with_model('kernel = { choice = [] }\ngamma = { float = [1, 2], when = { kernel = "rbf" } }')
    assert len(mistakes(text, vocabulary)) == 2  # with the headline


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("model = 3", "model: expected a table of families, as in [model.svm], found 3"),
        ("model.svm = 3", "model.svm: expected a table of parameters, found 3"),
        ("[model]", "model: missing; a space has a table [model.FAMILY] or more (svm, knn, forest)"),
        ('name = "x"', "model: missing; a space has a table [model.FAMILY] or more (svm, knn, forest)"),
        ("[model.svmm]", 'model.svmm: unknown family "svmm"; did you mean "svm"?'),
        ("name = 3\n[model.svm]", "name: expected text in quotes, found 3"),
        ("stages = 3\n[model.svm]", 'stages: unknown entry "stages"; did you mean "stage"?'),
        ('[stage]\nname = "scale"\n[model.svm]', "stage: expected tables [[stage]], in double brackets, found a table"),
        ("stage = [1]\n[model.svm]", "stage 1: expected a table of name, for, default and option, found 1"),
        ("[[stage]]\n[model.svm]", 'stage 1: needs a name, as in name = "scale", found none'),
        ('[[stage]]\nname = "skale"\n[model.svm]', 'stage 1: unknown stage "skale"; did you mean "scale"?'),
        ('[[stage]]\nname = "scale"\n[model.svm]', "scale: has no option; write [stage.option.none] below it"),
    ],
)
def test_each_mistake_in_the_tables_is_named_with_its_path(text: str, expected: str, vocabulary: Vocabulary) -> None:
    assert expected in mistakes(f"schema = 1\n{text}", vocabulary)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("[stage.option.standart]", 'scale.standart: unknown option "standart"; did you mean "standard"?'),
        ("[stage.option]\nnone = 3", "scale.none: expected a table of parameters, found 3"),
        ("option = 3", "scale: expected a table of options, as in [stage.option.none], found 3"),
        ('default = "robust"\n[stage.option.none]', 'scale: default: unknown option "robust"; known: none'),
        ("default = []\n[stage.option.none]", "scale: default: unknown option an empty list; known: none"),
        ('for = "svm"\n[stage.option.none]', 'scale: for takes a list of families, as in ["svm", "knn"], found "svm"'),
        ('for = ["swm"]\n[stage.option.none]', 'scale: for: unknown family "swm"; did you mean "svm"?'),
        ("optoin = 3\n[stage.option.none]", 'scale: unknown entry "optoin"; did you mean "option"?'),
        (
            "[stage.option.normalize]\nnorm = { choice = [] }",
            'scale.normalize.norm: choice takes a list of options, as in { choice = ["a", "b"] }, found an empty list',
        ),
    ],
)
def test_each_mistake_in_a_stage_is_named_with_its_path(lines: str, expected: str, vocabulary: Vocabulary) -> None:
    assert expected in mistakes(f'schema = 1\n[[stage]]\nname = "scale"\n{lines}\n[model.svm]', vocabulary)


def test_a_stage_stands_there_once(vocabulary: Vocabulary) -> None:
    stage = '[[stage]]\nname = "scale"\n[stage.option.none]\n'
    assert 'stage 2: the stage "scale" is there twice' in mistakes(f"schema = 1\n{stage * 2}[model.svm]", vocabulary)


def test_an_option_that_sets_weights_meets_no_family_that_takes_none(vocabulary: Vocabulary) -> None:
    stage = '[[stage]]\nname = "rows"\n{}[stage.option.none]\n[stage.option.class_weights]\n[model.svm]\n[model.knn]'
    text = "schema = 1\n" + stage
    expected = "rows.class_weights: sets sample weights, and knn takes none; leave knn out of for"
    assert expected in mistakes(text.format(""), vocabulary)
    assert parse_space(text.format('for = ["svm"]\n'), source="space.toml", vocabulary=vocabulary).stages


@pytest.mark.parametrize(("schema", "expected"), [("", "missing; begin"), ("schema = 2", "found 2")])
def test_the_number_of_the_language_is_asked_for(schema: str, expected: str, vocabulary: Vocabulary) -> None:
    assert any(expected in line for line in mistakes(f"{schema}\n[model.svm]", vocabulary))


def test_all_mistakes_are_reported_at_once(vocabulary: Vocabulary) -> None:
    text = "schema = 1\n[model.svm]\nC = { float = [2, 1] }\ngama = { fixed = 1 }\n[model.bayes]"
    *details, message = mistakes(text, vocabulary)
    assert message == "space.toml: 3 mistakes in this search space"
    assert [line.partition(":")[0] for line in details] == ["model.svm.gama", "model.svm.C", "model.bayes"]


def test_of_very_many_mistakes_the_first_are_shown(vocabulary: Vocabulary) -> None:
    text = "schema = 1\n[model.svm]\n" + "\n".join(f"x{i} = 1" for i in range(1000))
    *details, message = mistakes(text, vocabulary)
    assert message == "space.toml: 1000 mistakes in this search space"
    assert details[-1] == "and 950 more"


def test_a_label_is_not_longer_than_mlflow_takes() -> None:
    name = "p" * 300
    vocabulary = Vocabulary(families={"svm": (name,)}, stages={})
    details = mistakes(f"schema = 1\n[model.svm]\n{name} = {{ fixed = 1 }}", vocabulary)
    assert "a label has at most 250 characters, this one has 310" in details[0]


def test_long_names_do_not_flood_the_message(vocabulary: Vocabulary) -> None:
    details = mistakes(with_model(f"{'x' * 5000} = 1"), vocabulary)
    assert len(details[0]) < 300
