"""The live view of a search, drawn for a terminal."""

from pathlib import Path

from tracked_studies import complete, failed, pruned

from automl.cli.live import LiveView
from automl.core.leaderboard import standing_of
from automl.core.metric import METRICS
from automl.workflows.events import Planned, TrialEnded

METRIC = METRICS["log_loss"]
PLAN = Planned(
    study="st", folder=Path("runs/st"), data="", n_samples=60, metric=METRIC, scoring="", space="", notes=(),
    n_trials=9, earlier=(), n_workers=1, is_demo=False,
)  # fmt: skip


def test_pruned_trials_are_counted_apart_from_failures_and_do_not_lead(monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")  # what is written to is a terminal for all rich knows
    monkeypatch.setenv("COLUMNS", "120")
    view = LiveView()
    view.begin(PLAN)
    for n, trial in enumerate([complete(1, 0.3), pruned(2, 0.1), pruned(3, 0.2), failed(4)], 1):
        view.add(TrialEnded(trial, standing_of(trial, METRIC), n == 1, n))
    drawn = capsys.readouterr().err
    view.end()
    last = drawn[drawn.rindex("searching") :]
    assert "pruned 2, failed 1." in last
    assert "0.300" in last
    assert "0.100" not in last
