"""The words of the chat and of answers, in each language that its visitors can choose, from a JSON file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

from rag.text.months import MONTHS

DEFAULT = "en"


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language."""

    language: str

    def __call__(self, name: str, **values: str) -> str:
        """Return a text with its values filled in."""
        return interface_texts()[self.language][name].format(**values)

    def day(self, day: date) -> str:
        """Return a date as the language writes it."""
        month = MONTHS[day.month - 1]
        return self(
            "date", day=str(day.day), month=month, number=str(day.month), year=str(day.year)
        )

    def number(self, number: int) -> str:
        """Return a whole number with its thousands apart."""
        return f"{number:,}".replace(",", self("thousands"))


@cache
def interface_texts() -> dict[str, dict[str, str]]:
    """Return the texts by language and name."""
    table = files("ui").joinpath("interface_text.json").read_text("utf-8")
    found: dict[str, dict[str, str]] = json.loads(table)
    return found


def words_of(language: str | None) -> Words:
    """Return the words of a language; of an unknown one, English."""
    return Words(language if language and language in interface_texts() else DEFAULT)


ENGLISH = Words(DEFAULT)
