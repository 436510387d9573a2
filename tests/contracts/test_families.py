"""Every installed family and stage keeps the rules, plug-ins included."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from threadpoolctl import threadpool_limits

from automl.pipeline.checks import check_family
from automl.pipeline.registry import family, family_names, stage, stage_names
from automl.pipeline.stage_checks import check_stage


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """OpenMP threads of several test processes wait for each other."""
    with threadpool_limits(1):
        yield


@pytest.mark.parametrize("name", family_names())
def test_family_keeps_every_rule(name: str) -> None:
    check_family(family(name))


@pytest.mark.parametrize("name", stage_names())
def test_stage_keeps_every_rule(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AUTOML_CACHE", raising=False)
    check_stage(stage(name))
