"""The data of the demo: real, and there without a download."""

from __future__ import annotations

from automl.core.dataset import Dataset
from automl.data.frames import dataset_from_frame


def demo_dataset(*, positive: str | None = None) -> Dataset:
    """The breast cancer data of scikit-learn: 569 tumours, 30 numbers each; the class to find is malignant."""
    from sklearn.datasets import load_breast_cancer

    data = load_breast_cancer(as_frame=True)
    labels = data.target.map(dict(enumerate(data.target_names)))
    return dataset_from_frame(data.data, labels, positive=positive or "malignant", name="breast_cancer")
