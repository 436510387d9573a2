import os
import subprocess
import sys

import pytest

from automl.core.lock import StudyLock
from automl.errors import StudyError


def test_a_second_writer_is_told_who_holds_the_study(tmp_path):
    with StudyLock(tmp_path), pytest.raises(StudyError, match=f"in use by process {os.getpid()}"), StudyLock(tmp_path):
        pass


def test_the_lock_of_a_dead_process_is_taken_over(tmp_path):
    script = (
        "import os, sys, pathlib; from automl.core.lock import StudyLock\n"
        "StudyLock(pathlib.Path(sys.argv[1])).__enter__(); os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", script, str(tmp_path)]).returncode == -9
    with StudyLock(tmp_path):
        assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"
