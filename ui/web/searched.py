"""How many articles were searched for an answer that was asked for under filters."""

from __future__ import annotations

from rag.types import Answer, Filters
from ui.reported import searched_under
from ui.web.service import QueuedAnswerer, RefusedError


def searched_articles(
    service: QueuedAnswerer, filters: Filters, answer: Answer
) -> tuple[int, int] | None:
    """Return how many articles were searched for an abstention under filters, and how many there are.

    None of other answers, and where the index does not tell.
    """
    used = searched_under(answer, filters)
    if used is None:
        return None
    try:
        return service.list_articles(used, limit=0)[0], service.list_articles(Filters(), limit=0)[0]
    except RefusedError:
        return None
