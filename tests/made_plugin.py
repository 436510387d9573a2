"""A plug-in made on the spot: naive Bayes that gets stuck in native code, or talks, when a file tells it to."""

from __future__ import annotations

from pathlib import Path

ORDER = "AUTOML_TEST_ORDER"
"""Environment variable that names the file. It holds ``stick N``: stop at the first fit on N rows or more, which makes
a file ``reached`` beside it, or ``talk N``: print N characters at each fit."""

SPACE = """
schema = 1
name = "moody"
summary = "Does as it is told."

[[stage]]
name = "encode"
[stage.option.onehot]

[[stage]]
name = "impute"
[stage.option.median]

[model.moody]
var_smoothing = { float = [1e-9, 1.0], log = true, default = 1e-9 }
"""

_MODULE = '''
"""See ``write_plugin``."""

import hashlib
import os
from pathlib import Path

from sklearn.naive_bayes import GaussianNB

from automl.pipeline.registry import ModelFamily


def obey(n_rows):
    order = Path(os.environ["AUTOML_TEST_ORDER"])
    if not order.exists():
        return
    what, number = order.read_text().split()
    if what == "talk":
        print("x" * int(number), flush=True)
    elif n_rows >= int(number):
        order.with_name("reached").touch()
        hashlib.pbkdf2_hmac("sha512", b"", b"", 1 << 30)  # many minutes in C, without the interpreter lock


def build(params, context):
    obey(len(context.y))
    return GaussianNB(**params)


FAMILY = ModelFamily(name="moody", title="moody naive Bayes", params=("var_smoothing",), build=build)
'''


def write_plugin(folder: Path) -> Path:
    """A new folder for ``PYTHONPATH`` in which the family is installed as pip would install it."""
    info = folder / "moody_plugin-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: moody-plugin\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[automl.families]\nmoody = moody_plugin:FAMILY\n")
    (folder / "moody_plugin.py").write_text(_MODULE)
    (folder / "moody.toml").write_text(SPACE)
    return folder
