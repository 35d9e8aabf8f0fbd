"""What is in the index, counted again once articles were added or removed, or another index put there."""

from __future__ import annotations

import threading

from rag.errors import PressciteError
from rag.index import CollectionCounts
from rag.types import Filters
from ui.web.service import QueuedAnswerer, RefusedError


class FollowedCollection:
    """The counts of a collection as it is now; many threads may share it."""

    def __init__(self, service: QueuedAnswerer) -> None:
        self._service = service
        self._guard = threading.Lock()
        self._counted: tuple[tuple[object, int], CollectionCounts | None] | None = None

    @property
    def state(self) -> tuple[object, int]:
        """Which catalog there is and its revision, -1 where it cannot be read."""
        try:
            return self._service.state
        except (OSError, PressciteError):
            return None, -1

    def counts(self) -> CollectionCounts | None:
        """Return what is in the index; None where it does not tell."""
        state = self.state
        with self._guard:
            if self._counted is None or self._counted[0] != state:
                self._counted = (state, self._count())
            return self._counted[1]

    def _count(self) -> CollectionCounts | None:
        try:
            return self._service.collection_counts(Filters())
        except RefusedError:
            return None
