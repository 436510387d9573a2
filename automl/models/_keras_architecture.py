"""What a network consists of, for people."""

from __future__ import annotations

from typing import Any

_MOST_LAYERS = 50
_N_SHOWN = 20  # at either end of a network that has more
_SETTINGS = ("activation", "rate", "kernel_size", "pool_size")


def architecture_text(model: Any) -> str:
    """A line per layer: its kind, what it makes of a row, its number of weights and, where it does not simply follow
    the layer before, the numbers of those it takes. Of a deep network the first and the last layers.

    The same for equal networks, unlike Keras' summary, whose names count on through a process.

    Parameters
    ----------
    model : functional Keras model
    """
    numbers = {layer.name: number for number, layer in enumerate(model.layers, 1)}
    rows = [_cells(layer, numbers) for layer in model.layers]
    if len(rows) > _MOST_LAYERS:
        rows = [*rows[:_N_SHOWN], ("", f"... {len(rows) - 2 * _N_SHOWN} more layers", "", "", ""), *rows[-_N_SHOWN:]]
    head = ("", "layer", "output", "weights", "takes" if any(row[-1] for row in rows) else "")
    return "\n".join([*_table([head, *rows]), f"{model.count_params():,} weights in all"])


def _cells(layer: Any, numbers: dict[str, int]) -> tuple[str, ...]:
    import keras

    number = numbers[layer.name]
    takes = [numbers[tensor._keras_history.operation.name] for tensor in keras.tree.flatten(layer.input)]
    follows = takes in ([], [number], [number - 1])  # of an input layer, its own output
    shape = " x ".join(map(str, layer.output.shape[1:]))
    return (str(number), _kind(layer), shape, f"{layer.count_params():,}", "" if follows else _listed(takes))


def _kind(layer: Any) -> str:
    """Such as ``Conv2D 3 x 3``."""
    config = layer.get_config()
    settings = [config[name] for name in _SETTINGS if name in config]
    said = [s for s in settings if isinstance(s, str | int | float | tuple) and s != "linear"]
    return " ".join([type(layer).__name__, *(_listed(s, " x ") if isinstance(s, tuple) else str(s) for s in said)])


def _listed(values: Any, separator: str = ", ") -> str:
    return separator.join(map(str, values))


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    right = (True, False, False, True, False)
    aligned = [
        [cell.rjust(w) if is_right else cell.ljust(w) for cell, w, is_right in zip(row, widths, right, strict=True)]
        for row in rows
    ]
    return ["  ".join(cells).rstrip() for cells in aligned]
