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
        given = sys.stdin.readline().rstrip("\r\n")
    elif sys.stdin.isatty():
        given = typer.prompt("Password", hide_input=True, err=True)
        if given != typer.prompt("Again", hide_input=True, err=True):
            raise SourceError("the two passwords differ; nothing was changed")
    else:
        raise SourceError("no terminal to ask for the password on; give it with --stdin")
    set_password(file, user, given)
    say(f"{file}: the password of {user} is set; start with: presscite chat --auth {file}")
