"""What a reader dropped or assumed in an article that it kept; told to the user, changes no exit status."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Note:
    """One such remark, in one line."""

    source: str
    message: str


UNCOUNTED = "\uf8ff"
"""Stands in a note for the number of a file's articles where they are parsed elsewhere, and counted there."""
OnNote = Callable[[Note], None]


def ignore(note: Note) -> None:
    """Drop a note: what a caller gets who asks for none."""
