"""Times and sizes are read as people write them."""

import click
import pytest

from automl.cli.options import Duration, Size


@pytest.mark.parametrize(
    ("text", "mb"),
    [
        ("900MB", 900), ("900", 900), ("512M", 512), ("512mib", 512), ("2GB", 2048), ("1.5 GB", 1536), ("2g", 2048),
        (" 1 GiB ", 1024), ("1TB", 1024**2),
    ],
)  # fmt: skip
def test_a_size_is_read_in_mb(text, mb):
    assert Size().convert(text, None, None) == mb


@pytest.mark.parametrize("text", ["", "much", "-2GB", "2XB", "2 G B", "1e3", "80%", "GB", "1,5GB", "B", "5B", "2i"])
def test_what_is_no_size_is_refused(text):
    with pytest.raises(click.BadParameter, match="is not an amount of memory such as 900MB or 2GB"):
        Size().convert(text, None, None)


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("20m", 1200), ("1.5h", 5400), ("2d", 172_800), ("7", 7)])
def test_a_time_is_read_in_seconds(text, seconds):
    assert Duration().convert(text, None, None) == seconds


@pytest.mark.parametrize("command", ["search", "resume"])
def test_the_help_states_the_default_limits(automl, command):
    said = " ".join(automl(command, "--help")[1].split())
    assert "[default: ten times the median trial, at least 5m]" in said
    assert "[default: 80% of the machine, divided by the workers]" in said


@pytest.mark.parametrize(("command", "default"), [("search", "prune"), ("resume", "as the search was asked")])
def test_the_help_states_whether_trials_are_pruned(automl, command, default):
    said = " ".join(automl(command, "--help")[1].split())
    assert "--prune / --no-prune" in said
    assert f"[default: {default}]" in said
