"""The command that sets the passwords of a server: password."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from rag.errors import SourceError
from ui.cli.options import app
from ui.cli.output import say


@app.command(
    epilog="Example: presscite password passwords.txt --user desk; "
    "presscite chat --auth passwords.txt"
)
def password(
    file: Annotated[Path, typer.Argument(help="The file; made where there is none.")],
    user: Annotated[str, typer.Option(help="Whose password.")] = "presscite",
    stdin: Annotated[
        bool, typer.Option("--stdin", help="Read the password from standard input, one line.")
    ] = False,
) -> None:
    """Set a user's password in a file for `chat --auth`; it is kept hashed."""
    from ui.passwords import checked_user, set_password

    user = checked_user(user)
    if stdin:
        given = _line(sys.stdin.buffer.readline())
    elif sys.stdin.isatty():
        given = typer.prompt("Password", hide_input=True, err=True)
        if given != typer.prompt("Again", hide_input=True, err=True):
            raise SourceError("the two passwords differ; nothing was changed")
    else:
        raise SourceError("no terminal to ask for the password on; give it with --stdin")
    set_password(file, user, given)
    say(f"{file}: the password of {user} is set; start with: presscite chat --auth {file}")


def _line(given: bytes) -> str:
    """Return the line that a program wrote, whatever the locale: what a browser sends is in UTF-8."""
    try:
        # Some editors begin a file with a mark, which nobody types.
        return given.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise SourceError("the password is not in UTF-8; nothing was changed") from error
