"""What is written to a journal is read back, whatever cuts it short."""

import json
import os
import re
import zlib
from dataclasses import replace

import numpy as np
import pytest
from faults import full_disk

from automl.core.journal import Journal, oof_path, read_journal, read_oof
from automl.core.trial import Suggestion, Trial, TrialResult, TrialState
from automl.errors import StudyError


def suggestion(number: int) -> Suggestion:
    return Suggestion(number, {"model": "svm", "model.svm.C": 0.1 + 0.2 * number}, seed=7 * number)


def complete(number: int, loss: float = 0.1 + 0.2) -> Trial:
    result = TrialResult(
        number,
        TrialState.COMPLETE,
        loss=loss,
        fold_scores={"log_loss": (0.1, None, 1 / 3)},
        oof=np.array([[0.1, 0.9], [1 / 3, 2 / 3]]),
        seconds=0.25,
        warnings=("a",),
    )
    return Trial(suggestion(number), result)


@pytest.fixture
def folder(tmp_path):
    Journal.create(tmp_path, study="s-1", digest="d", n_trials=3)
    return tmp_path


def test_what_is_written_is_read_back_in_full_precision(folder):
    journal, _ = Journal.open(folder)
    with journal:
        journal.session(3)
        journal.asked(suggestion(1), 1)
        journal.asked(suggestion(2), 1)
        journal.finished(complete(1))
    state = read_journal(folder)
    (trial,) = state.trials
    assert (trial.suggestion, trial.loss) == (suggestion(1), 0.1 + 0.2)
    assert trial.result.fold_scores == {"log_loss": (0.1, None, 1 / 3)}
    assert [(f.suggestion, f.attempts) for f in state.in_flight] == [(suggestion(2), 1)]
    assert (state.n_trials, state.next_number, state.torn) == (3, 3, None)
    (oof,) = read_oof(folder, state.trials)
    assert np.array_equal(oof, complete(1).result.oof)


def test_a_released_attempt_does_not_count(folder):
    journal, _ = Journal.open(folder)
    with journal:
        journal.asked(suggestion(1), 1)
        journal.released(1)
    assert read_journal(folder).in_flight[0].attempts == 0


def test_a_torn_last_line_is_left_out_wherever_it_is_cut(folder):
    journal, _ = Journal.open(folder)
    with journal:
        journal.asked(suggestion(1), 1)
        journal.finished(complete(1))
    whole = journal.path.read_bytes()
    start = whole.rstrip(b"\n").rfind(b"\n") + 1
    for cut in range(start, len(whole)):
        journal.path.write_bytes(whole[:cut])
        assert read_journal(folder).trials == ()
        again, state = Journal.open(folder)
        with again:
            assert (state.torn is None) == (cut == start)
            again.released(1)
        assert read_journal(folder).in_flight[0].attempts == 0


def test_damage_in_the_middle_names_its_line(folder):
    journal, _ = Journal.open(folder)
    with journal:
        journal.asked(suggestion(1), 1)
        journal.asked(suggestion(2), 1)
    lines = journal.path.read_bytes().split(b"\n")
    lines[2] = lines[2][:20]
    journal.path.write_bytes(b"\n".join(lines))
    with pytest.raises(StudyError, match=r"trials\.jsonl, line 3 is damaged"):
        read_journal(folder)


def test_a_digit_that_has_changed_is_damage(folder):
    journal, _ = Journal.open(folder)
    with journal:
        journal.asked(suggestion(1), 1)
        journal.finished(complete(1))
    journal.path.write_bytes(journal.path.read_bytes().replace(b'"loss":0.3', b'"loss":0.2'))
    with pytest.raises(StudyError, match=r"trials\.jsonl, line 4 is damaged: its checksum does not fit"):
        read_journal(folder)


def test_a_journal_of_format_1_is_read_and_continued(folder):
    """It had no checksums."""
    journal, _ = Journal.open(folder)
    with journal:
        journal.asked(suggestion(1), 1)
        journal.finished(complete(1))
    text = re.sub(rb',"crc":"[0-9a-f]{8}"}', b"}", journal.path.read_bytes())
    journal.path.write_bytes(text.replace(b'"format":3', b'"format":1'))
    journal, state = Journal.open(folder)
    with journal:
        journal.asked(suggestion(2), 1)
    assert state.trials[0].loss == complete(1).loss
    assert read_journal(folder).in_flight[0].suggestion == suggestion(2)


def test_a_journal_of_format_2_is_read_and_continued(folder):
    """It had no bars."""
    path = folder / "trials.jsonl"
    lines = [line[: -len(b',"crc":"00000000"}')] + b"}" for line in path.read_bytes().splitlines()]
    lines[0] = lines[0].replace(b'"format":3', b'"format":2')
    path.write_bytes(b"".join(line[:-1] + b',"crc":"%08x"}\n' % zlib.crc32(line) for line in lines))
    journal, _ = Journal.open(folder)
    with journal:
        journal.asked(suggestion(1), 1)
        journal.asked(replace(suggestion(2), bars=(None, 0.25)), 1)
    assert [held.suggestion.bars for held in read_journal(folder).in_flight] == [(), (None, 0.25)]


def test_a_result_nobody_asked_for_is_damage(folder):
    journal, _ = Journal.open(folder)
    with journal:
        journal.finished(complete(4))
    with pytest.raises(StudyError, match="line 3 is damaged: KeyError 4"):
        read_journal(folder)


def test_a_new_journal_knows_its_budget(folder):
    assert read_journal(folder).n_trials == 3


def test_a_newer_format_is_refused(folder):
    path = folder / "trials.jsonl"
    path.write_text(json.dumps({"format": 99, "study": "s", "digest": "d"}) + "\n")
    with pytest.raises(StudyError, match="format 99, newer than this version reads"):
        read_journal(folder)


def test_a_folder_without_a_journal_is_not_a_study(tmp_path):
    with pytest.raises(StudyError, match="is not a study"):
        read_journal(tmp_path)


def test_a_missing_prediction_file_is_named(folder):
    journal, _ = Journal.open(folder)
    with journal:
        journal.asked(suggestion(1), 1)
        journal.finished(complete(1))
    oof_path(folder, 1).unlink()
    with pytest.raises(StudyError, match="the predictions of trial 1, cannot be read"):
        list(read_oof(folder, read_journal(folder).trials))


def test_a_line_for_which_there_is_no_room_is_not_begun_wherever_the_disk_ends(folder):
    journal, _ = Journal.open(folder)
    with journal:
        journal.asked(suggestion(1), 1)
        before = journal.path.read_bytes()
        journal.asked(suggestion(2), 1)
        line = journal.path.read_bytes()[len(before) :]
        os.truncate(journal.path, len(before))
        for n_left in range(len(line)):
            with (
                full_disk(len(before) + n_left),
                pytest.raises(StudyError, match=r"jsonl cannot be written: .*is kept"),
            ):
                journal.asked(suggestion(2), 1)
            assert journal.path.read_bytes() == before
        journal.asked(suggestion(2), 1)
    assert [f.suggestion.number for f in read_journal(folder).in_flight] == [1, 2]


def test_a_full_disk_is_named_with_the_room_that_is_left(folder):
    journal, _ = Journal.open(folder)
    with journal, full_disk(), pytest.raises(StudyError) as error:
        journal.session(3)
    said = rf"{folder}/trials\.jsonl cannot be written: File too large \(\d+ bytes free in {folder}\)\. Everything "
    assert re.match(said, error.value.message)
    assert error.value.hint == f"make room or mend the folder, then: automl resume {folder}"


@pytest.mark.parametrize("n_written", [0, 100, 128, 159])
def test_half_a_prediction_file_is_removed_and_its_trial_is_not_finished(n_written, folder):
    journal, _ = Journal.open(folder)
    with journal:
        journal.asked(suggestion(1), 1)
        with (
            full_disk(n_written),
            pytest.raises(StudyError, match=r"oof/000001\.npy cannot be written: File too large"),
        ):
            journal.finished(complete(1))
        assert not list((folder / "oof").iterdir())
        journal.finished(complete(1))
        assert oof_path(folder, 1).stat().st_size == 160
    assert len(list(read_oof(folder, read_journal(folder).trials))) == 1


@pytest.mark.parametrize("content", [b"", b"\0" * 500, b"\n", b"\0\n" * 50, b"[" * 100_000 + b"\n"])
def test_a_journal_that_was_emptied_or_overwritten_is_no_fresh_start(content, folder):
    path = folder / "trials.jsonl"
    path.write_bytes(content)
    for read in (read_journal, Journal.open):
        with pytest.raises(StudyError, match=r"is not a journal|line 1 is damaged|line 1: not a journal"):
            read(folder)
    assert path.read_bytes() == content
