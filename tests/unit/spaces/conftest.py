import pytest

from automl.spaces.vocabulary import Vocabulary


@pytest.fixture
def vocabulary() -> Vocabulary:
    """A small world: three families and three stages."""
    return Vocabulary(
        families={
            "svm": ("C", "kernel", "gamma", "degree", "shrinking"),
            "knn": ("n_neighbors", "weights"),
            "forest": ("n_estimators", "criterion"),
        },
        stages={
            "scale": {"none": (), "standard": (), "normalize": ("norm",)},
            "select": {"none": (), "pca": ("variance",)},
            "rows": {"none": (), "class_weights": ()},
        },
        weightless={"knn"},
        weighing={("rows", "class_weights")},
    )
