"""CPU time of a trial of a network, and of the same network through Keras' own ``fit``.

    python benchmarks/networks.py --rounds 3

Both train the same layers with the same optimiser on the same rows of the same folds, look at the same inner
validation rows after every epoch, take no early end, restore the best weights and predict the left-out rows. Ours is
what a search does: one traced function per epoch, kept from fold to fold. Theirs builds, compiles and fits the network
anew for every fold. They take turns; read the ratio. TensorFlow is imported and warmed up beforehand. Nothing changes
the rows of the convolutional networks between epochs, which Keras' ``fit`` could not do alike.
"""

from __future__ import annotations

import argparse
import math
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from automl.core.plan import Fold
from automl.evaluation.splits import stratified_folds
from automl.models import _keras_classifier
from automl.models._inner_rows import inner_valid_rows
from automl.models._keras_classifier import KerasClassifier
from automl.models._keras_layers import with_head
from automl.models._tensorflow import start_tensorflow
from automl.models.cnn import KerasCNN
from automl.models.mlp import KerasMLP

N_FEATURES = 26
PICTURE = (40, 64)
ARTICLE = {"n_layers": 4, "width": 512, "shape": "funnel", "normalization": "none", "dropout": 0.0, "input_clip": False}
COMMON: dict[str, Any] = {"optimizer": "adam", "schedule": "constant"}
NETWORKS: dict[str, KerasClassifier] = {
    "mlp, the article's": KerasMLP(**ARTICLE, **COMMON),
    "mlp, the default": KerasMLP(**COMMON),
    "cnn, of audio.toml": KerasCNN(**COMMON, n_blocks=3, filters=8, inputs=(("image", PICTURE),)),
    "cnn, the default": KerasCNN(**COMMON, inputs=(("image", PICTURE),)),
}


def main() -> None:
    args = parse()
    start_tensorflow(1)
    rows, y = made_rows(args.rows, N_FEATURES)
    pictures, _ = made_rows(args.rows, math.prod(PICTURE))
    folds = stratified_folds(y, None, args.folds, 0)
    ours(KerasMLP(epochs=1, width=8), rows, y, folds)
    theirs(KerasMLP(epochs=1, width=8), rows, y, folds[:1])
    print(
        f"{args.rows} rows of {N_FEATURES} numbers or of {PICTURE[0]} x {PICTURE[1]} pictures, {args.folds} folds, "
        f"{args.epochs} epochs, batch 32, one thread, CPU seconds"
    )
    for name, network in NETWORKS.items():
        model = clone(network).set_params(epochs=args.epochs, patience=args.epochs)
        X = rows if network.inputs is None else pictures
        rounds = [one_round(model, X, y, folds) for _ in range(args.rounds)]
        fast, slow = (statistics.median(r[i] for r in rounds) for i in (0, 1))
        ratios = ", ".join(f"{b / a:.1f}" for a, b in rounds)
        print(f"  {name:<18} ours {fast:6.2f}   fit and rebuild {slow:6.2f}   ratio {ratios}", flush=True)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=600)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


def made_rows(n_rows: int, n_features: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_rows, n_features))
    return X, (X[:, :5].sum(axis=1) + rng.normal(size=n_rows) > 0).astype(np.int64)


def one_round(model: KerasClassifier, X: NDArray[np.float64], y: NDArray[np.int64], folds: tuple[Fold, ...]) -> Any:
    """CPU seconds of both, ours first; nothing is left of an earlier trial."""
    _keras_classifier._last.clear()
    return cpu_seconds(lambda: ours(model, X, y, folds)), cpu_seconds(lambda: theirs(model, X, y, folds))


def ours(model: KerasClassifier, X: NDArray[np.float64], y: NDArray[np.int64], folds: tuple[Fold, ...]) -> None:
    for fold in folds:
        model.fit(X[fold.train], y[fold.train]).predict_proba(X[fold.valid])


def theirs(model: KerasClassifier, X: NDArray[np.float64], y: NDArray[np.int64], folds: tuple[Fold, ...]) -> None:
    import keras

    shapes = [(N_FEATURES,)] if model.inputs is None else [shape for _, shape in model.inputs]
    X = X.reshape(-1, *shapes[0])
    for fold in folds:
        inner = inner_valid_rows(y[fold.train], None, 0)
        kept, watched = np.delete(fold.train, inner), fold.train[inner]
        network = with_head(model.layers, shapes, 2)
        network.compile(
            optimizer=keras.optimizers.Adam(model.learning_rate),
            loss="sparse_categorical_crossentropy",
            metrics=["accuracy"],
        )
        network.fit(
            X[kept],
            y[kept],
            batch_size=model.batch_size,
            epochs=model.epochs,
            validation_data=(X[watched], y[watched]),
            callbacks=[keras.callbacks.EarlyStopping(patience=model.epochs, restore_best_weights=True)],
            verbose=0,
        )
        network.predict(X[fold.valid], verbose=0)


def cpu_seconds(action: Callable[[], object]) -> float:
    began = time.process_time()
    action()
    return time.process_time() - began


if __name__ == "__main__":
    main()
