"""A source to a `Dataset`: what a search begins with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from automl.core.dataset import Dataset
from automl.data.assemble import assemble
from automl.data.columns import choose_columns
from automl.data.demo import demo_dataset
from automl.data.gather import gather
from automl.data.sound_check import OnProgress
from automl.data.source import DataSource
from automl.errors import DataError, RequestError


def load_dataset(source: DataSource, *, on_progress: OnProgress | None = None) -> Dataset:
    """The rows of a source, checked and typed.

    Parameters
    ----------
    on_progress : called with (recordings checked, recordings in all)

    Raises
    ------
    DataError
        If the rows cannot be read or learned from.
    RequestError
        If an option of the source does not fit it.
    """
    if source.path is None:
        return _demo(source)
    path = Path(source.path)
    main = gather(source, path)
    columns = choose_columns(main.frame, main.recordings, where=main.where)
    return assemble([main], columns, name=path.resolve().name, positive=source.positive, on_progress=on_progress)


def load_with_test(
    source: DataSource, test: str, *, on_progress: OnProgress | None = None
) -> tuple[Dataset, NDArray[np.intp]]:
    """The rows of a source with those of a test file or folder appended, and the indices of the test rows.

    What is decided - kinds, classes, columns left out - is decided on the source alone.

    Raises
    ------
    DataError
        As `load_dataset`; also if the test rows lack columns, have other classes, or share a group with the source.
    """
    if source.path is None:
        raise RequestError("the demo takes no test file", hint="automl search DATA --test FILE, or --test 0.2")
    path = Path(source.path)
    main = gather(source, path)
    extra = gather(replace(source, drop=()), Path(test))
    columns = choose_columns(main.frame, main.recordings, where=main.where)
    if missing := [name for name in main.recordings if name not in extra.recordings]:
        raise DataError(
            f'{extra.where} lists no sound files in a column "{missing[0]}", as {main.where} does',
            hint="give both the same columns",
        )
    dataset = assemble(
        [main, extra], columns, name=path.resolve().name, positive=source.positive, on_progress=on_progress
    )
    n_main, n_test = len(main.labels), len(extra.labels)
    described = replace(
        dataset, description=f"{dataset.description}; of these {n_test} rows to test on ({extra.where})"
    )
    return described, np.arange(n_main, n_main + n_test, dtype=np.intp)


def _demo(source: DataSource) -> Dataset:
    if source.label or source.group or source.drop:
        raise RequestError(
            "without DATA the demo runs, and it has its own label", hint="automl search DATA --label COL"
        )
    return demo_dataset(positive=source.positive)
