"""An archive of any size to take times on: the stories' words in any order, and copies of such texts."""

from __future__ import annotations

import random

from eval.lab.copies.stories import stories
from eval.lab.copies.variants import cut, joined

_SEED = 19
_WORDS = (100, 700)
_PARAGRAPH = 40
_COPIED = 0.2
"""Share of the articles that reprint an earlier one, half of these cut."""


def archive(size: int) -> list[str]:
    """Return ``size`` texts; the first ones of a longer archive are those of a shorter."""
    rng = random.Random(_SEED)
    known = [word for story in stories() for word in joined(story.paragraphs).split()]
    made: list[str] = []
    while len(made) < size:
        if made and rng.random() < _COPIED:
            whole = tuple(rng.choice(made).split("\n\n"))
            made.append(joined(cut(whole, rng) if rng.random() < 0.5 else whole))
            continue
        words = rng.choices(known, k=rng.randint(*_WORDS))
        lines = [" ".join(words[at : at + _PARAGRAPH]) for at in range(0, len(words), _PARAGRAPH)]
        made.append("\n\n".join(lines))
    return made
