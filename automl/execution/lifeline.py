"""A pipe that only the driver holds open: when it closes, whatever hangs on it is killed.

``PR_SET_PDEATHSIG`` does not do here: the parent of a worker is its template, not the driver.
"""

from __future__ import annotations

import os
import select
import signal
import sys


def hang_on(lifeline: int) -> None:
    """Have the process group of the caller killed by the kernel when the last writer of a pipe is gone.

    That also ends a process that is stopped, or stuck in native code that holds the interpreter lock. Where the
    kernel cannot choose the signal (other than Linux) it is SIGIO, whose default action ends a process that runs.

    Parameters
    ----------
    lifeline : descriptor of the read end; its description is shared with no other process
    """
    if sys.platform == "win32":
        raise AssertionError("spawned processes watch their driver on a thread instead")
    import fcntl

    fcntl.fcntl(lifeline, fcntl.F_SETOWN, -os.getpgrp())
    if sys.platform == "linux":
        fcntl.fcntl(lifeline, fcntl.F_SETSIG, signal.SIGKILL)
    else:
        signal.signal(signal.SIGIO, signal.SIG_DFL)
    fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)
    if select.select([lifeline], [], [], 0)[0]:  # it closed before anybody was to be told
        os._exit(1)
