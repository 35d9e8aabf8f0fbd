"""Small articles for the tests of index and retriever."""

from __future__ import annotations

from rag.ingest.article import make_article
from rag.types import Article

TOWNS = (
    "Lindau",
    "Bregenz",
    "Konstanz",
    "Rorschach",
    "Arbon",
    "Romanshorn",
    "Meersburg",
    "Langenargen",
)
GOODS = ("ferries", "trams", "cranes", "bells", "lanterns", "barges", "turbines", "organs")


def story(
    number: int, *, sentences: int = 6, source: str | None = None, **fields: object
) -> Article:
    """Return an article that no other number gives, a chunk or two long."""
    town, goods = TOWNS[number % 8], GOODS[number // 8 % 8]
    text = " ".join(
        f"The harbour of {town} ordered {number * 10 + n} new {goods} in its year {number}, item {n}."
        for n in range(sentences)
    )
    given = {
        "text": text,
        "source": source or f"/news/{number}.txt",
        "title": f"{town} orders {goods}",
    }
    return make_article(**(given | fields))  # type: ignore[arg-type]
