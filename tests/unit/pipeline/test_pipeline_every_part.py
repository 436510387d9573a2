"""Every family with every option of every stage, on numbers, booleans and categories with missing values."""

import numpy as np
import pytest

from automl.pipeline.fit import fit_pipeline
from automl.pipeline.registry import family, family_names, stage

STAGES = ("encode", "impute", "scale", "select", "rows", "copies")
FAMILIES = [name for name in family_names() if not family(name).requires]
BASE = {"encode": "onehot", "encode.onehot.min_share": 0.1, "impute": "median", "scale": "standard"}
FAST = {"n_estimators": 5, "max_iter": 5, "epochs": 2}


def options() -> list[tuple[str, str]]:
    return [(name, option) for name in STAGES for option in stage(name).options]


@pytest.mark.filterwarnings("ignore:margins rank left-out rows:UserWarning")
@pytest.mark.parametrize(("name", "option"), options())
def test_option_fits_in_front_of_every_family(mixed, name, option):
    for model in FAMILIES:
        if stage(name).options[option].weighs and not family(model).takes_weights:
            continue
        fast = {f"model.{model}.{p}": v for p, v in FAST.items() if p in family(model).params}
        base = {k: v for k, v in BASE.items() if not k.startswith(name)}
        fitted = fit_pipeline({**base, name: option, "model": model, **fast}, mixed, np.arange(45), 0)
        proba = fitted.predict_proba(mixed.X)
        assert np.isfinite(proba).all()
        assert np.allclose(proba.sum(axis=1), 1, atol=1e-6)
