"""``README.md`` of a bundle: the model card."""

from __future__ import annotations

import re
from collections.abc import Iterable
from string import Template

from automl._version import __version__
from automl.bundle.facts import BundleFacts, OnnxFacts, SearchScore
from automl.bundle.manifest import Manifest
from automl.core.estimate import Estimate
from automl.core.metric import METRICS

_MAX_COLUMNS = 50

_CARD = Template("""\
# $title

A classifier made by automl $version on $created from trial $trial of the study $study. `manifest.json` says the same
for programs, with the sha256 of every file.

## What it does

For one row it gives a probability for each of the classes $classes. Its decision is the most probable one. The class to
find (positive) is $positive.

It needs these columns, in any order; missing values and unseen categories are fine:

$columns

The model: $config
$network
## What it was made from

$data

## How good it is

$scores

## What to keep in mind

$limits

## How to use it

With automl, which checks every file, every type in the model and the model's tables before it uses them:

    automl predict FOLDER TABLE.csv > predictions.csv

or from Python: `automl.load("FOLDER")`.
$script
`scaler.pkl` is the fitted scaler alone, for use elsewhere with scikit-learn. $scaler

    import pickle
    with open("scaler.pkl", "rb") as file:
        scaler = pickle.load(file)
    scaler.feature_names_in_  # the columns it expects, in this order

## Whose folder is this?

Opening a pickle runs whatever its maker put into it. If this folder is not your own, use `automl predict`: it never
opens `scaler.pkl`, runs nothing in this folder and believes no list of types in it. The checksums tell that the files
are whole, not who made them.
""")

_SCRIPT = """
Without automl, with the packages of `requirements.txt` alone, for a folder of your own:

    pip install -r requirements.txt
    python predict.py TABLE.csv > predictions.csv
"""

_NETWORK = """
It is a network. `model.skops` holds the steps before it, `model.keras` the network for Keras, `model.onnx` the same for
ONNX Runtime, which predicts without TensorFlow: {}.
"""
_KERAS_ONLY = """
It is a network. `model.skops` holds the steps before it, `model.keras` the network for Keras. There is no `model.onnx`,
so predicting needs TensorFlow: {}.
"""
_CONVERTED = """
`model.onnx` is the same pipeline for ONNX Runtime, with one input for each column (a missing category is the text
`nan`, a missing number NaN; a category that the training data lack may be refused) and numbers in single precision: {}.
Its output `probabilities` has the classes in the order above, `label` is the index of the most probable one. automl
itself predicts with `model.skops`.
"""
_OF_PROBABILITIES = ("log_loss", "brier", "roc_auc", "pr_auc")
_METHODS = {
    "bbc-cv": "bbc-cv: the choice among all trials is repeated on resampled units and judged on the units not drawn "
    "(Tsamardinos et al. 2018), so that the choice does not flatter the result.",
    "holdout": "holdout: rows that no trial of the search saw.",
}


def card_text(manifest: Manifest, *, has_script: bool) -> str:
    """The card in Markdown; names from the data can neither mark it up nor break out of their place.

    Parameters
    ----------
    manifest : its ``files`` do not matter
    has_script : whether ``predict.py`` stands beside it
    """
    facts, scaler = manifest.facts, manifest.scaler
    return _CARD.substitute(
        title=_prose(f"{facts.data}: {facts.config.get('model')}"),
        version=__version__,
        created=manifest.created,
        trial=facts.trial,
        study=_quoted(facts.study),
        classes=", ".join(map(_quoted, facts.class_names)),
        positive=_quoted(facts.positive),
        columns=_columns(facts),
        config=_quoted(facts.config_words),
        network=_network(manifest),
        data=_data(facts),
        scores=_scores(facts),
        limits=_listed(_limits(facts)),
        script=_SCRIPT if has_script else "",
        scaler="The model scales nothing, so it returns what it is given." if scaler.identity else "",
    )


def _network(manifest: Manifest) -> str:
    onnx = manifest.onnx
    if manifest.network is None:
        return "" if onnx is None else _CONVERTED.format(_checked(onnx))
    if onnx is None or onnx.refused is not None:
        why = _prose(onnx.refused or "") if onnx is not None else "none was made"
        return _KERAS_ONLY.format(why)
    return _NETWORK.format(_checked(onnx))


def _checked(onnx: OnnxFacts) -> str:
    return f"on {onnx.rows} rows of the training data its probabilities differ by at most {onnx.difference:.1e}"


def _columns(facts: BundleFacts) -> str:
    shown = [f"{_quoted(name)} ({kind})" for name, kind in list(facts.kinds.items())[:_MAX_COLUMNS]]
    n_more = len(facts.kinds) - len(shown)
    return _listed([*shown, f"and {n_more} more, all in `manifest.json`"] if n_more else shown)


def _data(facts: BundleFacts) -> str:
    kept = f" Rows of one {_quoted(facts.group_name)} were kept together in every split." if facts.group_name else ""
    return f"{facts.n_rows} rows of {_quoted(facts.data)} (content {_quoted(facts.fingerprint)}).{kept}"


def _scores(facts: BundleFacts) -> str:
    in_search = _in_search(facts.metric, facts.search_score)
    if not facts.estimates:
        return (
            f"There is no final score: this trial did not win its search, and the score is the winner's.\n\n{in_search}"
        )
    methods = [_METHODS[method] for method in dict.fromkeys(e.method for e in facts.estimates)]
    return "\n\n".join([_listed(map(_score, facts.estimates)), *methods, in_search])


def _score(estimate: Estimate) -> str:
    units = "rows" if estimate.unit == "row" else f"values of {_quoted(estimate.unit)}"
    no_skill = "" if estimate.no_skill is None else f", {estimate.no_skill:.3g} for {_no_skill(estimate.metric)}"
    looks = f", looked at {estimate.looks} times" if estimate.looks > 1 else ""
    return (
        f"**{_title(estimate.metric)} {estimate.value:.3g}**, 95 % interval {estimate.low:.3g} to {estimate.high:.3g}, "
        f"over {estimate.n_units} {units} ({estimate.method}{looks}){no_skill}; {_direction(estimate.metric)} is better"
    )


def _no_skill(metric: str) -> str:
    return "the class frequencies" if metric in _OF_PROBABILITIES else "always answering the commonest class"


def _in_search(metric: str, score: SearchScore) -> str:
    spread = "" if score.sd is None else f" (standard deviation {score.sd:.3g})"
    return (
        f"In the search: {_title(metric)} {score.value:.3g}{spread} over {score.n_folds} folds. "
        "This number helped to choose the trial and flatters it: do not report it."
    )


def _limits(facts: BundleFacts) -> list[str]:
    return [
        "The scores hold for rows like those it was made from; on other people, places or devices they may be worse.",
        "Its probabilities are not calibrated for another share of the classes than in the data.",
        *map(_prose, facts.notes),
    ]


def _title(metric: str) -> str:
    return METRICS[metric].title if metric in METRICS else _prose(metric)


def _direction(metric: str) -> str:
    return "higher" if metric not in METRICS or METRICS[metric].greater_is_better else "lower"


def _listed(items: Iterable[str]) -> str:
    return "\n".join(f"- {item}" for item in items)


def _one_line(text: str) -> str:
    """Without line breaks, control characters and marks that turn the direction of writing."""
    return "".join(c if c.isprintable() else " " for c in text)


def _quoted(name: str) -> str:
    """A name as code, in which nothing is markup."""
    return f"`{_one_line(name).replace('`', chr(39)) or ' '}`"


def _prose(text: str) -> str:
    """A sentence, with everything Markdown or HTML would read as markup shown as it stands."""
    return re.sub(r"([\\`*_\[\]<>#|~&!])", r"\\\1", _one_line(text))
