"""Reports that are written to a template: markets, weather, quakes, matches; every slot drawn."""

from __future__ import annotations

import random
import re

from eval.lab.copies.stories import blocks

_SLOT = re.compile(r"\{(\w+)(?::(\d+)-(\d+))?\}")


def templates() -> dict[str, list[str]]:
    """Return by name the lines of each template, its lists of words among them."""
    return {name: body.split("\n") for name, body in blocks("templates.txt")}


def fill(lines: list[str], rng: random.Random) -> str:
    """Return a report: the words and figures of a template drawn, a name the same throughout."""
    words = {}
    text = []
    for line in lines:
        name, colon, choices = line.partition(": ")
        if colon and " | " in choices and "{" not in line:
            words[name] = rng.choice(choices.split(" | "))
        elif line.strip():
            text.append(line)
    drawn: dict[str, str] = {}

    def filled(match: re.Match[str]) -> str:
        name, low, high = match.groups()
        if low is None:
            return words[name]
        if name not in drawn:
            drawn[name] = str(rng.randint(int(low), int(high)))
        return drawn[name]

    return "\n\n".join(_SLOT.sub(filled, line) for line in text)
