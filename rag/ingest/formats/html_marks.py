"""What a page's small markup says: words that are struck out, raised figures, marks of notes."""

from __future__ import annotations

from itertools import islice
from typing import Any

from rag.ingest.markup import FEW_STRUCK, MOST_STRUCK, gap_of_struck
from rag.ingest.raised import is_mark, names_note, raised

_STRUCK = ("del", "s", "strike")
_UNSEEN = frozenset(["script", "style", "noscript", "template", "head"])
_ATTRIBUTES = ("class", "id", "role", "rel", "epub:type", "data-component-name")

_MAX_PIECES = 20


def settle_marks(tree: Any) -> None:  # noqa: ANN401
    """Change a page's tree to what its readers take from it, so that all who read it later see the same.

    What is struck out is removed, and so are the marks of notes; a raised figure becomes one in superscript
    characters, for as digits it would belong to the figure or word before it.
    """
    body = tree.find(".//body")
    body = tree if body is None else body
    _remove_struck(body)
    for element in [one for one in body.iter("sup", "span", "a") if _is_raised(one)]:
        link = _link_of(element)
        if is_mark(element.text_content()) and _leads_to_note(element, link):
            mark = element if link is None else link
            if mark.getparent() is not None:
                mark.drop_tree()
        elif element.tag != "a":
            _write_raised(element)


def _write_raised(element: Any) -> None:  # noqa: ANN401
    for one in element.iter():
        if one.text and isinstance(one.tag, str):
            one.text = raised(one.text)
        if one.tail and one is not element:
            one.tail = raised(one.tail)


def _remove_struck(body: Any) -> None:  # noqa: ANN401
    styled = body.xpath(".//*[contains(@style, 'line-through')]")
    found = {*body.iter(*_STRUCK), *styled}
    outermost = [one for one in found if found.isdisjoint(one.iterancestors())]
    if not outermost:
        return
    struck = sum(len(one.text_content()) for one in outermost)
    # Where a tag is never closed, the rest of the page would go.
    if struck > FEW_STRUCK and struck > MOST_STRUCK * _length(body):
        return
    for one in outermost:
        gap = gap_of_struck(one.text_content())
        one.tail = f"{gap}{one.tail or ''}"
        one.drop_tree()


def _length(body: Any) -> int:  # noqa: ANN401
    """Return how many characters of a page are text, about."""
    return sum(
        len(text)
        for one in body.iter()
        if isinstance(one.tag, str)
        for text in (one.text if one.tag not in _UNSEEN else "", one.tail)
        if text
    )


def _is_raised(element: Any) -> bool:  # noqa: ANN401
    if element.tag == "sup":
        return True
    style = (element.get("style") or "").replace(" ", "").lower()
    # Some sites raise their marks by a class alone, which the link tells.
    return "vertical-align:super" in style or (element.tag == "a" and names_note(_names(element)))


def _link_of(element: Any) -> Any:  # noqa: ANN401
    """Return the link that holds a raised element and nothing else, or None."""
    text = element.text_content().strip()
    link = next(element.iterancestors("a"), None)
    if link is None:
        return None
    # A few pieces of text: a link may hold all of a page, and all of its raised figures.
    held = "".join(islice(link.itertext(), _MAX_PIECES)).strip()
    return link if held == text else None


def _leads_to_note(element: Any, link: Any) -> bool:  # noqa: ANN401
    inside = [element, *element.iter("a", "span", "cite"), *([] if link is None else [link])]
    linked = any("#" in (one.get("href") or "") for one in inside)
    return linked or (element.tag != "a" and any(names_note(_names(one)) for one in inside))


def _names(element: Any) -> str:  # noqa: ANN401
    """Return the names that an element has, and that of the place to which it leads."""
    _, _, place = (element.get("href") or "").partition("#")
    return " ".join((*(element.get(name) or "" for name in _ATTRIBUTES), place))[:400]
