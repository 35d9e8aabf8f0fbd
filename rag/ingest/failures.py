"""Mistakes of our own while one item is read: they cost that item, told in one line, and no other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rag.errors import PressciteError, SourceError


def failure(error: Exception) -> str:
    """Return why an item is skipped whose parser raised what nobody foresaw, in one line."""
    if isinstance(error, RecursionError):
        return "nested too deep to be parsed"
    what = " ".join(f"{type(error).__name__}: {error}".split())[:200]
    return f"its parser failed ({what})"


@contextmanager
def one_item() -> Iterator[None]:
    """Raise what nobody foresaw inside as a `SourceError`; around the making of one article, or as decorator.

    Full memory and a failing disk are no fault of the item.
    """
    try:
        yield
    except (PressciteError, MemoryError, OSError):
        raise
    except Exception as error:
        raise SourceError(failure(error)) from error
