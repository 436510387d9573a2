import io
import json
from zipfile import ZipFile

import numpy as np
import pytest

from automl.errors import BundleError
from automl.models._keras_file import read_network
from automl.models.mlp import KerasMLP

Y = np.arange(16) % 2
X = Y[:, None] * np.ones(3)


@pytest.fixture(scope="module")
def content() -> bytes:
    return KerasMLP(width=8, n_layers=1, epochs=1).fit(X, Y).network_.keras_content()


def rewritten(content: bytes, change) -> bytes:
    """The file with another configuration."""
    out = io.BytesIO()
    with ZipFile(io.BytesIO(content)) as old, ZipFile(out, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, json.dumps(change(json.loads(data))) if name == "config.json" else data)
    return out.getvalue()


def with_layer(layer):
    def change(config):
        config["config"]["layers"].append(layer)
        return config

    return change


def test_a_network_comes_back_as_it_was(content):
    network = read_network(content)
    assert network.predict(X, verbose=0).shape == (16, 2)


@pytest.mark.parametrize(
    ("layer", "name"),
    [
        ({"class_name": "Lambda", "module": "keras.layers"}, "keras.layers.Lambda"),
        ({"class_name": "TFSMLayer", "module": "keras.layers"}, "keras.layers.TFSMLayer"),
        ({"class_name": "function", "module": "builtins", "config": "print"}, "builtins.function"),
        ({"class_name": "Popen", "module": "subprocess"}, "subprocess.Popen"),
        ({"class_name": "Dense", "module": "keras.layers", "registered_name": "evil>Dense"}, "evil>Dense"),
        ({"class_name": "Dense"}, "None.Dense"),
        ({"class_name": ["Dense"], "module": "keras.layers"}, "keras.layers.['Dense']"),
    ],
)
def test_a_class_that_our_networks_do_not_have_is_refused_before_anything_is_made(content, layer, name):
    with pytest.raises(BundleError, match="classes that are not trusted; it was not opened") as caught:
        read_network(rewritten(content, with_layer(layer)))
    assert caught.value.details == (name,)


@pytest.mark.parametrize("damage", [lambda c: b"", lambda c: c[: len(c) // 2], lambda c: b"no zip" * 100])
def test_a_damaged_file_is_an_error_with_a_reason(content, damage):
    with pytest.raises(BundleError, match=r"the network is no \.keras file"):
        read_network(damage(content))


def test_a_file_without_its_weights_is_an_error_with_a_reason(content):
    out = io.BytesIO()
    with ZipFile(io.BytesIO(content)) as old, ZipFile(out, "w") as new:
        new.writestr("config.json", old.read("config.json"))
    with pytest.raises(BundleError, match="the network cannot be read"):
        read_network(out.getvalue())
