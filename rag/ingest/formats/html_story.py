"""Which blocks of a page are the story: what was extracted, with the gaps it leaves filled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rag.ingest.formats.html_blocks import Block, text_key
from rag.ingest.formats.html_extraction import Extracted, find_kept
from rag.ingest.formats.html_lines import is_noise, title_block
from rag.text.patterns import lazily
from rag.text.prose import count_words

_SENTENCE = lazily(r"[\p{Sentence_Terminal}…:][\"'”’»«)\]」』]*\s*$")
_PARAGRAPH_WORDS = 8
_KEPT_SHARE = 0.8
_DESCRIPTION_WORDS = 5
_STANDFIRST_WORDS = 4
_STANDFIRST_LONGEST = 60


def choose(
    blocks: Sequence[Block], extracted: Extracted, title: str | None, description: str | None
) -> list[int]:
    """Return the numbers of the blocks that are the story, in their order."""
    kept = find_kept(blocks, extracted.text)
    opened = [_is_open(block, kept[n]) for n, block in enumerate(blocks)]
    anchors = [
        n
        for n, block in enumerate(blocks)
        if kept[n]
        and opened[n]
        and block.kind == "p"
        and block.words >= _PARAGRAPH_WORDS
        and block.linked < 0.5
    ]
    if not anchors:
        anchors = _densest(blocks)
    if not anchors:
        return []
    headline = title_block(blocks, title, anchors[0])
    box = _container([blocks[n].element for n in anchors], [blocks[n].words for n in anchors])
    # What holds the story was let pass in spite of its name.
    around = {box, *box.iterancestors()} if box is not None else set()
    named_away = extracted.named_away - around
    away = [_is_away(block, named_away) for block in blocks]
    inside = [_within(block.element, box) for block in blocks]
    narrow = headline is None or not inside[headline]
    first, last = anchors[0], anchors[-1]
    siblings = {
        (b.element.getparent(), b.element.tag, b.element.get("class"))
        for b in map(blocks.__getitem__, anchors)
        if b.element is not None
    }
    tables = {
        _list_of(blocks[n])
        for n in range(len(blocks))
        if kept[n] and blocks[n].kind in ("row", "li")
    }
    start = headline + 1 if headline is not None and headline < first else None
    under = _below(blocks, headline)
    chosen: list[int] = []
    for number, block in enumerate(blocks):
        if not opened[number] or (headline is not None and number == headline):
            continue
        if first <= number <= last:
            within = inside[number] or kept[number]
            take = within and _fills(block, kept[number], away[number], siblings, tables)
        elif number > last:
            take = inside[number] and (
                _ends(block, kept[number], siblings, tables)
                or (narrow and _joins(block, siblings) and block.linked < 0.5)
            )
        elif start is not None and number < start:
            take = False
        else:
            near = number in under
            section = number == first - 1 and block.kind == "h" and inside[number] and not near
            take = section or (_leads(block, description, near) and not away[number])
            take = take or (
                inside[number]
                and (
                    kept[number]
                    or (narrow and _fills(block, False, away[number], siblings, tables))
                )
                and block.part not in ("byline", "date")
            )
        if number >= first and block.kind == "h" and not kept[number]:
            take = take and _heads(blocks, number)
        if take and not is_noise(block, title):
            chosen.append(number)
    return _trimmed(blocks, chosen)


def captions(blocks: Sequence[Block], chosen: Sequence[int]) -> list[int]:
    """Return the blocks with the captions among them, where those tell more than the rest: a photo story."""
    if not chosen:
        return list(chosen)
    story = sum(blocks[n].words for n in chosen)
    told = [
        n
        for n, block in enumerate(blocks)
        if block.part == "caption" and n > chosen[0] - 8 and block.words >= 6
    ]
    if len(told) < 3 or sum(blocks[n].words for n in told) < story:
        return list(chosen)
    return sorted({*chosen, *told})


def _is_open(block: Block, kept: bool = False) -> bool:
    """Whether a block can be the story's; where its names leave it open, the extraction says."""
    if block.part == "doubtful":
        return kept and block.words >= _PARAGRAPH_WORDS
    return block.part not in ("furniture", "wall", "caption", "credit")


def _is_away(block: Block, named_away: frozenset[Any]) -> bool:
    element = block.element
    return element is not None and (
        element in named_away or any(one in named_away for one in element.iterancestors())
    )


def _densest(blocks: Sequence[Block]) -> list[int]:
    """Return the paragraphs of the element with most of them, where nothing was extracted."""
    held: dict[Any, list[int]] = {}
    for number, block in enumerate(blocks):
        fits = _is_open(block) and block.kind == "p" and block.linked < 0.3
        if fits and block.words >= _PARAGRAPH_WORDS and _SENTENCE.search(block.text):
            parent = block.element.getparent() if block.element is not None else None
            held.setdefault(parent, []).append(number)
    return max(held.values(), key=lambda numbers: sum(blocks[n].words for n in numbers), default=[])


def _container(elements: Sequence[Any], weights: Sequence[int]) -> Any:  # noqa: ANN401
    """Return the smallest element that holds nearly all of some."""
    total = sum(weights)
    held: dict[Any, int] = {}
    for element, weight in zip(elements, weights, strict=True):
        if element is None:
            continue
        for around in (element, *element.iterancestors()):
            held[around] = held.get(around, 0) + weight
    deep = [
        (sum(1 for _ in one.iterancestors()), one)
        for one, w in held.items()
        if w >= _KEPT_SHARE * total
    ]
    return max(deep, key=lambda pair: pair[0])[1] if deep else None


def _within(element: Any, box: Any) -> bool:  # noqa: ANN401
    if element is None or box is None:
        return True
    return element is box or any(around is box for around in element.iterancestors())


def _list_of(block: Block) -> Any:  # noqa: ANN401
    """Return the list or table that a block is in."""
    if block.element is None:
        return None
    return next(block.element.iterancestors("table", "ul", "ol", "dl"), None)


def _fills(block: Block, kept: bool, away: bool, siblings: set[Any], tables: set[Any]) -> bool:
    """Whether a block among the story's is one of them."""
    if kept:
        return block.linked < 0.8 or block.kind == "row"
    if block.part in ("byline", "date") or block.linked >= 0.5:
        return False
    if _joins(block, siblings):
        return True
    if away:
        return False
    if block.kind in ("row", "li"):
        whole = _list_of(block)
        return whole in tables or block.kind == "row" or (block.linked < 0.3 and block.words >= 3)
    if block.kind == "h":
        return True
    return block.words >= _PARAGRAPH_WORDS and bool(_SENTENCE.search(block.text))


def _joins(block: Block, siblings: set[Any]) -> bool:
    """Whether a block is set as the story's paragraphs are, beside them."""
    element = block.element
    return (
        element is not None and (element.getparent(), element.tag, element.get("class")) in siblings
    )


def _ends(block: Block, kept: bool, siblings: set[Any], tables: set[Any]) -> bool:
    """Whether a block that was extracted belongs to the story's end, and not to what comes after it."""
    if not kept or block.linked >= 0.5:
        return False
    if block.kind in ("row", "li"):
        return _list_of(block) in tables
    return block.kind == "h" or _joins(block, siblings) or bool(_SENTENCE.search(block.text))


def _heads(blocks: Sequence[Block], number: int) -> bool:
    """Whether a heading stands over text, and not over links to other stories."""
    under = blocks[number + 1] if number + 1 < len(blocks) else None
    return under is not None and _is_open(under, True) and under.linked < 0.5


def _below(blocks: Sequence[Block], headline: int | None) -> range:
    """Return the blocks with nothing but dates, names and furniture between them and the headline."""
    if headline is None:
        return range(0)
    end = headline + 1
    while end < len(blocks) and (
        blocks[end].part in ("date", "byline", "furniture", "caption", "credit")
        or blocks[end].linked > 0.5
    ):
        end += 1
    return range(headline + 1, end + 1)


def _leads(block: Block, description: str | None, near: bool) -> bool:
    """Whether a block between headline and story is its standfirst."""
    if block.linked > 0.3 or block.words < _STANDFIRST_WORDS or block.part in ("byline", "date"):
        return False
    key, told = block.key, text_key((description or "").rstrip("….[] "))
    if (
        told
        and count_words(description or "") >= _DESCRIPTION_WORDS
        and (key in told or told in key)
    ):
        return True
    if any(kind == "standfirst" for kind, _ in block.parts[-2:]):
        return True
    if not near or not _DESCRIPTION_WORDS < block.words <= _STANDFIRST_LONGEST:
        return False
    # A heading right under the headline is no section's.
    sentence = bool(_SENTENCE.search(block.text)) and block.words >= _PARAGRAPH_WORDS
    return block.kind == "h" or (block.kind == "p" and sentence)


def _trimmed(blocks: Sequence[Block], chosen: list[int]) -> list[int]:
    """Return a story without headings that stand over nothing."""
    kept: list[int] = []
    for number in reversed(chosen):
        above = blocks[kept[-1]] if kept else None
        if blocks[number].kind == "h" and (
            above is None or (above.kind == "h" and _level(above) <= _level(blocks[number]))
        ):
            continue
        kept.append(number)
    return kept[::-1]


def _level(block: Block) -> str:
    return str(block.element.tag) if block.element is not None else ""
