"""What commands write: results to standard output, messages to standard error."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from rag.text.terminal import plain

if TYPE_CHECKING:
    from rich.console import Console


def console() -> Console:
    """Return a console on standard output that highlights nothing of its own."""
    from rich.console import Console

    return Console(highlight=False)


def print_json(record: object) -> None:
    """Print a record as indented JSON."""
    write_line(json.dumps(record, ensure_ascii=False, indent=2))


def write_line(text: str) -> None:
    """Print one line of results."""
    # A lone surrogate in an id is JSON that no encoding can print.
    sys.stdout.write(text.encode("utf-8", "backslashreplace").decode("utf-8") + "\n")


def say(text: str) -> None:
    """Print one line of a message; what it names, such as a file, commands no terminal."""
    sys.stderr.write(f"presscite: {' '.join(plain(text).split())}\n")
