from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from automl.core.dataset import ColumnKind, Dataset
from automl.data.load import load_dataset, load_with_test
from automl.data.source import DataSource
from automl.errors import DataError, RequestError

Clip = Callable[..., Path]
Write = Callable[..., str]


def load(path: Path | str, *args: str | None, **options: str) -> Dataset:
    return load_dataset(DataSource(str(path), *args, **options))  # type: ignore[arg-type]


def said(dataset: Dataset, *parts: str) -> bool:
    return any(all(part in note for part in parts) for note in dataset.notes)


def test_sub_folders_are_the_classes(two_classes: Path) -> None:
    dataset = load(two_classes)
    assert dict(dataset.kinds) == {"path": ColumnKind.SOUND}
    assert dataset.X["path"][0] == str(two_classes / "elder/elder_1.wav")
    assert dataset.class_names == ("elder", "hazel")
    assert dataset.lowest_sr == 8000
    assert dataset.description == "clips/: 6 recordings in 2 folders: elder 3, hazel 3"


def test_label_and_group_may_stand_in_the_file_names(clip: Clip, tmp_path: Path) -> None:
    for i in range(8):
        clip(f"{i % 2}_{'abcd'[i // 2]}_{i}.wav", seed=i)
    dataset = load(tmp_path, r"name:^(\d)_", r"name:^\d_(?P<speaker>[^_]+)_")
    assert dataset.y.tolist() == [0] * 4 + [1] * 4
    assert dataset.groups is not None
    assert dataset.groups.tolist() == [0, 1, 2, 3] * 2
    assert dataset.group_name == "speaker"
    assert "8 recordings of 4 speakers: 0 4, 1 4" in dataset.description


def test_names_that_do_not_match_are_named(two_classes: Path) -> None:
    with pytest.raises(DataError, match=r"3 file names do not match --label .*: hazel_0\.wav, hazel_2\.wav"):
        load(two_classes / "hazel", r"name:^(elder)_")


@pytest.mark.parametrize(("pattern", "message"), [("name:(", "not a regular expression"), ("name:x", "has no group")])
def test_a_pattern_that_finds_nothing_is_refused(two_classes: Path, pattern: str, message: str) -> None:
    with pytest.raises(RequestError, match=message):
        load(two_classes, None, pattern)


def test_a_folder_has_no_columns(two_classes: Path) -> None:
    with pytest.raises(RequestError, match=r'has no columns, but --label "outcome", --group "speaker" was asked'):
        load(two_classes, "outcome", "speaker")


@pytest.fixture
def listing(two_classes: Path) -> list[list[str]]:
    """Rows of a table of the six clips: path, age, label, speaker."""
    files = sorted(two_classes.rglob("*.wav"))
    return [
        [str(f.relative_to(two_classes.parent)), str(3 * i % 7), f.parent.name, f"s{i % 3}"]
        for i, f in enumerate(files)
    ]


def table(rows: list[list[str]]) -> str:
    return "\n".join(",".join(row) for row in [["clip", "age", "label", "speaker"], *rows]) + "\n"


def test_a_table_may_list_recordings_beside_other_columns(
    write: Write, listing: list[list[str]], two_classes: Path
) -> None:
    dataset = load(write(table(listing)), None, "speaker")
    assert dict(dataset.kinds) == {"clip": ColumnKind.SOUND, "age": ColumnKind.NUMERIC}
    assert dataset.X["clip"][0] == str(two_classes / "elder/elder_1.wav")
    assert dataset.description == (
        'data.csv: 6 recordings of 3 speakers (column "clip"), 1 column (1 numeric), "label": elder 3, hazel 3'
    )


def test_labels_of_a_table_may_stand_in_the_file_names(write: Write, listing: list[list[str]]) -> None:
    dataset = load(write(table(listing)), r"name:^(\w)")
    assert dataset.class_names == ("e", "h")
    assert "label" in dataset.kinds


def test_the_fingerprint_is_of_the_sounds_not_of_their_names(two_classes: Path) -> None:
    before = load(two_classes).fingerprint
    moved = two_classes.rename(two_classes.with_name("moved"))
    (moved / "elder/elder_1.wav").rename(moved / "elder/elder_0.wav")
    assert load(moved).fingerprint == before
    (moved / "elder/elder_0.wav").write_bytes((moved / "elder/elder_3.wav").read_bytes())
    assert load(moved).fingerprint != before


def test_every_recording_that_cannot_be_used_is_named_with_its_reason(two_classes: Path) -> None:
    elder = two_classes / "elder"
    (elder / "empty.wav").touch()
    (elder / "page.wav").write_text("<html></html>")
    (elder / "phone.m4a").write_bytes(b"\0\0\0\x20ftypM4A ")
    whole = (elder / "elder_1.wav").read_bytes()
    (elder / "elder_1.wav").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match=r"clips/: 4 recordings cannot be used") as caught:
        load(two_classes)
    reasons = dict(detail.split(": ", 1) for detail in caught.value.details)
    assert list(reasons) == ["elder/elder_1.wav", "elder/empty.wav", "elder/page.wav", "elder/phone.m4a"]
    assert "truncated" in reasons["elder/elder_1.wav"]
    assert "empty" in reasons["elder/empty.wav"]
    assert "not a sound file" in reasons["elder/page.wav"]


def test_a_table_may_name_only_files_in_its_folder(write: Write, listing: list[list[str]]) -> None:
    cells = ["/etc/hostname.wav", "../up.wav", "http://x.invalid/a.wav", "", "none.wav"]
    rows = [[cell, "1", "elder", "s1"] for cell in cells]
    with pytest.raises(DataError, match="5 recordings cannot be used") as caught:
        load(write(table(listing + rows)))
    assert caught.value.details == (
        "/etc/hostname.wav: absolute, and outside the folder of the table",
        "../up.wav: outside the folder of the table",
        "http://x.invalid/a.wav: a URL; only files are read, nothing is fetched",
        "row 10: no file is named",
        "none.wav: there is no such file",
    )


def test_paths_that_stay_in_the_folder_are_fine(write: Write, listing: list[list[str]], two_classes: Path) -> None:
    listing[0][0] = str(two_classes / "elder/elder_1.wav")
    listing[1][0] = "clips/hazel/../elder/elder_3.wav"
    assert load(write(table(listing))).X["clip"][1] == str(two_classes / "elder/elder_3.wav")


def test_a_pipe_among_recordings_is_refused_at_once(two_classes: Path) -> None:
    os.mkfifo(two_classes / "elder/pipe.wav")
    with pytest.raises(DataError, match=r"elder/pipe\.wav: not a regular file"):
        load(two_classes)


def test_links_out_of_the_folder_are_followed_and_said(two_classes: Path, clip: Clip) -> None:
    (two_classes / "elder/linked.wav").symlink_to(clip("outside.wav", seed=9))
    assert said(load(two_classes), "1 link to files outside", "elder/linked.wav")


def test_links_to_folders_are_not_followed_and_said(two_classes: Path) -> None:
    (two_classes / "elder/loop").symlink_to(two_classes)
    (two_classes / "again").symlink_to(two_classes)
    dataset = load(two_classes)
    assert dataset.n_samples == 6
    assert said(dataset, "elder/loop")
    assert said(dataset, "again")


def test_a_link_to_nothing_is_named(two_classes: Path) -> None:
    (two_classes / "elder/linked.wav").symlink_to("nowhere.wav")
    with pytest.raises(DataError, match=r"elder/linked\.wav: there is no such file"):
        load(two_classes)


def test_other_files_and_empty_folders_are_left_aside_and_said(two_classes: Path) -> None:
    (two_classes / "elder/notes.txt").write_text("x")
    (two_classes / ".git").mkdir()
    (two_classes / "emptyclass").mkdir()
    dataset = load(two_classes)
    assert dataset.n_samples == 6
    assert said(dataset, "elder/", "1 .txt")
    assert said(dataset, '"emptyclass"')


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (["a.wav", "b.wav"], "no sub-folder per class"),
        (["train/elder/a.wav", "train/hazel/b.wav"], "nested sub-folders"),
        (["elder/a.wav", "hazel/b.wav", "c.wav"], r"1 recording beside the class folders: c\.wav"),
        (["elder/a.wav", "elder/b.wav"], 'only one class, "elder"'),
        (["elder/a.wav", "elder/b.wav", "lonely/c.wav"], 'only 1 row: "lonely"'),
    ],
)
def test_folders_that_show_no_classes_are_refused(clip: Clip, tmp_path: Path, files: list[str], message: str) -> None:
    for i, name in enumerate(files):
        clip(name, seed=i)
    with pytest.raises(DataError, match=message):
        load(tmp_path)


def test_one_recording_is_no_data(clip: Clip) -> None:
    with pytest.raises(DataError, match="is one recording"):
        load(clip("a.wav"))


def test_progress_counts_the_files(two_classes: Path) -> None:
    seen: list[tuple[int, int]] = []
    load_dataset(DataSource(str(two_classes)), on_progress=lambda done, total: seen.append((done, total)))
    assert seen == [(i, 6) for i in range(1, 7)]


def test_a_test_folder_is_checked_with_the_data(two_classes: Path, clip: Clip, tmp_path: Path) -> None:
    clip("new/elder/a.wav", seed=7, sr=4000)
    clip("new/hazel/b.wav", seed=8)
    dataset, rows = load_with_test(DataSource(str(two_classes)), str(tmp_path / "new"))
    assert rows.tolist() == [6, 7]
    assert dataset.y[rows].tolist() == [0, 1]
    assert dataset.lowest_sr == 4000


def test_spoken_digits_load_with_speakers_kept_apart(real_data: Path) -> None:
    dataset = load(real_data / "fsdd/recordings", r"name:^(\d)_", r"name:^\d_([^_]+)_")
    assert (dataset.n_samples, dataset.n_classes, dataset.lowest_sr) == (900, 10, 8000)
    assert dataset.groups is not None
    assert set(dataset.groups.tolist()) == set(range(6))
    assert dataset.notes == ()


def test_three_classes_load_and_silence_is_said(real_data: Path) -> None:
    dataset = load(real_data / "threeclass")
    assert dataset.class_names == ("music", "silence", "speech")
    assert said(dataset, "17 silent recordings")


@pytest.mark.slow
def test_environmental_sounds_load_from_ogg(real_data: Path) -> None:
    dataset = load(real_data / "esc10", None, r"name:^\d-(\d+)-")
    assert (dataset.n_samples, dataset.n_classes, dataset.lowest_sr) == (240, 10, 44100)


def test_a_table_of_participants_loads(real_data: Path) -> None:
    dataset = load(real_data / "coswara/combined_data.csv", "covid_status")
    assert (dataset.n_samples, dataset.n_classes) == (2746, 8)
    assert set(dataset.left_out) == {"id", "record_date", "ctDate", "test_date"}
    assert dataset.kinds["smoker"] is ColumnKind.BOOLEAN
    assert dataset.kinds["a"] is ColumnKind.NUMERIC
