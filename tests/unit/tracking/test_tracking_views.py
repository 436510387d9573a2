from __future__ import annotations

import json
from pathlib import Path

import pytest
from tracked_studies import study_info

from automl.core.metric import METRICS
from automl.tracking.views import compare_url, leaderboard_view, view_url


def state_of(info):
    envelope = json.loads(leaderboard_view(info, created_ms=1))
    assert (type(envelope["name"]), envelope["createdAt"]) == (str, 1)
    return json.loads(envelope["state"])


@pytest.mark.parametrize(("metric", "ascending"), [("log_loss", True), ("roc_auc", False)])
def test_the_best_trial_is_on_top(metric, ascending):
    state = state_of(study_info(Path("runs"), metric=metric))
    assert (state["orderByKey"], state["orderByAsc"]) == (f"metrics.`{metric}`", ascending)


def test_the_table_shows_every_metric_and_every_shared_choice():
    columns = state_of(study_info(Path("runs")))["selectedColumns"]
    assert {f"metrics.`{name}`" for name in METRICS} < set(columns)
    assert {"params.`model`", "params.`scale`"} < set(columns)


def test_the_table_begins_with_the_searched_metric():
    state = state_of(study_info(Path("runs"), metric="f1"))
    assert state["columnOrder"][:2] == ["metrics.`f1`", "metrics.`f1_sd`"]


def test_every_chart_is_in_a_section():
    state = state_of(study_info(Path("runs")))
    sections = {section["uuid"] for section in state["compareRunSections"]}
    assert {chart["metricSectionId"] for chart in state["compareRunCharts"]} == sections


def test_parallel_coordinates_run_from_the_choices_to_the_score():
    charts = {chart["type"]: chart for chart in state_of(study_info(Path("runs")))["compareRunCharts"]}
    assert charts["PARALLEL"]["selectedParams"] == ["model", "impute", "scale", "select"]
    assert charts["PARALLEL"]["selectedMetrics"] == ["log_loss"]


def test_a_view_fits_into_an_experiment_tag():
    labels = tuple(f"stage_number_{n}" for n in range(30))
    assert len(leaderboard_view(study_info(Path("runs"), labels=labels), created_ms=1)) < 20_000


def test_the_view_has_an_address():
    assert view_url("http://host:5000/", "7") == (
        "http://host:5000/#/experiments/7/runs?workflowType=machine_learning&viewStateShareKey=automl"
    )
    assert view_url("http://host:5000", "7", charts=True).endswith("&compareRunsMode=CHART")


def test_the_comparison_has_an_address():
    assert compare_url("http://host:5000", "7", ["a", "b"]) == (
        "http://host:5000/#/compare-runs?runs=%5B%22a%22%2C%22b%22%5D&experiments=%5B%227%22%5D"
    )


def test_an_address_shows_no_password():
    assert view_url("http://me:secret@host", "7").startswith("http://host/#/")
