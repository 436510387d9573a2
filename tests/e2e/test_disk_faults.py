"""A disk that is full, damaged or read-only under a real search: one clear line, and nothing finished is lost."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace

import psutil
import pytest
from drivers import BUDGET, Place, resume_arguments, run, start, wait_until
from made_plugin import ORDER, write_plugin

from automl.core.journal import read_journal

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits what another process may do"),
]

_MORTAL = """
import ctypes, os, sys
if os.geteuid() == 0:
    for capability in (1, 2):  # to write and to read whatever the permissions say
        if ctypes.CDLL(None, use_errno=True).prctl(24, capability, 0, 0, 0):
            raise OSError(ctypes.get_errno(), "the right to override permissions cannot be dropped")
os.environ.pop("HOME", None)
os.execv(sys.executable, [sys.executable, "-m", "automl.cli.main", *sys.argv[1:]])
"""


def limit(process, n_bytes):
    """From now on no file that the process writes grows beyond ``n_bytes``; for it that is a full disk."""
    psutil.Process(process.pid).rlimit(psutil.RLIMIT_FSIZE, (n_bytes, psutil.RLIM_INFINITY))


def room(place):
    """What the message says of the room that is left."""
    return rf"File too large \(\d+ bytes free in {re.escape(str(place.study))}(/oof)?\)\. Everything finished so far"


def assert_one_clear_line(process, wanted):
    out, err = process.communicate(timeout=120)
    assert (process.returncode, out) == (2, ""), err
    (line,) = [line for line in err.splitlines() if line.startswith("error:")]
    assert re.search(wanted, line)
    assert "Traceback" not in err
    return err


@pytest.fixture
def resumed(template):
    """Go on when there is room again: the trials lost and doubled."""

    def to_the_end(place, before):
        driver = template.start(place, resume_arguments(place))
        assert driver.wait() == 0, driver.said()
        after = place.trials()
        lost = sum(after.get(number) != trial for number, trial in before.items())
        return {"lost": lost + len(set(range(1, BUDGET + 1)) - after.keys()), "doubled": place.n_doubled()}

    return to_the_end


@pytest.mark.parametrize("workers", [1, 2])
def test_a_disk_that_is_full_while_journalling_ends_the_search_and_a_resume_goes_on(
    once, place, resumed, record_fault, workers
):
    process = start(place, once.search(place, workers=workers))
    wait_until(lambda: place.n_finished() >= 10, process)
    limit(process, (place.study / "trials.jsonl").stat().st_size + 500)
    err = assert_one_clear_line(process, rf"trials\.jsonl cannot be written: {room(place)}")
    assert f"hint: make room or mend the folder, then: automl resume {place.study}" in err
    left, before = place.left(), place.trials()
    assert place.litter() == []
    assert len(before) >= 10
    record_fault("disk full while journalling", left=left, **resumed(place, before))
    assert workers > 1 or once.is_found_in(place)


def test_a_disk_that_is_full_while_predictions_are_kept_ends_the_search(once, place, resumed, record_fault):
    process = start(place, once.search(place))
    wait_until(lambda: b'"event":"asked"' in place.journal(), process)
    limit(process, 1000)  # more than the journal has before its first trial ends, less than the predictions of one
    assert_one_clear_line(process, rf"oof/00000\d\.npy cannot be written: {room(place)}")
    left = place.left()
    assert (place.litter(), list((place.study / "oof").iterdir())) == ([], [])
    record_fault("disk full while predictions are kept", left=left, **resumed(place, {}))
    assert once.is_found_in(place)


@pytest.mark.parametrize("sign", ["trials.jsonl", "leaderboard.csv"])
def test_a_disk_that_is_full_after_the_last_trial_leaves_nothing_that_looks_finished(
    once, place, resumed, record_fault, sign
):
    process = start(place, once.search(place))
    wait_until(lambda: place.n_finished() == BUDGET and (place.study / sign).exists(), process)
    limit(process, 1000)
    assert_one_clear_line(process, rf"(leaderboard\.csv|best|result\.json) cannot be written: {room(place)}")
    left, before = place.left(), place.trials()
    assert place.litter() == []
    assert not (place.study / "result.json").exists()
    code, _, err = run(place, ["export", place.name, "--out", str(place.temp / "model"), "--runs", str(place.runs)])
    assert (code, "has no winner yet: 40 of 40 trials are done" in err) == (2, True)
    record_fault("disk full after the last trial", left=left, **resumed(place, before))
    assert once.is_found_in(place)


def test_a_disk_that_is_full_from_the_beginning_leaves_nothing(once, place):
    process = start(place, once.search(place))
    limit(process, 500)
    assert_one_clear_line(
        process, rf"{place.runs} cannot be written: File too large \(\d+ bytes free in {place.runs}\)"
    )
    assert not place.study.exists()
    assert (place.left(), place.litter()) == (0, [])


def test_logs_and_mlflow_without_room_cost_no_trial(once, place, tmp_path, record_fault):
    plugin = write_plugin(tmp_path / "plugin")
    (tmp_path / "order").write_text("talk 20000")
    place = place.having(PYTHONPATH=str(plugin), **{ORDER: str(tmp_path / "order")})
    process = start(place, replace(once, space=plugin / "moody.toml").search(place))
    limit(process, 200_000)  # workers inherit it: their logs and MLflow's database want more, the journal does not
    _, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert re.search("Note   MLflow: .*(disk|I/O error)", err)
    assert "Traceback" not in err
    assert (place.study / "workers" / "0.log").stat().st_size == 200_000
    state = read_journal(place.study)
    assert [t.result.error for t in state.trials if not t.is_complete] == []
    lost = len(set(range(1, BUDGET + 1)) - place.trials().keys())
    record_fault("no room for logs and MLflow", lost=lost, doubled=place.n_doubled(), left=place.left())


@pytest.fixture
def finished(once, new_place):
    """A copy of the finished study."""
    place = new_place()
    shutil.copytree(once.place.study, place.study)
    return place


def test_a_torn_last_line_is_dropped_and_said_and_its_trial_is_evaluated_again(once, finished, automl, record_fault):
    path = finished.study / "trials.jsonl"
    os.truncate(path, path.stat().st_size - 20)
    assert len(read_journal(finished.study).trials) == BUDGET - 1
    before = finished.trials()
    code, out, _ = automl("leaderboard", finished.name, "--runs", finished.runs, "--top", BUDGET, "--json")
    assert (code, len(json.loads(out))) == (0, BUDGET - 1)
    code, _, err = run(finished, resume_arguments(finished))
    assert code == 0, err
    assert 'the last line of trials.jsonl was half written and is dropped: \'{"event":"finished"' in err
    lost = sum(finished.trials().get(number) != trial for number, trial in before.items())
    lost += len(set(range(1, BUDGET + 1)) - finished.trials().keys())
    record_fault("torn last line", lost=lost, doubled=finished.n_doubled(), left=finished.left())
    assert once.is_found_in(finished)


def commands(place: Place):
    """Every command that reads a journal."""
    yield resume_arguments(place)
    yield [*resume_arguments(place), "--more", "5"]
    yield ["leaderboard", place.name, "--runs", str(place.runs)]
    yield ["export", place.name, "--trial", "1", "--out", str(place.temp / "model"), "--runs", str(place.runs)]


@pytest.mark.parametrize("line", [1, 7, 80])
def test_damage_in_the_middle_is_refused_with_its_line(finished, automl, line):
    path = finished.study / "trials.jsonl"
    lines = path.read_bytes().split(b"\n")
    lines[line - 1] = lines[line - 1][:30] + b"\0" * 8 + lines[line - 1][38:]
    path.write_bytes(b"\n".join(lines))
    damaged = path.read_bytes()
    for command in commands(finished):
        code, out, err = automl(*command)
        assert (code, out) == (2, "")
        assert f"trials.jsonl, line {line} is damaged" in err
        assert path.read_bytes() == damaged


@pytest.mark.parametrize("damage", [lambda n: b"", lambda n: b"\0" * n], ids=["emptied", "zeroed"])
def test_a_journal_without_content_is_refused_and_never_begun_anew(once, finished, automl, damage):
    path = finished.study / "trials.jsonl"
    path.write_bytes(damage(path.stat().st_size))
    damaged = path.read_bytes()
    for command in commands(finished):
        code, out, err = automl(*command)
        assert (code, out) == (2, "")
        assert "trials.jsonl is not a journal: it has no whole line" in err
    code, _, err = automl(*once.search(finished))
    assert (code, f"study {finished.name} exists already" in err) == (2, True)
    assert path.read_bytes() == damaged


def test_a_study_without_its_journal_is_refused_and_never_begun_anew(finished, automl):
    (finished.study / "trials.jsonl").unlink()
    for command in commands(finished):
        code, out, err = automl(*command)
        assert (code, out) == (2, "")
        assert "trials.jsonl cannot be read (No such file or directory)" in err
    assert not (finished.study / "trials.jsonl").exists()


@contextmanager
def read_only(*folders):
    """Folders in which nothing can be made, by whoever is bound by permissions."""
    before = {folder: folder.stat().st_mode for folder in folders}
    for folder in folders:
        folder.chmod(0o500)
    try:
        yield
    finally:
        for folder, mode in before.items():
            folder.chmod(mode)


def run_as_mortal(place, args):
    """A command that permissions bind, also where root runs the tests, and without a home."""
    done = subprocess.run(
        [sys.executable, "-c", _MORTAL, *args],
        capture_output=True,
        text=True,
        env={**os.environ, **place.environment},
    )
    return done.returncode, done.stdout, done.stderr


def test_a_read_only_folder_for_studies_is_said_before_anything_is_done(once, place):
    with read_only(place.runs):
        code, _, err = run_as_mortal(place, once.search(place))
    assert code == 2
    assert f"{place.runs} cannot be written: no permission to write in {place.runs}" in err
    assert not place.study.exists()


@pytest.mark.parametrize("part", ["", "oof"])
def test_a_read_only_study_can_be_looked_at_and_is_not_searched(once, finished, part):
    before = (finished.study / "trials.jsonl").read_bytes()
    with read_only(finished.study / part):
        code, _, err = run_as_mortal(finished, [*resume_arguments(finished), "--more", "5"])
        assert code == 2
        where = finished.study / part
        assert f"error: {where} cannot be written: Permission denied. Everything finished so far is kept" in err
        code, out, _ = run_as_mortal(finished, ["leaderboard", finished.name, "--runs", str(finished.runs)])
        assert (code, "40 of 40 trials" in out) == (0, True)
    assert (finished.study / "trials.jsonl").read_bytes() == before


def test_a_bundle_is_exported_from_a_read_only_study_and_not_to_a_read_only_folder(finished, tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir()
    export = ["export", finished.name, "--runs", str(finished.runs), "--out"]
    with read_only(closed, finished.study, finished.runs):
        for more in ([], ["--trial", "3"]):
            code, _, err = run_as_mortal(finished, [*export, str(closed / "model"), *more])
            assert code == 2
            assert f"error: {closed / 'model'} cannot be written: Permission denied" in err
            code, _, err = run_as_mortal(finished, [*export, str(tmp_path / f"model{len(more)}"), *more])
            assert code == 0, err
    assert list(closed.iterdir()) == []
