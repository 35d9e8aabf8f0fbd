"""How well texts are grouped: precision, recall and F1 by kind of pair, and all false merges."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from eval.lab.copies.pairs import Text

Grouping = Callable[[Iterable[str]], list[int]]
ORDERS = 3
"""Orders in which the texts of a half are added; figures are over all of them."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Pairs of one kind, or all: counts over the orders."""

    copies: int
    others: int
    found: int
    """Copies put into one group."""
    wrong: int
    """Others put into one group."""

    @property
    def precision(self) -> float | None:
        """Share of the pairs put together that are copies; None where none is."""
        return self.found / (self.found + self.wrong) if self.found + self.wrong else None

    @property
    def recall(self) -> float | None:
        """Share of the copies that were put together; None without copies."""
        return self.found / self.copies if self.copies else None

    @property
    def f1(self) -> float | None:
        """Harmonic mean of both; None where one of them is."""
        if self.precision is None or self.recall is None:
            return None
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def measure(texts: Sequence[Text], group: Grouping) -> dict[str, Figures]:
    """Return figures by kind of the labelled pairs, ``all`` of them, and ``every pair`` of the archive.

    ``every pair`` holds any two texts to be copies where they have the same story; it shows what was
    merged that no labelled pair names.
    """
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for seed in range(ORDERS):
        order = list(texts)
        random.Random(seed).shuffle(order)
        home = dict(zip((one.id for one in order), group(one.text for one in order), strict=True))
        for one in texts:
            if one.of is not None:
                together = home[one.id] == home[one.of]
                for kind in (one.kind, "all"):
                    counts[kind][f"{one.copy} {together}"] += 1
        counts["every pair"] += _every_pair(texts, home)
    return {
        kind: Figures(
            count["True True"] + count["True False"],
            count["False True"] + count["False False"],
            count["True True"],
            count["False True"],
        )
        for kind, count in counts.items()
    }


def wrong_pairs(texts: Sequence[Text], group: Grouping, seed: int = 0) -> list[tuple[Text, bool]]:
    """Return the pairs that one order gets wrong, each with whether it was put together."""
    order = list(texts)
    random.Random(seed).shuffle(order)
    home = dict(zip((one.id for one in order), group(one.text for one in order), strict=True))
    together = [(one, home[one.id] == home[one.of]) for one in texts if one.of is not None]
    return [(one, same) for one, same in together if same != one.copy]


def _every_pair(texts: Sequence[Text], home: dict[str, int]) -> Counter[str]:
    """Count pairs by whether they are copies and were put together, without looking at each."""
    stories = Counter(one.story for one in texts)
    groups = Counter(home.values())
    both = Counter((one.story, home[one.id]) for one in texts)

    def pairs(counter: Counter) -> int:  # type: ignore[type-arg]
        return sum(n * (n - 1) // 2 for n in counter.values())

    found, copies, together = pairs(both), pairs(stories), pairs(groups)
    total = len(texts) * (len(texts) - 1) // 2
    return Counter(
        {
            "True True": found,
            "True False": copies - found,
            "False True": together - found,
            "False False": total - copies - together + found,
        }
    )
