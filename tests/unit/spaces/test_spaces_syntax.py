import pytest

from automl.errors import SpaceError
from automl.spaces.syntax import MAX_BYTES, read_toml


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("schema = 1\n[model.svm]\nC { float = [1, 2] }", r"space\.toml: line 3: Expected '=' after a key"),
        ("[model.svm]\nC = {fixed = 1}\nD = {fixed = 1}\nC = {fixed = 2}", r'line 4: duplicate key "C": .* twice'),
        ("[model.svm]\n\n[model.svm]", r"line 3: duplicate table \[model\.svm\]: .* twice"),
        ("C = { fixed = 1, fixed = 2 }", r"line 1: Duplicate inline table key 'fixed'"),
        ('name = "x', r"space\.toml: "),
        (f"n = {'9' * 5000}", r"space\.toml: Exceeds the limit"),
    ],
)
def test_a_syntax_error_has_its_line(text: str, expected: str) -> None:
    with pytest.raises(SpaceError, match=expected):
        read_toml(text, source="space.toml")


@pytest.mark.parametrize("text", ["", "  \n", "# only a comment\n"])
def test_an_empty_file_is_called_empty(text: str) -> None:
    with pytest.raises(SpaceError, match=r"space\.toml is empty"):
        read_toml(text, source="space.toml")


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 5000 + "]" * 5000,
        "a = " + "{a = " * 5000 + "1" + "}" * 5000,
        "a = '''\n[''' \n b = " + "[" * 21 + "]" * 21,
        ".".join("a" * 400_000) + " = 1",
        "a = 1\n[" + " . ".join(["'x'"] * 50_000) + "]",
    ],
    ids=["arrays", "inline tables", "after a string", "dotted key", "dotted header"],
)
def test_deep_nesting_is_refused_before_it_is_parsed(text: str) -> None:
    with pytest.raises(SpaceError, match=r"space\.toml is nested more than 20 levels deep"):
        read_toml(text, source="space.toml")


@pytest.mark.parametrize(
    "text",
    [
        f"a = '{'[' * 50}'",
        f'a = "\\"{"[" * 50}"',
        f'a = """\n{"[" * 50} \\""" {"[" * 50}"""',
        f"# {'[' * 50}\na = 1",
        f"a = [{', '.join(['0.5'] * 50)}]",
        f"a = '{'.'.join('x' * 50)}'",
        "\n".join(f"a{i} = [[1], {{b = 2}}]" for i in range(50)),
    ],
)
def test_brackets_and_dots_in_strings_comments_and_numbers_are_no_nesting(text: str) -> None:
    assert read_toml(text, source="space.toml")


def test_a_file_of_more_than_a_megabyte_is_refused() -> None:
    with pytest.raises(SpaceError, match=r"space\.toml is larger than 1,000,000 bytes"):
        read_toml("#" * (MAX_BYTES + 1), source="space.toml")


@pytest.mark.parametrize("text", ['"""\\""' * 140_000, '"' * 999_999, "'" * 999_999, "a" * 999_999], ids=range(4))
def test_measuring_a_hostile_text_takes_no_quadratic_time(text: str) -> None:
    with pytest.raises(SpaceError, match=r"space\.toml"):
        read_toml(text, source="space.toml")
