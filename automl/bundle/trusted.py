"""The types a model file may hold. This list and the installed plug-ins decide; a bundle never does."""

from __future__ import annotations

from collections.abc import Iterator

from automl.core.trial import Config
from automl.errors import SpaceError
from automl.pipeline.registry import family, family_names, stage, stage_names

# Beyond what skops trusts by itself (0.16: every public estimator of scikit-learn, numpy arrays, plain values). None of
# these runs code of the file. Those that hold tables read by native code are checked by structure.py before they are
# used. The comments say who needs them; a test compares the list with every family and every stage.
TRUSTED: tuple[str, ...] = (
    "automl.models._keras_network.TrainedNetwork",  # mlp, cnn; opens its .keras file in safe mode, its classes checked
    "automl.models.cnn.KerasCNN",  # cnn
    "automl.models.mlp.KerasMLP",  # mlp
    "automl.preprocess.mel.MelSpectrogram",  # sound
    "automl.preprocess.sound_features.SoundFeatures",  # sound
    "numpy.dtype",  # impute
    "sklearn.calibration._CalibratedClassifier",  # svm
    "sklearn.calibration._SigmoidCalibration",  # svm
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",  # boosting
    "sklearn.feature_selection._mutual_info.mutual_info_classif",  # select
    "sklearn.feature_selection._univariate_selection.f_classif",  # select
    "sklearn.metrics._dist_metrics.EuclideanDistance64",  # knn
    "sklearn.metrics._dist_metrics.ManhattanDistance64",  # knn
    "sklearn.neighbors._ball_tree.BallTree",  # knn
    "sklearn.neighbors._kd_tree.KDTree",  # knn
    "sklearn.tree._tree.Tree",  # forest, extra_trees, select
    "xgboost.core.Booster",  # xgboost
    "xgboost.sklearn.XGBClassifier",  # xgboost
)


def trusted_types(config: Config) -> tuple[str, ...]:
    """Full names of the types a model of this config may hold.

    Ours, and those that the *installed* families and stages named in ``config`` declare; a name that nothing installed
    answers to adds nothing.
    """
    return tuple(sorted({*TRUSTED, *_declared(config)}))


def _declared(config: Config) -> Iterator[str]:
    model = config.get("model")
    try:
        if model in family_names():
            yield from family(str(model)).trusts
        for name in config.keys() & set(stage_names()):
            yield from stage(name).trusts
    except (SpaceError, ImportError):
        # A broken plug-in vouches for nothing; what it would have trusted is refused, by name, when the model is read.
        return
