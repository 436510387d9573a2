"""The result of a study, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from automl.cli.words import columns, count, number, runs_words, seconds, short_path
from automl.core.estimate import Estimate
from automl.core.leaderboard import Standing, best_of_each_family
from automl.core.study import StopReason
from automl.core.trial import TrialState
from automl.spaces.render import in_words
from automl.workflows.events import Planned, SearchEnded
from automl.workflows.result import StudyResult

_ALSO = ("roc_auc", "balanced_accuracy")
_WHY = {
    StopReason.BUDGET: "",
    StopReason.TIMEOUT: " The timeout was reached; automl resume goes on.",
    StopReason.USED_UP: " No config is left to try.",
    StopReason.HOPELESS: "",
    StopReason.INTERRUPTED: "",
}


def summary_lines(result: StudyResult, plan: Planned | None, ended: SearchEnded | None) -> Iterator[str]:
    """What a person should read at the end: leaderboard by family, winner, final score, ties, what to type next.

    Parameters
    ----------
    plan, ended : of this session; ``None`` when the study was finished before
    """
    yield ""
    yield tally(result.standings, ended, n_earlier=plan.n_finished if plan else 0)
    yield ""
    yield from board(best_of_each_family(result.standings), result.metric.name)
    yield ""
    yield from _verdict(result)
    yield ""
    yield from (f"  Note  {note}" for note in _notes(result, plan))
    yield ""
    yield f"Model   {short_path(result.bundle)}"
    yield ""
    yield from _next(result, plan)


def tally(standings: Sequence[Standing], ended: SearchEnded | None, *, n_earlier: int = 0) -> str:
    """``200 trials in 1 min 16 s: 198 complete, 2 failed. Best since trial 44.``"""
    states = Counter(s.trial.state for s in standings)
    parts = [f"{states[state]} {state.replace('_', ' ')}" for state in TrialState if states[state]]
    n_new = ended.n_finished - n_earlier if ended else 0
    in_time = f" in {seconds(ended.seconds)}" if ended else ""
    if ended and n_earlier:
        in_time = f" ({n_new} of them now, in {seconds(ended.seconds)})"
    why = _WHY[ended.reason] if ended else ""
    return (
        f"{count(len(standings), 'trial')}{in_time}: {', '.join(parts)}. Best: trial {standings[0].trial.number}.{why}"
    )


def board(standings: Sequence[Standing], metric: str, *, width: int | None = None) -> list[str]:
    """Lines of a leaderboard."""
    rows = [["rank", "trial", metric, "± folds", "seconds", "pipeline"]]
    for s in standings:
        trial = s.trial
        score = [number(s.score), number(s.sd)] if s.rank else [trial.ending, "-"]
        rows.append(
            [str(s.rank or "-"), str(trial.number), *score, f"{trial.result.seconds:.2f}", in_words(trial.config)]
        )
    return columns(rows, right=(0, 1, 2, 3, 4), width=width)


def _verdict(result: StudyResult) -> Iterator[str]:
    best = result.best
    yield f"Best pipeline    trial {best.trial.number}: {in_words(best.trial.config)}"
    for estimate in result.estimates:
        if estimate.metric == result.metric.name:
            yield from _estimate_lines(result, estimate)
    sd = f" ± {number(best.sd)}" if best.sd is not None else ""
    yield (
        f"In the search    {result.metric.name} {number(best.score)}{sd} over {result.n_folds} folds "
        "(chosen on these, so too rosy)"
    )
    if result.estimate is not None and result.estimate.no_skill is not None:
        yield f"No-skill model   {result.metric.name} {number(result.estimate.no_skill)} (the class frequencies)"
    if others := [e for e in result.estimates if e.metric in _ALSO and e.method == "bbc-cv" and e != result.estimate]:
        also = ", ".join(f"{e.metric} {number(e.value)} ({number(e.low)} to {number(e.high)})" for e in others)
        yield f"By other metrics {also}"
        yield f"{'':<16} every metric: {short_path(result.bundle / 'README.md')}"


def _estimate_lines(result: StudyResult, estimate: Estimate) -> Iterator[str]:
    n_complete = sum(s.rank is not None for s in result.standings)
    if estimate.method == "bbc-cv":
        heading = f"For new {estimate.unit}s"
        n_pruned = sum(s.trial.state is TrialState.PRUNED for s in result.standings)
        besides = f"; {n_pruned} pruned ones were no candidates" if n_pruned else ""
        why = f"corrected for choosing among {count(n_complete, 'pipeline')}{besides}"
    else:
        heading = "On the test set"
        why = (
            "look 1 at these rows"
            if estimate.looks == 1
            else f"look {estimate.looks} at these rows: each look flatters"
        )
    interval = f"95% interval {number(estimate.low)} to {number(estimate.high)}"
    yield f"{heading:<16} {estimate.metric} {number(estimate.value)}, {interval}"
    yield f"{'':<16} {count(estimate.n_units, estimate.unit)}; {why}"


def _notes(result: StudyResult, plan: Planned | None) -> Iterator[str]:
    yield from result.notes
    if plan is not None and plan.n_workers > 1:
        yield (
            f"With {plan.n_workers} workers, what is tried next depends on which trial ends first: "
            "exact repetition needs --workers 1."
        )
    complete = [s for s in result.standings if s.rank is not None]
    if result.n_tied > 1 and len(complete) > result.n_tied:
        families = {s.trial.family for s in complete[: result.n_tied]}
        fastest = next(s.trial for s in complete if s.trial.number == result.fastest_tied)
        yield (
            f"{result.n_tied} of {len(complete)} complete trials are within one standard error of the best, "
            f"in {count(len(families), 'family').replace('familys', 'families')}. The fastest of them is trial "
            f"{fastest.number}, {seconds(fastest.result.seconds)}: {in_words(fastest.config)}."
        )


def _next(result: StudyResult, plan: Planned | None) -> Iterator[str]:
    at = runs_words(result.folder)
    yield "Next"
    rows = [
        [f"  automl ui {result.name}{at}", "compare the trials"],
        [f"  automl export {result.name}{at} --out model", "the pipeline, to take away"],
        [f"  automl predict {result.name}{at} NEW", "label new rows or recordings"],
        [f"  automl resume {result.name}{at} --more 100", "search longer"],
    ]
    if plan is not None and plan.is_demo:
        rows.append(["  automl search data.csv --label diagnosis", "search your own data"])
    yield from columns(rows)
