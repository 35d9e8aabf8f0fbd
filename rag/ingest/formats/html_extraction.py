"""What trafilatura takes for the story of a page, and which blocks that is."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from rag.ingest.formats.html_blocks import Block, text_key
from rag.ingest.formats.html_tree import is_vast


@dataclass(frozen=True, slots=True)
class Extracted:
    """What trafilatura made of a page."""

    text: str = ""
    named_away: frozenset[Any] = frozenset()
    """Elements that it leaves out because of their names, whatever they hold."""


def extract(tree: Any) -> Extracted:  # noqa: ANN401
    """Return what trafilatura takes for the story, in precision mode; empty where it finds none."""
    from trafilatura import bare_extraction
    from trafilatura.xpaths import OVERALL_DISCARD_XPATH, TEASER_DISCARD_XPATH

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    if is_vast(tree):
        return Extracted()
    away = {one for path in (*OVERALL_DISCARD_XPATH, *TEASER_DISCARD_XPATH) for one in path(tree)}
    try:
        found = bare_extraction(
            deepcopy(tree),
            favor_precision=True,
            include_comments=False,
            # It is not deterministic: what it drops depends on the pages read before.
            deduplicate=False,
        )
    except (ValueError, TypeError, AttributeError, IndexError, KeyError):
        found = None
    return Extracted((found.text or "") if found is not None else "", frozenset(away))


def find_kept(blocks: Sequence[Block], extracted: str) -> list[bool]:
    """Return which blocks are in what was extracted, in its order."""
    whole = text_key(extracted)
    if not whole:
        return [False] * len(blocks)
    place = 0
    result: list[bool] = []
    for block in blocks:
        key = block.key
        if not key:
            result.append(False)
            continue
        at = whole.find(key, place)
        if at < 0 and len(key) > 60:
            # A word or a note may be missing in the middle.
            head = whole.find(key[:40], place)
            at = head if head >= 0 and key[-20:] in whole[head : head + 2 * len(key)] else -1
        short = len(key) < 12 and (at < 0 or at > place + 400)
        found = at >= 0 and not short
        if found and len(key) > 30:
            place = at
        result.append(found or (len(key) > 60 and key in whole))
    return result
