"""The metrics by name: which way is better, and whether they are means over rows."""

from __future__ import annotations

from dataclasses import dataclass

from automl.errors import RequestError


@dataclass(frozen=True)
class Metric:
    """What a score is called and how it is read.

    Parameters
    ----------
    greater_is_better : direction; a loss is the score, its sign turned where greater is better
    per_row : the score is a mean over rows, so a trial's value is taken over all out-of-fold rows at once
    """

    name: str
    title: str
    greater_is_better: bool = True
    per_row: bool = False

    def loss(self, score: float) -> float:
        """The score turned so that lower is better."""
        return -score if self.greater_is_better else score

    def score(self, loss: float) -> float:
        """The loss turned back."""
        return -loss if self.greater_is_better else loss


METRICS: dict[str, Metric] = {
    m.name: m
    for m in (
        Metric("log_loss", "log loss", greater_is_better=False, per_row=True),
        Metric("roc_auc", "ROC AUC"),
        Metric("pr_auc", "PR AUC"),
        Metric("accuracy", "accuracy"),
        Metric("balanced_accuracy", "balanced accuracy"),
        Metric("f1", "F1"),
        Metric("precision", "precision"),
        Metric("sensitivity", "sensitivity (recall)"),
        Metric("specificity", "specificity"),
        Metric("mcc", "MCC"),
        Metric("brier", "Brier score", greater_is_better=False, per_row=True),
    )
}


def metric_by_name(name: str) -> Metric:
    """The metric called ``name``.

    Raises
    ------
    RequestError
        If there is none; the message lists what exists.
    """
    if name not in METRICS:
        raise RequestError(f'unknown metric "{name}"', hint=f"--metric takes one of: {', '.join(METRICS)}")
    return METRICS[name]
