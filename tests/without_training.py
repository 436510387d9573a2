"""``automl predict`` in a process that cannot train anything."""

PREDICT = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("tensorflow", "keras", "tf2onnx", "onnx", "skl2onnx"):
            raise ImportError(f"{name} is not there")

sys.meta_path.insert(0, Absent())
from automl.cli.main import main

try:
    main()
finally:
    trains = ("automl.models", "automl.pipeline.fit", "automl.samplers", "automl.execution", "automl.tracking")
    others = ("tensorflow", "keras", "hyperopt", "mlflow")
    found = [name for name in sys.modules if name.startswith(trains) or name.split(".")[0] in others]
    assert not found, found
"""
"""To run with ``python -c``: nothing in it can import the packages of networks, and at its end nothing that trains may
have been imported."""
