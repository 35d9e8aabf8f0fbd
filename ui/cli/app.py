"""The command line: ``presscite``. Every command prints JSON alone on standard output with --json."""

from __future__ import annotations

import errno
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
from ui.cli.options import INTERRUPTED, app
from ui.cli.output import say, write_line

__all__ = ["app", "main"]

_UNWRITTEN = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})


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
    _open_closed_streams()
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A quote in a terminal that cannot show its letters is shown all the same.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        try:
            app()
        finally:
            # Here and not when Python ends, which would say what failed in its own words and statuses.
            sys.stdout.flush()
    except PressciteError as error:
        say(str(error))
        sys.exit(2)
    except BrokenPipeError:
        # The reader of a pipe went away: nothing left to say, and no traceback to say it with.
        _write_no_more()
        sys.exit(1)
    except OSError as error:
        # What opens a file names it; a write to standard output does not.
        if error.errno not in _UNWRITTEN or error.filename is not None:
            raise
        _write_no_more()
        say(f"the output cannot be written ({(error.strerror or str(error)).lower()})")
        sys.exit(2)
    except KeyboardInterrupt:
        say(INTERRUPTED)
        sys.exit(130)


def _open_closed_streams() -> None:
    """Give standard streams that were closed (`presscite list >&-`) what they would have had.

    Else the next file that is opened would take their place, and be written to.
    """
    for number, mode in enumerate("rww"):
        try:
            os.fstat(number)
        except OSError:
            # Descriptors are given out from the lowest.
            opened = os.open(os.devnull, os.O_RDONLY if mode == "r" else os.O_WRONLY)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
    refused = sys.stdout is None
    sys.stdin = sys.stdin or os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = sys.stdout or os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", encoding="utf-8", closefd=False)
    if refused:
        say("standard output is closed; send it to a file, or to /dev/null where it is not wanted")
        sys.exit(2)


def _write_no_more() -> None:
    """Let what is still to be written to standard output go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
