"""What every worker is given once: an object whose arrays lie in a file that all workers map and none copies."""

from __future__ import annotations

import json
import mmap
import os
import pickle
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from automl.core.disk import why_not_written
from automl.errors import StudyError

_ALIGNMENT = 64
_HEADER_BYTES = 8


class Parcel:
    """A pickled object in a file without a name: nothing is left of it, however this process ends.

    Pickle protocol 5 keeps arrays (numpy's, and those behind tables) out of the pickle, so their bytes can be mapped.

    Parameters
    ----------
    folder : on the disk that is to hold it
    """

    def __init__(self, value: object, folder: Path) -> None:
        buffers: list[pickle.PickleBuffer] = []
        head = pickle.dumps(value, protocol=5, buffer_callback=buffers.append)
        blocks = [memoryview(head), *(buffer.raw() for buffer in buffers)]
        try:
            self._file = TemporaryFile(dir=folder)  # noqa: SIM115 - held until close
            self._write(blocks)
        except OSError as err:
            raise StudyError(
                f"the data cannot be written to {folder}, for the workers: {why_not_written(folder / 'data', err)}",
                hint="make room or mend the folder, then: automl resume",
            ) from err

    def _write(self, blocks: Sequence[memoryview]) -> None:
        index = json.dumps(_spans([block.nbytes for block in blocks])).encode()
        self._file.write(len(index).to_bytes(_HEADER_BYTES) + index)
        start = _aligned(self._file.tell())
        for block in blocks:
            self._file.seek(start)
            self._file.write(block)
            start = _aligned(start + block.nbytes)
        self._file.flush()

    def fileno(self) -> int:
        """Descriptor to hand to a worker, which reads it with ``open_parcel``."""
        return self._file.fileno()

    def close(self) -> None:
        """Let go of the file; workers that have mapped it keep it."""
        self._file.close()


def open_parcel(fd: int) -> Any:
    """The object in a parcel. Its arrays can be written to, which nobody else sees."""
    n_bytes = int.from_bytes(os.pread(fd, _HEADER_BYTES, 0))
    spans: Sequence[tuple[int, int]] = json.loads(os.pread(fd, n_bytes, _HEADER_BYTES))
    first = _aligned(_HEADER_BYTES + n_bytes)
    mapped = memoryview(mmap.mmap(fd, 0, access=mmap.ACCESS_COPY))
    head, *buffers = [mapped[first + start : first + start + length] for start, length in spans]
    # our own driver wrote it, to a file that never had a name
    return pickle.loads(head, buffers=buffers)  # noqa: S301


def _spans(lengths: Sequence[int]) -> list[tuple[int, int]]:
    """Start and length of each block, one behind the other."""
    spans, start = [], 0
    for length in lengths:
        spans.append((start, length))
        start = _aligned(start + length)
    return spans


def _aligned(position: int) -> int:
    return -(-position // _ALIGNMENT) * _ALIGNMENT
