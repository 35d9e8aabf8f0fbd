"""The dialogues, read from ``dialogues.jsonl`` beside this module."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from eval.datasets.files import json_lines, string_field, string_list
from rag.errors import DatasetError

HALVES: tuple[Literal["dev"], Literal["test"]] = ("dev", "test")
FILE = Path(__file__).with_name("dialogues.jsonl")
SOURCES = tuple(
    str(Path(__file__).parent.parent / folder / "articles")
    for folder in ("sample", "forms", "follow_ups")
)
"""The folders of articles that the dialogues are about."""


@dataclass(frozen=True, slots=True)
class AskedTurn:
    """One question of a dialogue, as typed, with the same question asked in full."""

    question: str
    full: str
    """The question itself where it stands alone."""
    answers: tuple[str, ...]
    """Accepted answers; a quote that holds one is right."""

    @property
    def alone(self) -> bool:
        """Whether the question needs nothing of the turns before it."""
        return self.full == self.question


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A conversation of two to five questions about one or a few articles."""

    id: str
    half: str
    """``dev`` or ``test``; no invented article serves both."""
    turns: tuple[AskedTurn, ...]


def read_dialogues(half: str | None = None, path: Path = FILE) -> list[Dialogue]:
    """Return the dialogues of one half, or all.

    Raises
    ------
    DatasetError
        Naming the line that cannot be read.
    """
    found = []
    for number, row in json_lines(path):
        where = f"{path}:{number}"
        turns = row.get("turns")
        if not isinstance(turns, list) or not all(isinstance(turn, dict) for turn in turns):
            raise DatasetError(f"{where}: turns is no list of objects; write one for each question")
        if row.get("split") not in HALVES:
            raise DatasetError(f"{where}: split is {row.get('split')!r}; write dev or test")
        asked = []
        for turn in turns:
            question = string_field(turn, "question", where)
            full = string_field(turn, "full", where) if "full" in turn else question
            asked.append(AskedTurn(question, full, string_list(turn, "answers", where)))
        if half in (None, row["split"]):
            found.append(Dialogue(string_field(row, "id", where), row["split"], tuple(asked)))
    return found
