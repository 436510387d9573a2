"""``automl spaces``."""

from __future__ import annotations

from pathlib import Path

import click


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """List, show, check or copy search spaces.

    A space is a TOML file that says what a search may choose. NAME is a path, a file in ./search_spaces, or a packaged
    space.

    \b
    Examples:
      automl spaces copy tabular mine.toml
      automl spaces check mine.toml
      automl search data.csv --space mine.toml
    """


@command.command("list")
def list_spaces() -> None:
    """List the packaged spaces."""
    from automl.cli.words import columns
    from automl.spaces.library import find_space, packaged
    from automl.spaces.render import summary_line
    from automl.workflows.choose_space import read_space

    spaces = [read_space(find_space(name, folder=Path.cwd())) for name in packaged()]
    for line in columns([[s.name, summary_line(s)] for s in spaces]):
        click.echo(line)


@command.command("show")
@click.argument("name")
@click.option("--toml", is_flag=True, help="The file itself, comments and sources included.")
def show(*, name: str, toml: bool) -> None:
    """Show what a space searches."""
    from automl.spaces.library import find_space
    from automl.spaces.render import describe
    from automl.workflows.choose_space import read_space

    file = find_space(name, folder=Path.cwd())
    click.echo(file.text if toml else describe(read_space(file)), nl=not toml)


@command.command("check")
@click.argument("name")
def check(*, name: str) -> None:
    """Check a space file: every mistake at once, or one line that says it is fine."""
    from automl.spaces.library import find_space
    from automl.spaces.render import summary_line
    from automl.workflows.choose_space import read_space

    file = find_space(name, folder=Path.cwd())
    click.echo(f"{file.origin} is fine: {summary_line(read_space(file))}")


@command.command("copy")
@click.argument("name")
@click.argument("path")
def copy(*, name: str, path: str) -> None:
    """Copy a space to PATH, as the start of your own."""
    from automl.errors import RequestError
    from automl.spaces.library import find_space

    file = find_space(name, folder=Path.cwd())
    try:
        with Path(path).open("x", encoding="utf-8") as target:
            target.write(file.text)
    except FileExistsError as err:
        raise RequestError(f"{path} exists already, and nothing is overwritten", hint="choose another PATH") from err
    except OSError as err:
        raise RequestError(f"{path} cannot be written: {err.strerror}", hint="choose another PATH") from err
    click.echo(f"{path}: edit it, then  automl spaces check {path}")
