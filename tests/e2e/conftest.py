"""What the tests of faults share: a quick search, and what it finds when nobody disturbs it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from drivers import TINY_SPACE, DriverTemplate, Place, run, search_arguments
from made_tables import write_people


@dataclass(frozen=True)
class Undisturbed:
    """A search of forty trials that nobody stopped.

    Parameters
    ----------
    trials : number -> config and loss
    result : what stands in ``result.json``
    """

    people: Path
    space: Path
    place: Place
    trials: dict[int, Any]
    result: dict[str, Any]

    def search(self, place: Place, *, workers: int = 1) -> list[str]:
        """The command line of the same search in another place."""
        return search_arguments(self.people, place, workers=workers, space=self.space)

    def is_found_in(self, place: Place) -> bool:
        """Whether a finished study has the same trials, the same winner and the same final numbers."""
        theirs = json.loads((place.study / "result.json").read_text())
        return place.trials() == self.trials and all(
            theirs[key] == self.result[key] for key in ("trial", "config", "estimates")
        )


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory, mlflow_database: Path) -> Undisturbed:
    """One worker; the place is not changed by any test."""
    folder = tmp_path_factory.mktemp("once")
    people = write_people(folder / "people.csv")
    space = folder / "tiny.toml"
    space.write_text(TINY_SPACE)
    place = Place.make(folder, mlflow_database)
    code, _, err = run(place, search_arguments(people, place, space=space))
    assert code == 0, err
    return Undisturbed(people, space, place, place.trials(), json.loads((place.study / "result.json").read_text()))


@pytest.fixture
def place(new_place: Callable[[], Place]) -> Place:
    """Where a search can be disturbed."""
    return new_place()


@pytest.fixture(scope="session")
def new_place(tmp_path_factory: pytest.TempPathFactory, mlflow_database: Path) -> Callable[[], Place]:
    """Makes places; their paths are short, as those of sockets must be."""
    return lambda: Place.make(tmp_path_factory.mktemp("d"), mlflow_database)


@pytest.fixture(scope="session")
def template() -> Any:
    """Starts commands quickly."""
    template = DriverTemplate()
    yield template
    template.close()
