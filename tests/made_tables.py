"""Tables made on the spot."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd


def write_people(path: Path) -> Path:
    """A small table with a mixed lot of columns, two rows a patient, and a label that can be learned."""
    rng = np.random.default_rng(7)
    patient = np.repeat(np.arange(30), 2)
    is_ill = (patient % 3 == 0).astype(int)
    frame = pd.DataFrame(
        {
            "age": np.where(rng.random(60) < 0.1, np.nan, 40 + 20 * is_ill + rng.normal(0, 6, 60)).round(1),
            "fever": rng.random(60) < 0.3 + 0.4 * is_ill,
            "site": rng.choice(["Bonn", "Graz", "Lund"], 60),
            "outcome": np.where(is_ill, "ill", "well"),
            "patient": [f"p{n:02d}" for n in patient],
        }
    )
    frame.to_csv(path, index=False)
    return path
