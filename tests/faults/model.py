"""The nouns of the campaign: its setting, one try of a fault, and a row of the table they end in."""

from __future__ import annotations

import random
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path


class MissingToolError(Exception):
    """What a point needs and this machine does not have; the text is the reason shown."""


@dataclass(frozen=True, slots=True)
class Setting:
    """How much is tried, from which seed, and where there is room for it."""

    root: Path
    """An empty folder, for this run alone."""
    seed: int = 1
    long: bool = False

    def chance(self, name: str) -> random.Random:
        """Return the random numbers of one point, the same whichever others run."""
        return random.Random(f"{self.seed} {name}")

    def pick(self, short: int, long: int) -> int:
        """Return how many tries to make."""
        return long if self.long else short

    def folder(self, name: str) -> Path:
        """Return a new empty folder."""
        made = self.root / name
        made.mkdir(parents=True)
        return made


@dataclass(frozen=True, slots=True)
class Try:
    """One fault, and what became of the index.

    ``state`` is ``old`` or ``new`` (what a reader found right after), "" where the fault leaves
    only one right state. ``wrong`` is why the try broke a promise, or None.
    """

    row: str
    what: str
    state: str = ""
    healed: bool = False
    refused: bool = False
    wrong: str | None = None
    note: str = ""
    """What else was seen, told as it happens."""


@dataclass(slots=True)
class Row:
    """The tries of one kind, counted."""

    point: str
    name: str
    tries: int = 0
    old: int = 0
    new: int = 0
    healed: int = 0
    refused: int = 0
    wrong: list[str] = field(default_factory=list)
    skipped: str | None = None

    def count(self, one: Try) -> None:
        """Take a try in."""
        self.tries += 1
        self.old += one.state == "old"
        self.new += one.state == "new"
        self.healed += one.healed
        self.refused += one.refused
        if one.wrong is not None:
            self.wrong.append(f"{one.what}: {one.wrong}")


def rows_of(
    point: str, tries: Iterable[Try], tell: Callable[[str], None] | None = None
) -> list[Row]:
    """Run a point to its end and return its rows, in the order they first came up.

    ``tell`` is told of every row that begins, every wrong try and every note, as they happen.
    """
    rows: dict[str, Row] = {}
    try:
        for one in tries:
            if tell and one.row not in rows:
                tell(f"{point}: {one.row} ...")
            if tell and one.wrong:
                tell(f"{point}: WRONG {one.what}: {one.wrong}")
            if tell and one.note:
                tell(f"{point}: {one.what}: {one.note}")
            rows.setdefault(one.row, Row(point, one.row)).count(one)
    except MissingToolError as missing:
        rows[point] = Row(point, "not run", skipped=str(missing))
    except Exception as error:
        # What was tried so far is kept, and a point that could not go on is no success.
        place = traceback.extract_tb(error.__traceback__)[-1]
        text = f"the point broke off: {type(error).__name__}: {error} ({place.name}:{place.lineno})"
        rows[point] = Row(point, "broke off", wrong=[text])
    return list(rows.values())
