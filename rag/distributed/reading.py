"""Files to blocks of documents and records that are not parsed yet: what a cluster's reader does."""

from __future__ import annotations

import io
import os
import platform
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from rag.distributed.frames import (
    ITEMS,
    Frame,
    file_frame,
    note_frame,
    position_frame,
    unparsed_frame,
)
from rag.distributed.plan import Plan, Unit
from rag.ingest.notes import Note
from rag.ingest.options import ReadOptions
from rag.ingest.sources import printable, read_unparsed
from rag.ingest.wire import write_frame
from rag.types import Article, Skipped


class BlockReader:
    """Reads units block by block; which block is asked for may be any, the next one costs least.

    Parameters
    ----------
    tick
        Called before each step that a file could make last for ever.
    """

    def __init__(self, plan: Plan, tick: Callable[[], None] = lambda: None) -> None:
        self._plan = plan
        self._tick = tick
        self._unit: Unit | None = None
        self._blocks: Iterator[bytes] = iter(())
        self._next = 0

    def read(self, unit: Unit, number: int) -> tuple[bool, bytes]:
        """Return whether a unit ends before a block, and the block.

        The same block of an unchanged file is the same bytes, whoever reads it.
        """
        if unit != self._unit or number < self._next:
            self._unit, self._blocks, self._next = unit, self._cut(unit), 0
        while True:
            block = next(self._blocks, None)
            self._next += 1
            if block is None:
                self._unit = None
                return True, b""
            if self._next > number:
                return False, block

    def _cut(self, unit: Unit) -> Iterator[bytes]:
        block, count = io.BytesIO(), 0
        for record, data in self._frames(unit):
            write_frame(block, record, data)
            count += not record.keys().isdisjoint(ITEMS)
            full = count >= self._plan.block_items or block.tell() >= self._plan.block_bytes
            if full and not unit.whole:
                yield block.getvalue()
                block, count = io.BytesIO(), 0
        if block.tell():
            yield block.getvalue()

    def _frames(self, unit: Unit) -> Iterator[Frame]:
        for name in unit.files:
            path = Path(os.fsdecode(name))
            source = printable(str(path))
            yield file_frame(source)
            positions = {source: unit.position} if unit.position else {}
            notes: list[Note] = []
            options = ReadOptions(
                notes.append,
                self._plan.date_order,
                self._plan.fields,
                workers=_Elsewhere(self._tick),
                positions=positions,
                collection=self._plan.collection,
            )
            reached = unit.position
            for item in self._items(path, source, options):
                yield from map(note_frame, notes)
                notes.clear()
                if (at := positions.get(source)) is not reached and at is not None:
                    yield position_frame(source, at)
                    reached = at
                if isinstance(item, Skipped):
                    item = Skipped(printable(item.source), item.reason, item.unusable)
                yield unparsed_frame(item, options)
            if (at := positions.get(source)) is not reached and at is not None:
                yield position_frame(source, at)
            yield from map(note_frame, notes)

    def _items(self, path: Path, source: str, options: ReadOptions) -> Iterator[Any]:
        self._tick()
        if not os.path.lexists(path):
            where = f"not there on node {platform.node()}"
            yield Skipped(source, f"{where}; every node must see the files under the same paths")
            return
        for item in read_unparsed(path, options):
            self._tick()
            if item is not None:
                yield item


class _Elsewhere:
    """Passes documents and records on; how far a file was read is noted as they go."""

    elsewhere = True

    def __init__(self, tick: Callable[[], None]) -> None:
        self._tick = tick

    def in_order(self, items: Iterable[Any], options: ReadOptions) -> Iterator[Article | Skipped]:
        """Yield the items as they are, and call the callables among them."""
        for item in items:
            self._tick()
            if callable(item):
                item()
            elif item is not None:
                yield item
