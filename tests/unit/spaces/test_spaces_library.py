from pathlib import Path

import pytest

from automl.errors import SpaceError
from automl.spaces.library import find_space, packaged
from automl.spaces.syntax import MAX_BYTES


def write(path: Path, text: str = "schema = 1") -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_the_packaged_spaces_are_found_wherever_the_package_is() -> None:
    assert packaged() == ("audio", "audio_deep", "deep", "full", "tabular", "tabular_quick")


def test_a_name_is_a_packaged_space(tmp_path: Path) -> None:
    file = find_space("tabular", folder=tmp_path)
    assert (file.name, file.origin, file.is_packaged) == ("tabular", "tabular.toml (packaged)", True)
    assert 'name = "tabular"' in file.text


def test_a_space_of_the_folder_goes_before_the_packaged_one(tmp_path: Path) -> None:
    path = write(tmp_path / "search_spaces" / "tabular.toml")
    file = find_space("tabular", folder=tmp_path)
    assert (file.text, file.origin, file.is_packaged) == ("schema = 1", str(path), False)


def test_a_path_goes_before_a_name(tmp_path: Path) -> None:
    path = write(tmp_path / "elsewhere" / "mine.toml")
    assert find_space("elsewhere/mine.toml", folder=tmp_path).name == "mine"
    assert find_space(str(path), folder=Path("/")).origin == str(path)


def test_a_folder_called_like_a_space_is_not_taken_for_it(tmp_path: Path) -> None:
    (tmp_path / "audio").mkdir()
    assert find_space("audio", folder=tmp_path).is_packaged


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_bytes(b"\xef\xbb\xbfschema = 1")
    assert find_space("mine.toml", folder=tmp_path).text == "schema = 1"


def test_an_unknown_name_lists_what_exists(tmp_path: Path) -> None:
    write(tmp_path / "search_spaces" / "mine.toml")
    with pytest.raises(SpaceError, match='unknown search space "tabluar"; did you mean "tabular"') as caught:
        find_space("tabluar", folder=tmp_path)
    assert caught.value.hint == "there are audio, audio_deep, deep, full, mine, tabular, tabular_quick"


def test_a_path_that_does_not_exist_is_called_a_file(tmp_path: Path) -> None:
    with pytest.raises(SpaceError, match=r"there is no space file spaces/none\.toml"):
        find_space("spaces/none.toml", folder=tmp_path)


def test_a_name_too_long_for_a_file_is_unknown(tmp_path: Path) -> None:
    with pytest.raises(SpaceError, match="unknown search space"):
        find_space("x" * 5000, folder=tmp_path)


def test_a_file_too_large_is_not_read(tmp_path: Path) -> None:
    write(tmp_path / "big.toml", "#" * (MAX_BYTES + 1))
    with pytest.raises(SpaceError, match=r"big\.toml is larger than 1,000,000 bytes"):
        find_space("big.toml", folder=tmp_path)


def test_a_file_that_is_no_text_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SpaceError, match=r"bad\.toml cannot be read as UTF-8 text"):
        find_space("bad.toml", folder=tmp_path)
