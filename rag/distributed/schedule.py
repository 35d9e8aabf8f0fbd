"""Blocks on their way through a cluster: read ahead, handed to workers, finished in the files' order.

A worker that dies takes no block with it. What it was working on is done again document by document, each
by a worker that has nothing else to do: the one that ends its worker there too is skipped, with its place.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from rag.distributed.actors import Reader
from rag.distributed.frames import ITEMS, file_frame, pack, place_of, unpack
from rag.distributed.plan import Plan, Unit
from rag.distributed.workers import Pool, Worker
from rag.errors import ClusterError, PressciteError
from rag.ingest.sources import printable
from rag.ingest.wire import item_record
from rag.types import Skipped

_READS = 4
"""Blocks that are asked for before it is known whether their file has so many."""
_AHEAD = 3
"""Blocks for each worker that are held, read or done, ahead of the one that is waited for."""
_TRIES = 2
"""How often a document or file may end the process that has nothing but it, before it is given up."""
_MAX_READS = 5
_WAIT_SECONDS = 2.0


@dataclass(slots=True)
class _Part:
    """What a worker gets at a time: a block, or one document of it."""

    block: Any
    """Bytes, or a reference to them."""
    place: str | None = None
    """Of a single document."""
    tries: int = 0
    began: float = 0.0


@dataclass(slots=True, eq=False)
class _Slot:
    """One block, from the reader to its finished articles."""

    unit: Unit
    number: int
    ended: Any = None
    """The reference of whether the unit ends before it; None once that is known."""
    block: Any = None
    reads: int = 0
    """How often it had to be read again; and"""
    reader_deaths: int = 0
    parts: deque[_Part] = field(default_factory=deque)
    results: list[bytes] = field(default_factory=list)
    running: Any = None
    worker: Worker | None = None
    alone: bool = False

    @property
    def done(self) -> bool:
        """Whether nothing of it is on its way any more."""
        return self.ended is None and not self.parts


class Schedule:
    """The blocks of some units, prepared by a pool's workers; ends its reader when it is closed."""

    def __init__(self, ray: Any, plan: Plan, pool: Pool) -> None:  # noqa: ANN401
        self._ray = ray
        self._plan = plan
        self._pool = pool
        self._reader_class = ray.remote(num_cpus=0, max_restarts=0, max_task_retries=0)(Reader)
        self._reader = self._reader_class.remote(plan)
        self._slots: deque[_Slot] = deque()
        self._unit: Unit | None = None
        """The one whose end is not known."""
        self._number = 0
        self.waited: dict[str, float] = {"reader": 0.0, "workers": 0.0}
        """Seconds that nothing was ready, by what was waited for."""

    def close(self) -> None:
        """End the reader now."""
        with suppress(Exception):
            self._ray.kill(self._reader)

    def seconds(self) -> dict[str, float]:
        """Return what the reader spent so far."""
        told: dict[str, float] = self._ray.get(self._reader.seconds.remote())
        return told

    def blocks(self, units: Iterable[Unit | Skipped]) -> Iterator[bytes]:
        """Yield what the units' blocks became, in order.

        Raises
        ------
        ClusterError, IndexMismatchError, ModelError
        """
        following = iter(units)
        while True:
            more = self._ask(following)
            self._hand_out()
            if self._slots and self._slots[0].done:
                yield from self._slots.popleft().results
            elif self._slots:
                self._wait()
            elif not more:
                return

    # Reading

    def _ask(self, units: Iterator[Unit | Skipped]) -> bool:
        """Ask the reader for the next blocks; returns False where there are none any more."""
        target = max(_READS, _AHEAD * len(self._pool.workers))
        while len(self._slots) < target:
            if sum(slot.ended is not None for slot in self._slots) >= _READS:
                return True
            if self._unit is None:
                unit = next(units, None)
                if unit is None:
                    return False
                if isinstance(unit, Skipped):
                    skipped = pack([(item_record(unit), b"")])
                    self._slots.append(_Slot(Unit((), whole=True), 0, results=[skipped]))
                    continue
                self._unit, self._number = unit, 0
            slot = _Slot(self._unit, self._number)
            self._read(slot)
            self._slots.append(slot)
            self._number += 1
            if slot.unit.whole:
                self._unit = None
        return True

    def _read(self, slot: _Slot) -> None:
        method = self._reader.read.options(num_returns=2)
        slot.ended, slot.block = method.remote(slot.unit, slot.number)

    def _read_again(self, slot: _Slot) -> None:
        """Read a block whose bytes went with the node that held them."""
        slot.reads += 1
        if slot.reads > _MAX_READS:
            raise ClusterError("blocks are lost again and again; does the cluster lose its nodes?")
        slot.parts.clear()
        slot.results.clear()
        slot.running = slot.worker = None
        self._read(slot)

    def _settle_read(self, slot: _Slot) -> None:
        """Take the reader's answer on a block."""
        try:
            ended = self._ray.get(slot.ended)
        except self._ray.exceptions.RayTaskError as error:
            cause = getattr(error, "cause", None) or error
            if isinstance(cause, PressciteError):
                raise cause from None
            told = " ".join(f"{type(cause).__name__}: {cause}".split())[:200]
            self._give_up(slot, f"its reader failed ({told})")
            return
        except self._ray.exceptions.RayError:
            self._reader_died()
            return
        slot.ended = None
        if not ended:
            slot.parts.append(_Part(slot.block))
        elif self._unit is slot.unit:
            self._unit = None

    def _reader_died(self) -> None:
        """Start another reader; a file that ends it again is given up."""
        self.close()
        self._reader = self._reader_class.remote(self._plan)
        unread = [slot for slot in self._slots if slot.ended is not None]
        first = unread[0]
        first.reader_deaths += 1
        if first.reader_deaths >= _TRIES:
            self._give_up(
                first, "its reader crashed, or took too long; what stands before was read"
            )
        for slot in self._slots:
            if slot.ended is not None:
                self._read(slot)

    def _give_up(self, slot: _Slot, reason: str) -> None:
        """Skip the rest of a file; one of several is found by reading each for itself."""
        place = self._slots.index(slot)
        if self._unit is slot.unit:
            self._unit = None
        later = [one for one in self._slots if one.unit is slot.unit and one.number > slot.number]
        for one in later:
            self._slots.remove(one)
        if len(slot.unit.files) > 1:
            self._slots.remove(slot)
            for offset, name in enumerate(slot.unit.files):
                single = _Slot(Unit((name,), whole=True), 0)
                self._read(single)
                self._slots.insert(place + offset, single)
            return
        source = printable(slot.unit.files[0].decode("utf-8", "surrogateescape"))
        slot.ended = None
        frames = [file_frame(source)] if slot.number == 0 else []
        slot.results.append(pack([*frames, (item_record(Skipped(source, reason)), b"")]))

    # Preparing

    def _hand_out(self) -> None:
        """Give blocks to workers that have room for them, in order."""
        for slot in self._slots:
            while slot.alone and slot.parts and slot.parts[0].place is None:
                slot.results.append(slot.parts.popleft().block)
            if not slot.parts or slot.running is not None:
                continue
            worker = self._pool.free(alone=slot.alone)
            if worker is None:
                return
            part = slot.parts[0]
            part.began = time.monotonic()
            slot.worker, slot.running = worker, worker.actor.prepare.remote(part.block)
            worker.tasks.append(slot)

    def _settle_result(self, slot: _Slot) -> None:
        """Take a worker's answer on a block."""
        worker = slot.worker
        assert worker is not None
        exceptions = self._ray.exceptions
        try:
            found = self._ray.get(slot.running)
        except exceptions.ObjectLostError:
            self._leave(slot)
            self._read_again(slot)
        except exceptions.RayTaskError as error:
            self._leave(slot)
            self._blame(slot, error)
        except exceptions.RayError:
            self._worker_died(worker)
        else:
            self._leave(slot)
            slot.results.append(found)
            slot.parts.popleft()

    def _leave(self, slot: _Slot) -> None:
        if slot.worker is not None:
            slot.worker.tasks.remove(slot)
        slot.running = slot.worker = None

    def _worker_died(self, worker: Worker) -> None:
        """Replace a worker; the first of its blocks that is not done is what it died of."""
        lost: list[_Slot] = []
        for slot in list(worker.tasks):
            try:
                found = self._ray.get(slot.running)
            except self._ray.exceptions.RayError:
                lost.append(slot)
            else:
                slot.results.append(found)
                slot.parts.popleft()
            self._leave(slot)
        self._pool.replace(worker)
        if lost:
            self._blame(lost[0], None)

    def _blame(self, slot: _Slot, error: Any) -> None:  # noqa: ANN401
        """Do a block again document by document, or skip the single one that it is.

        Parameters
        ----------
        error
            What the worker's own code raised; None where the worker is gone.
        """
        cause = getattr(error, "cause", None) or error
        if isinstance(cause, PressciteError):
            raise cause from None
        if isinstance(cause, self._ray.exceptions.ObjectLostError):
            self._read_again(slot)
            return
        if not slot.alone:
            self._take_apart(slot)
            return
        part = slot.parts[0]
        part.tries += 1
        seconds = self._plan.limits.seconds
        if cause is not None:
            told = " ".join(f"{type(cause).__name__}: {cause}".split())[:200]
            reason = f"its worker failed ({told})"
        elif time.monotonic() - part.began >= seconds:
            reason = f"took longer than {seconds:g} s to clean, chunk and embed"
        elif part.tries < _TRIES:
            return
        else:
            reason = "its worker crashed"
        slot.parts.popleft()
        slot.results.append(pack([(item_record(Skipped(part.place or "", reason)), b"")]))

    def _take_apart(self, slot: _Slot) -> None:
        """Turn a block into its single documents, each of which has a worker for itself."""
        try:
            block = self._ray.get(slot.parts[0].block)
        except self._ray.exceptions.RayError:
            self._read_again(slot)
            return
        slot.alone = True
        slot.parts.clear()
        for record, data in unpack(block):
            is_item = not record.keys().isdisjoint(ITEMS) and "skipped" not in record
            place = place_of(record) if is_item else None
            slot.parts.append(_Part(pack([(record, data)]), place))

    # Waiting

    def _wait(self) -> None:
        """Wait until an answer comes, and take those that are there."""
        reads = {slot.ended: slot for slot in self._slots if slot.ended is not None}
        results = {slot.running: slot for slot in self._slots if slot.running is not None}
        starting = self._pool.starting
        waited = [*reads, *results, *starting]
        began = time.monotonic()
        ready, _ = self._ray.wait(waited, num_returns=1, timeout=_WAIT_SECONDS)
        busy = "reader" if self._slots[0].ended is not None else "workers"
        self.waited[busy] += time.monotonic() - began
        if ready:
            ready, _ = self._ray.wait(waited, num_returns=len(waited), timeout=0)
        for reference in ready:
            # One answer may settle others: those of a worker that died, or blocks that are read again.
            slot = reads.get(reference) or results.get(reference)
            if slot is not None and slot not in self._slots:
                continue
            if slot is not None and slot.ended == reference:
                self._settle_read(slot)
            elif slot is not None and slot.running == reference:
                self._settle_result(slot)
            elif reference in starting:
                self._pool.started(reference)
