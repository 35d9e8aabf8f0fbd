"""The command line: ``presscite``. Every command prints JSON alone on standard output with --json."""

from __future__ import annotations

import io
import os
import sys
from typing import Annotated

import typer

from rag.errors import PressciteError

# Imported for the commands they register.
from ui.cli import (  # noqa: F401
    access,
    asking,
    checking,
    collection,
    copying,
    evaluating,
    feedback,
    maintenance,
    protocol,
    serving,
    watching,
)
from ui.cli.options import app
from ui.cli.output import say, write_line

__all__ = ["app", "main"]


def _tell_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        write_line(f"presscite {version('presscite')}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_tell_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Answers questions from news articles with the articles' own words."""


def main() -> None:
    """Run the command line; errors made by what was asked are one line and exit status 2."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A quote in a terminal that cannot show its letters is shown all the same.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        app()
    except PressciteError as error:
        say(str(error))
        sys.exit(2)
    except BrokenPipeError:
        # The reader of a pipe went away: nothing left to say, and no traceback to say it with.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except KeyboardInterrupt:
        say("interrupted; what was committed stays")
        sys.exit(130)
