"""The command ``automl``: finds a command, imports only that one, turns errors into lines and exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

import click

from automl._version import __version__
from automl.errors import AutoMLError, NoTrialSucceededError, UserError

COMMANDS: dict[str, dict[str, str]] = {
    "Search": {
        "search": "Search for the best pipeline (a demo when no data is given).",
        "resume": "Continue a search that was stopped, or make one longer.",
    },
    "Look": {
        "leaderboard": "List the trials of a study, or all studies.",
        "ui": "Open the MLflow UI on a study's trials.",
    },
    "Use": {
        "export": "Write a trial's pipeline as a bundle.",
        "predict": "Label new files or rows.",
    },
    "Tools": {
        "spaces": "List, show, check or copy search spaces.",
    },
}
"""Group -> command -> one line: ``--help`` is written from this table, so that no command is imported for it."""

EXIT_BUG, EXIT_USER, EXIT_NO_TRIAL, EXIT_INTERRUPTED = 1, 2, 3, 130


class _LazyGroup(click.Group):
    """A group that imports a command's module when the command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for commands in COMMANDS.values() for name in commands]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = import_module(f"automl.cli.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.list_commands(ctx):
            from difflib import get_close_matches

            near = get_close_matches(args[0], self.list_commands(ctx), n=1)
            raise click.UsageError(
                f'there is no command "{args[0]}"' + (f'; did you mean "{near[0]}"?' if near else ""), ctx
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for group, commands in COMMANDS.items():
            with formatter.section(group):
                formatter.write_dl(list(commands.items()), col_spacing=3)


@click.group(
    cls=_LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Start with:  automl search data.csv --label diagnosis --budget 200",
)
@click.version_option(__version__, prog_name="automl", message="%(prog)s %(version)s")
def cli() -> None:
    """Search, track and export classifiers for sounds and tables."""


def main() -> NoReturn:
    """Run the command line and exit: 0 fine, 1 a bug of ours, 2 the user can mend it, 3 no trial succeeded,
    130 Ctrl-C, 143 SIGTERM, 129 terminal closed."""
    try:
        cli.main(standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as err:
        err.show()
        sys.exit(EXIT_USER)
    except click.ClickException as err:
        hint = f"{err.ctx.command_path} --help" if isinstance(err, click.UsageError) and err.ctx else None
        sys.exit(_say(err.format_message(), hint, EXIT_USER))
    except (click.Abort, KeyboardInterrupt):
        sys.exit(EXIT_INTERRUPTED)
    except BrokenPipeError:
        # whoever read our output has gone; the interpreter would complain when it flushes at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except UserError as err:
        sys.exit(_say(err.message, err.hint, EXIT_USER, details=err.details))
    except NoTrialSucceededError as err:
        message, *details = err.message.splitlines()
        sys.exit(_say(message, err.hint, EXIT_NO_TRIAL, details=details))
    except Exception as err:  # noqa: BLE001 - the outermost boundary
        sys.exit(_say_bug(err))
    sys.exit(0)


def _say(message: str, hint: str | None, code: int, *, details: Sequence[str] = ()) -> int:
    click.echo(printable(f"error: {message}"), err=True)
    for detail in details:
        click.echo(printable(f"       {detail}"), err=True)
    if hint:
        click.echo(printable(f"hint: {hint}"), err=True)
    return code


def _say_bug(err: Exception) -> int:
    import traceback

    if isinstance(err, AutoMLError):
        return _say(str(err), None, EXIT_BUG)
    if os.environ.get("AUTOML_DEBUG"):
        traceback.print_exception(err)
    frame = traceback.extract_tb(err.__traceback__)[-1]
    return _say(
        f"this is a bug in automl: {type(err).__name__}: {err} ({frame.filename}:{frame.lineno})",
        "set AUTOML_DEBUG=1 for the traceback, and report it",
        EXIT_BUG,
    )


def printable(text: str) -> str:
    """One line without control characters, which a file's names could smuggle into the terminal."""
    return "".join(c if c.isprintable() else " " if c.isspace() else "�" for c in text)


if __name__ == "__main__":
    main()
