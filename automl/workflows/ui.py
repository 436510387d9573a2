"""The MLflow pages of a study."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from automl.errors import RequestError
from automl.tracking.server import MlflowServer, links
from automl.tracking.store import default_uri, prepare_store, relocate
from automl.tracking.views import compare_url, view_url
from automl.workflows.folder import open_study


@dataclass(frozen=True)
class Page:
    """A page that answers.

    Parameters
    ----------
    server : the server behind it, ``None`` when it is not ours
    """

    study: str
    url: str
    server: MlflowServer | None

    @property
    def is_ours(self) -> bool:
        """Whether the page goes when we go."""
        return self.server is not None

    def wait(self) -> None:
        """Return when the server has ended by itself."""
        if self.server is not None:
            self.server.wait()


@contextmanager
def open_ui(
    study: str | None, trials: Sequence[int], *, runs: str, tracking_uri: str | None, port: int | None
) -> Iterator[Page]:
    """The prepared view of a study's trials, or some of them compared; the server ends with the context.

    Raises
    ------
    StudyError
        If there is no such study, or MLflow does not hold it.
    RequestError
        If MLflow lacks one of ``trials``, or the port is taken.
    """
    folder = open_study(study, Path(runs))
    uri = tracking_uri or folder.facts["request"]["tracking_uri"]
    if uri is None:
        prepare_store(folder.path.parent)
        relocate(folder.path.parent)
        uri = default_uri(folder.path.parent)
    found = links(uri, folder.name, trials, uid=folder.facts["uid"])
    if missing := [str(n) for n in trials if n not in found.run_ids]:
        raise RequestError(
            f"MLflow holds no trial {', '.join(missing)} of study {folder.name}",
            hint=f"automl leaderboard {folder.name}",
        )

    def url(base: str) -> str:
        if trials:
            return compare_url(base, found.experiment_id, [found.run_ids[n] for n in trials])
        return view_url(base, found.experiment_id)

    if uri.startswith("http"):
        yield Page(folder.name, url(uri), None)
        return
    with MlflowServer(uri, port=port) as server:
        yield Page(folder.name, url(server.url), server)
