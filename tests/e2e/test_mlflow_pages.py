"""MLflow's pages in a real browser: the prepared view depends on a format that MLflow does not document."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tracked_studies import IGNORE_MLFLOW_WARNING, complete, failed, study_end, study_info, trained

from automl.tracking.mlflow import MlflowTracker
from automl.tracking.server import MlflowServer, links
from automl.tracking.store import default_uri
from automl.tracking.views import compare_url, view_url

CHROMIUM = shutil.which("chromium")
_PATIENCE_MS = 120_000
PICTURES = os.environ.get("AUTOML_TEST_PICTURES")  # a folder for screenshots, to be looked at

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings(IGNORE_MLFLOW_WARNING),
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
]


@pytest.fixture(scope="module")
def runs(tmp_path_factory, mlflow_database):
    """A study of twelve trials, of which the tenth is the best and the last one failed."""
    runs = tmp_path_factory.mktemp("runs")
    shutil.copy(mlflow_database, runs)
    tracker = MlflowTracker(default_uri(runs), runs=runs)
    tracker.study_started(study_info(runs, labels=("model", "impute", "scale", "select", "rows")), [])
    for number in range(1, 12):
        family, scale = ("svm", "standard") if number % 3 else ("boosting", "quantile")
        tracker.trial_finished(complete(number, abs(10 - number) / 20 + 0.1, family=family, scale=scale))
    tracker.trial_finished(failed(12))
    tracker.study_finished(study_end(runs, best=10))
    return runs


@pytest.fixture(scope="module")
def server(runs):
    with MlflowServer(default_uri(runs)) as server:
        yield server


@pytest.fixture
def network_server(tracked_runs):
    """Of a study of one network: its address, and where the network is."""
    tracker = MlflowTracker(default_uri(tracked_runs), runs=tracked_runs)
    tracker.study_started(study_info(tracked_runs), [])
    tracker.trial_finished(trained(1, 0.2, n_epochs=40))
    with MlflowServer(default_uri(tracked_runs)) as server:
        yield server.url, links(default_uri(tracked_runs), "coughs-1", [1])


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    quiet = ("background-networking", "component-update", "sync")
    options = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", *(f"--disable-{q}" for q in quiet)]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        yield browser
        browser.close()


@pytest.fixture
def page(browser, request):
    page = browser.new_page(viewport={"width": 1600, "height": 1900})
    page.set_default_timeout(_PATIENCE_MS)
    expect.set_options(timeout=_PATIENCE_MS)  # the page draws in steps: what is asserted is waited for
    yield page
    if PICTURES:
        page.screenshot(path=Path(PICTURES, f"{request.node.name}.png"))
    page.close()


@pytest.fixture
def experiment(runs):
    return links(default_uri(runs), "coughs-1", [10, 9, 8])


def test_the_leaderboard_shows_metrics_and_the_best_trial_first(page, server, experiment):
    page.goto(view_url(server.url, experiment.experiment_id))
    for column in ("log_loss", "log_loss_sd", "model", "scale"):
        page.get_by_role("columnheader", name=column, exact=True).first.wait_for()
    names = page.get_by_role("link", name=re.compile(r"^#\d\d\d "))
    second = re.compile("#009 boosting 0.150|#011 svm 0.150")
    expect(names).to_have_count(12)
    expect(names.nth(0)).to_have_text("#010 svm 0.100")
    expect(names.nth(1)).to_have_text(second)
    expect(names.nth(2)).to_have_text(second)
    expect(names.nth(11)).to_have_text("#012 svm failed")
    page.get_by_text("12 matching runs").wait_for()


def test_the_charts_show_parallel_coordinates_over_the_shared_choices(page, server, experiment):
    page.goto(view_url(server.url, experiment.experiment_id, charts=True))
    page.get_by_text("Parallel Coordinates").wait_for()
    axes = page.locator(".parcoords text.label")
    expect(axes).to_have_text(["model", "impute", "scale", "select", "rows", "log_loss"])


def test_three_trials_are_compared_side_by_side(page, server, experiment):
    page.goto(view_url(server.url, experiment.experiment_id))
    page.get_by_role("link", name="#010 svm 0.100").wait_for()
    for row in range(3):
        page.locator(f"[row-index='{row}'] input.ag-checkbox-input").click()
    page.get_by_role("button", name="Compare", exact=True).click()
    page.get_by_text("Comparing 3 Runs from 1 Experiment").wait_for()
    assert_compared(page)


def test_the_comparison_has_a_link(page, server, experiment):
    page.goto(compare_url(server.url, experiment.experiment_id, list(experiment.run_ids.values())))
    page.get_by_text("Comparing 3 Runs from 1 Experiment").wait_for()
    assert_compared(page)


def test_the_page_of_a_network_shows_its_curves_by_epoch(page, network_server):
    base, experiment = network_server
    page.goto(f"{base}/#/experiments/{experiment.experiment_id}/runs/{experiment.run_ids[1]}/model-metrics")
    for name in ("train_loss", "valid_loss", "learning_rate"):
        page.get_by_text(name, exact=True).first.wait_for()
    expect(page.get_by_text("#001 mlp 0.200 (epoch/valid_loss)")).to_have_count(
        1
    )  # a line: of a bar no metric is named


def assert_compared(page):
    page.get_by_text("Metrics", exact=True).last.scroll_into_view_if_needed()
    for name in ("#010 svm 0.100", "#009 boosting 0.150", "model.svm.C", "log_loss", "balanced_accuracy"):
        page.get_by_text(name, exact=True).first.wait_for(state="attached")
