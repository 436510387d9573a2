"""Help answers at once, and says what is."""

import json
import subprocess
import sys

import pytest

from automl.cli.main import COMMANDS
from automl.cli.search import METRICS as METRIC_NAMES
from automl.core.metric import METRICS

HEAVY = {
    "numpy",
    "pandas",
    "scipy",
    "sklearn",
    "mlflow",
    "hyperopt",
    "librosa",
    "tensorflow",
    "xgboost",
    "matplotlib",
    "rich",
}
NAMES = [name for commands in COMMANDS.values() for name in commands]


@pytest.mark.parametrize("args", [["--help"], ["--version"], *[[name, "--help"] for name in NAMES]], ids=" ".join)
def test_help_loads_nothing_heavy(args):
    script = (
        "import json, sys\n"
        "from automl.cli.main import main\n"
        "sys.argv = ['automl', *sys.argv[1:]]\n"
        "try:\n    main()\n"
        "finally:\n    print(json.dumps(sorted({m.split('.')[0] for m in sys.modules})), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script, *args], capture_output=True, text=True)
    assert done.returncode == 0
    assert HEAVY & set(json.loads(done.stderr.splitlines()[-1])) == set()


def test_help_lists_every_command_in_its_group(automl):
    code, out, _ = automl("--help")
    assert code == 0
    for group, commands in COMMANDS.items():
        assert f"{group}:" in out
        for name, line in commands.items():
            assert f"  {name} " in out
            assert line in out


def test_the_metrics_in_the_help_are_those_that_exist():
    assert set(METRIC_NAMES) == set(METRICS)


@pytest.mark.parametrize("name", NAMES)
def test_every_command_shows_examples(automl, name):
    code, out, _ = automl(name, "--help")
    assert code == 0
    assert "Examples:" in out


def test_a_misspelt_command_is_told_the_near_one(automl):
    code, _, err = automl("serch")
    assert code == 2
    assert err.splitlines()[0] == 'error: there is no command "serch"; did you mean "search"?'


def test_a_misspelt_option_is_told_the_near_one(automl):
    code, _, err = automl("search", "--buget", 3)
    assert code == 2
    assert err.startswith("error: No such option")
    assert "--budget" in err


def test_no_arguments_show_the_help(automl):
    code, _, err = automl()
    assert code == 2
    assert "Usage: automl" in err
