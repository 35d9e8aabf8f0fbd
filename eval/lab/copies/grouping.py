"""Texts grouped as an index groups them, in a catalog of their own without vectors."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from rag.index import catalog
from rag.index.near_duplicates import find_copy_group
from rag.index.sketches import sketch
from rag.types import Article

_BATCH = 500


def groups(texts: Iterable[str]) -> list[int]:
    """Return the near-duplicate group of each text, added in order."""
    nothing = np.empty((0, 1), np.float32)
    found = []
    with tempfile.TemporaryDirectory() as folder:
        connection = catalog.connect(Path(folder), create=True)
        listed = list(texts)
        for start in range(0, len(listed), _BATCH):
            with catalog.writing(connection):
                for number, text in enumerate(listed[start : start + _BATCH], start):
                    hashes = sketch(text)
                    group = find_copy_group(connection, text, hashes)
                    row = catalog.insert_article(
                        connection, Article(str(number), text), "", (), nothing, group, hashes
                    )
                    found.append(group or row)
        connection.close()
    return found
