"""Text that people see in a terminal, which obeys some characters."""

from __future__ import annotations

import re

# What a terminal obeys: controls, separators of lines, and marks that turn the direction of what follows.
_OBEYED = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def plain(text: str) -> str:
    """Return text in one line, without the characters that a terminal would obey."""
    return _OBEYED.sub(" ", text)
