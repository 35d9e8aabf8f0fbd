"""The stories of `eval/copies`, as they are written there: sections of plain text."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "copies"


@dataclass(frozen=True, slots=True)
class Story:
    """One story of the agency, and what else was written about it; paragraphs in order."""

    name: str
    dateline: str
    paragraphs: tuple[str, ...]
    other: tuple[str, ...] = ()
    """A second agency's report of the same event."""
    later: tuple[str, ...] = ()
    """What is new in the follow-up of a later day."""
    local: tuple[str, ...] = ()
    """A paragraph that a local paper adds."""
    lead: tuple[str, ...] = field(default=())
    """A first paragraph that an outlet writes itself."""


@cache
def stories() -> tuple[Story, ...]:
    """Return all stories, in the order of their files and of the stories in them."""
    found = []
    for path in sorted((FOLDER / "stories").glob("*.txt")):
        found += [_story(head, body) for head, body in _sections(path.read_text("utf-8"), "=== ")]
    return tuple(found)


def blocks(name: str) -> list[tuple[str, str]]:
    """Return the sections of one of the other files as ``(heading, text)``."""
    return _sections((FOLDER / name).read_text("utf-8"), "=== ")


def briefs() -> list[str]:
    """Return reports of one paragraph."""
    text = (FOLDER / "briefs.txt").read_text("utf-8")
    return [one.strip() for one in text.split("===")]


def house_style() -> list[tuple[str, str]]:
    """Return what an outlet writes otherwise than the agency, as ``(agency's, outlet's)``."""
    lines = (FOLDER / "house_style.tsv").read_text("utf-8").splitlines()
    return [(before, after) for before, _, after in (line.partition("\t") for line in lines)]


def paragraphs(text: str) -> tuple[str, ...]:
    """Return the paragraphs of a text without its headline."""
    lines = [line.strip() for line in text.split("\n")]
    return tuple(line for line in lines if line and not line.startswith("# "))


def _story(head: str, body: str) -> Story:
    name, _, dateline = head.partition(" | ")
    main, *more = ("--- main | \n" + body).split("\n--- ")
    parts = {
        part.split("\n", 1)[0].split(" |")[0].strip(): paragraphs(part.split("\n", 1)[1])
        for part in more
    }
    unknown = parts.keys() - {"other", "later", "local", "lead"}
    if unknown:
        raise ValueError(f"story {name}: no such section: {', '.join(sorted(unknown))}")
    return Story(name, dateline, paragraphs(main.split("\n", 1)[1]), **parts)


def _sections(text: str, mark: str) -> list[tuple[str, str]]:
    found = []
    for part in ("\n" + text).split("\n" + mark)[1:]:
        head, _, body = part.partition("\n")
        found.append((head.strip(), body.strip("\n")))
    return found
