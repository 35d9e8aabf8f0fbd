"""Errors in the reader's language, where the table has a text ``error_...`` for them; others stay English.

An error is raised, logged, kept and given to programs as its English line. Only where a page shows it, the
text whose English form it has says it in the page's language, with the same values.
"""

from __future__ import annotations

import re
from functools import cache

from ui.interface_text import DEFAULT, Words, interface_texts

_PREFIX = "error_"
_FURTHER = frozenset({"no_such_outlet", "no_such_collection", "no_such_language"})
_PLACE = re.compile(r"\{([a-z_]+)\}")
# Names of filters, as errors give them, are those of their texts.
_FIELDS = {one: one for one in ("since", "until", "outlet", "collection", "as_of")} | {
    "language": "language_of_article"
}
_MAX_CHARS = 2000


def error_in(words: Words, error: str) -> tuple[str, bool]:
    """Return an error as a page tells it, and whether that is in the page's language."""
    line = " ".join(error.split())
    if words.language == DEFAULT:
        return line, True
    for name, form in _forms() if len(line) <= _MAX_CHARS else ():
        found = form.fullmatch(line)
        if found:
            values = found.groupdict()
            if values.get("field") in _FIELDS:
                values["field"] = words(_FIELDS[values["field"]])
            return words(name, **values), True
    return line, False


@cache
def _forms() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Return the texts of errors by name, as patterns of their English lines."""
    texts = interface_texts()[DEFAULT]
    found = [
        (name, text) for name, text in texts.items() if name.startswith(_PREFIX) or name in _FURTHER
    ]
    # What has the fewest places first: the most particular text of a line is its own.
    found.sort(key=lambda pair: len(_PLACE.findall(pair[1])))
    return tuple((name, _pattern(text)) for name, text in found)


def _pattern(text: str) -> re.Pattern[str]:
    pieces = _PLACE.split(text)
    # Values hold no line break, and are as short as they can be.
    return re.compile(
        "".join(f"(?P<{one}>.+?)" if odd % 2 else re.escape(one) for odd, one in enumerate(pieces))
    )
