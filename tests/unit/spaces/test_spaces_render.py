import pytest

from automl.spaces.nodes import Choice, Fixed, Float, Int, Parameter, Space, Stage
from automl.spaces.render import describe, in_words, summary_line

SPACE = Space(
    "small",
    "For a test.",
    stages=(
        Stage("scale", {"none": (), "normalize": (Parameter("norm", Choice(("l1", "l2"), "l2")),)}, "none", ("svm",)),
    ),
    models={
        "svm": (
            Parameter("C", Float(1e-3, 1e3, 1.0, log=True)),
            Parameter("kernel", Choice(("linear", "rbf", "poly"), "rbf")),
            Parameter("share", Float(0.5, 0.9999, 0.95), {"kernel": ("rbf", "poly")}),
        ),
        "forest": (Parameter("n_estimators", Fixed(200)), Parameter("leaf", Int(1, 20, 2))),
    },
)


def test_a_space_is_described_as_it_will_be_searched() -> None:
    assert describe(SPACE).split("\n") == [
        "small",
        "  For a test.",
        "",
        "Stages, in this order",
        "  scale, for svm",
        "    none (default)",
        "    normalize",
        "      norm  l1 | l2, default l2",
        "",
        "Families",
        "  svm",
        "    C       0.001 to 1000, log, default 1",
        "    kernel  linear | rbf | poly, default rbf",
        "    share   0.5 to 0.9999, default 0.95, when kernel is rbf or poly",
        "  forest",
        "    n_estimators  always 200",
        "    leaf          whole numbers 1 to 20, default 2",
    ]


def test_a_summary_names_the_families_and_counts_the_scalers() -> None:
    assert summary_line(SPACE) == "svm forest, 2 scalers"


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (
            {
                "scale": "standard",
                "select": "pca",
                "select.pca.variance": 0.95,
                "model": "svm",
                "model.svm.C": 1.5432,
                "model.svm.kernel": "rbf",
                "model.svm.gamma": 0.00042987,
            },
            "standard › pca 0.95 › svm C=1.54 kernel=rbf gamma=0.00043",
        ),
        ({"scale": "none", "rows": "none", "model": "knn", "model.knn.n_neighbors": 15}, "knn n_neighbors=15"),
        (
            {"impute": "mean", "impute.mean.indicator": True, "model": "lda", "model.lda.shrinkage": 0.0},
            "mean indicator › lda shrinkage=0",
        ),
        (
            {"impute": "mean", "impute.mean.indicator": False, "model": "svm", "model.svm.C": 1234.5},
            "mean › svm C=1230",
        ),
        (
            {"scale": "normalize", "scale.normalize.norm": "l1", "model": "forest", "model.forest.n_estimators": 1234},
            "normalize l1 › forest n_estimators=1234",
        ),
    ],
)
def test_a_config_is_said_as_the_pipeline_it_makes(config: dict[str, object], words: str) -> None:
    assert in_words(config) == words
