"""MLflow's pages, prepared: sorted trials with their metrics, and charts over all of them.

Left to itself MLflow 3.17 shows neither metrics nor more than ten trials. A stored view is an experiment tag that
holds the state of the page as JSON; the format is MLflow's own and not documented, so it is written here and nowhere
else, and tried in a browser against the versions this package allows.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, urlencode

from automl.core.metric import METRICS, metric_by_name
from automl.core.ports import StudyInfo
from automl.tracking.problems import without_credentials
from automl.tracking.records import KIND_TAG

VIEW_KEY = "automl"
_TAG_PREFIX = "mlflow.sharedViewState."
_N_RUNS = 100  # a page loads no more; charts show what is loaded


def store_views(client: Any, experiment: Any, info: StudyInfo) -> None:
    """Store the view of a study with its experiment, unless it has one: a person may have changed it."""
    tag = f"{_TAG_PREFIX}{VIEW_KEY}"
    if tag not in experiment.tags:
        client.set_experiment_tag(experiment.experiment_id, tag, leaderboard_view(info, experiment.creation_time))


def leaderboard_view(info: StudyInfo, created_ms: int) -> str:
    """The stored view of a study: trials from best to worst, metrics and shared choices as columns, charts."""
    return json.dumps({"name": "automl: trials", "createdAt": created_ms, "state": json.dumps(_state(info))})


def view_url(base: str, experiment_id: str, *, charts: bool = False) -> str:
    """Address of the stored view on the server at ``base``: the table, or the charts."""
    query = {"workflowType": "machine_learning", "viewStateShareKey": VIEW_KEY}
    if charts:
        query["compareRunsMode"] = "CHART"
    return f"{_page(base)}/experiments/{experiment_id}/runs?{urlencode(query)}"


def compare_url(base: str, experiment_id: str, run_ids: list[str] | tuple[str, ...]) -> str:
    """Address of MLflow's comparison of some runs. It breaks with any further parameter (MLflow 3.17)."""
    runs, experiments = (quote(json.dumps(ids, separators=(",", ":"))) for ids in (list(run_ids), [experiment_id]))
    return f"{_page(base)}/compare-runs?runs={runs}&experiments={experiments}"


def _page(base: str) -> str:
    return f"{without_credentials(base).rstrip('/')}/#"


def _state(info: StudyInfo) -> dict[str, Any]:
    metric = metric_by_name(info.metric)
    return {
        "searchFilter": f"tags.`{KIND_TAG}` = 'trial'",
        "orderByKey": f"metrics.`{metric.name}`",
        "orderByAsc": not metric.greater_is_better,
        "lifecycleFilter": "Active",
        "startTime": "ALL",
        "selectedColumns": _columns(info),
        "columnOrder": _columns(info),
        "runsHiddenMode": "SHOW_ALL",
        "runsExpanded": {},
        "runsPinned": [],
        "runsHidden": [],
        "runsVisibilityMap": {},
        "viewMaximized": False,
        "runListHidden": False,
        "groupBy": None,
        "groupsExpanded": {},
        "hideEmptyCharts": True,
        "autoRefreshEnabled": True,
        "isAccordionReordered": True,  # else MLflow sorts the sections by name, and ours are not the first
        "compareRunSections": [_section("Choices", columns=1), _section("Scores", columns=2)],
        "compareRunCharts": _charts(info),
    }


def _columns(info: StudyInfo) -> list[str]:
    """The score, what was chosen, and the other scores: in this order, since a screen holds about ten."""
    searched = [info.metric, f"{info.metric}_sd"]
    others = [*(name for name in METRICS if name != info.metric), "seconds"]
    choices = [f"params.`{label}`" for label in info.labels]
    return [*(f"metrics.`{name}`" for name in searched), *choices, *(f"metrics.`{name}`" for name in others)]


def _charts(info: StudyInfo) -> list[dict[str, Any]]:
    labels, metric = list(info.labels), info.metric
    return [
        _chart("PARALLEL", "Choices", selectedParams=labels, selectedMetrics=[metric], showAllRuns=True),
        _chart("SCATTER", "Scores", xaxis=_axis("seconds"), yaxis=_axis(metric)),
        _chart("BAR", "Scores", metricKey=metric),
    ]


def _section(name: str, *, columns: int) -> dict[str, Any]:
    return {"uuid": name, "name": name, "display": True, "isReordered": True, "columns": columns}


def _chart(kind: str, section: str, **settings: Any) -> dict[str, Any]:
    common = {"uuid": f"automl-{kind.lower()}", "metricSectionId": section, "deleted": False, "isGenerated": False}
    return {"type": kind, "runsCountToCompare": _N_RUNS, **common, **settings}


def _axis(metric: str) -> dict[str, str]:
    return {"key": metric, "type": "METRIC"}
