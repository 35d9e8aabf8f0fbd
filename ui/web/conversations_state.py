"""One conversation as the server holds it: its questions, and what may happen to them."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from itertools import takewhile
from typing import Any, Literal

from rag.types import Answer, Filters, Passage, Turn
from ui.web.service import MAX_TURNS

MAX_EXCHANGES = 100
"""Questions of one conversation; the next one is refused, and stands there as such."""
MAX_ATTEMPTS = 2
"""How often a question is begun where the process that answered it went away."""
_KEY = re.compile(r"[0-9a-f]{32}")
_SAME_WITHIN_S = 2.0
_FULL = f"This conversation has {MAX_EXCHANGES} questions; start a new one."
_ABANDONED = "The server went away while it answered; please ask again."
NO_FILTERS = Filters()

Status = Literal["waiting", "answered", "failed", "stopped", "gone"]


class Earlier(IntEnum):
    """What the server knows of the questions that were asked before it knew a conversation."""

    RESTORED = 0
    """All that the browser has said."""
    AWAITED = 1
    """Nothing; what is asked waits for them."""
    LATE = 2
    """Nothing, and it is gone on without them; they are put in front once they come."""
    DELETED = 3
    """That they are not wanted any more, whatever a browser still has of them."""


@dataclass(frozen=True, slots=True)
class Gone:
    """What an earlier answer said whose articles are not in the index any more."""

    answer: str | None
    quote: str | None
    byline: str
    details: dict[str, Any] | None = None
    """The whole answer as its browser keeps it: with another index, it may be shown again."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question of a conversation and what became of it."""

    number: int
    """Its own in the conversation, from 1, and never given twice; those that are restored late have higher
    numbers than those that stand after them."""
    question: str
    filters: Filters = NO_FILTERS
    status: Status = "waiting"
    answer: Answer | None = None
    error: str | None = None
    gone: Gone | None = None
    nearest: tuple[Passage, ...] = ()
    """What was found for a question that is still being read."""
    id: str | None = None
    """The browser's own name of the question: sent again under it, it is asked once."""
    standalone: bool = False
    """Whether it is asked without the questions before it."""
    searched: tuple[int, int] | None = None
    """Of an abstention under filters, how many articles were searched, and how many there are."""
    attempts: int = 0
    """How often it was begun."""

    @property
    def turn(self) -> Turn | None:
        """The exchange as context of later questions; None where it was not answered."""
        if self.answer is not None:
            return Turn(self.question, self.answer.text)
        return Turn(self.question, self.gone.answer) if self.gone else None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A conversation at one moment."""

    revision: int
    """Grows with every change."""
    exchanges: tuple[Exchange, ...] = ()
    earlier: Earlier = Earlier.RESTORED

    @property
    def unrestored(self) -> bool:
        """Whether its browser is still to say what was asked before the server knew it."""
        return self.earlier in {Earlier.AWAITED, Earlier.LATE}

    @property
    def waiting(self) -> bool:
        """Whether a question has no reply yet."""
        return any(one.status == "waiting" for one in self.exchanges)


@dataclass(slots=True)
class Held:
    """The state of one conversation; whoever changes it holds it alone, as `Store.changing` gives it.

    Attributes
    ----------
    born
        Tells it from another conversation that had the same key before.
    runner
        The process in which its questions are answered; None where none does.
    last_asked
        When the last question was added, seconds of the epoch.
    """

    earlier: Earlier
    exchanges: tuple[Exchange, ...] = ()
    # Another server's revision of the same conversation must not look like one of these.
    born: int = 0
    revision: int = 0
    last_number: int = 0
    last_asked: float = float("-inf")
    runner: str | None = None

    @classmethod
    def new(cls, *, restorable: bool) -> Held:
        """Return an empty one."""
        born = secrets.randbelow(2**40)
        earlier = Earlier.AWAITED if restorable else Earlier.RESTORED
        return cls(earlier, born=born, revision=born)

    @property
    def waiting(self) -> bool:
        """Whether a question has no reply yet."""
        return self.next_waiting() is not None

    def snapshot(self) -> Snapshot:
        """Return it as it is now."""
        return Snapshot(self.revision, self.exchanges, self.earlier)

    def knows(self, id: str) -> bool:
        """Whether a question of this name was asked."""
        return any(one.id == id for one in self.exchanges)

    def repeats(self, question: str, filters: Filters, id: str | None = None) -> bool:
        """Whether it was just asked, or is the last one and waits, or is known by its name."""
        if id is not None and self.knows(id):
            return True
        last = self.exchanges[-1] if self.exchanges else None
        if last is None or (last.question, last.filters) != (question, filters):
            return False
        soon = 0 <= time.time() - self.last_asked < _SAME_WITHIN_S
        return last.status == "waiting" or (soon and last.status != "stopped")

    def add(self, asked: Exchange) -> None:
        """Add a question under the next number; one too many is refused, once."""
        if len(self.exchanges) >= MAX_EXCHANGES:
            if self.exchanges[-1].error == _FULL:
                return
            asked = replace(asked, status="failed", error=_FULL)
        self.last_number += 1
        self.last_asked = time.time()
        self._set((*self.exchanges, replace(asked, number=self.last_number)))

    def restore(self, kept: Sequence[Exchange]) -> None:
        """Put what the browser kept, and is not known, in its order before what was asked since.

        It may come late and more than once: nothing is doubled, and what was begun stays as it is. What the
        reader deleted stays deleted.
        """
        if self.earlier is Earlier.DELETED:
            return
        every = list(self.exchanges)
        place = 0
        for one in self._wanted(kept):
            at = next((n for n, other in enumerate(every) if one.id and other.id == one.id), None)
            if at is None:
                # What is being answered keeps its number, by which its answer finds it.
                self.last_number += 1
                every.insert(place, replace(one, number=self.last_number))
                place += 1
                continue
            begun = every[at].attempts or every[at].status != "waiting"
            if one.status != "waiting" and not begun:
                every[at] = replace(one, number=every[at].number)
            place = max(place, at + 1)
        if self.earlier is Earlier.AWAITED:
            # Nothing has begun.
            every = [replace(one, number=number) for number, one in enumerate(every, 1)]
            self.last_number = len(every)
        if self.earlier is not Earlier.RESTORED or tuple(every) != self.exchanges:
            self.earlier = Earlier.RESTORED
            self._set(tuple(every))

    def _wanted(self, kept: Sequence[Exchange]) -> list[Exchange]:
        """Return what may be restored: not more than there can be, the newest, each that is known too."""
        if self.earlier is Earlier.RESTORED:
            # Without a name it cannot be told from one that was restored before.
            kept = [one for one in kept if one.id]
        known = {one.id for one in self.exchanges if one.id}
        # Where there are too many, the line that says so is the first to go.
        lacking = sorted(
            (one for one in kept if one.id not in known), key=lambda one: one.error != _FULL
        )
        over = max(0, len(lacking) + len(self.exchanges) - MAX_EXCHANGES - 1)
        dropped = {id(one) for one in lacking[:over]}
        return [one for one in kept if id(one) not in dropped]

    def begin_without_earlier(self) -> None:
        """Wait no longer for the browser to restore what was asked before."""
        if self.earlier is Earlier.AWAITED:
            self.earlier = Earlier.LATE
            self.revision += 1

    def stop(self) -> None:
        """Give up the questions that wait."""
        self._set(
            tuple(
                replace(one, status="stopped") if one.status == "waiting" else one
                for one in self.exchanges
            )
        )

    def clear(self) -> None:
        """Forget all questions, those too that its browser still has; numbers are not given again."""
        self.earlier = Earlier.DELETED
        self._set(())

    def next_waiting(self) -> Exchange | None:
        """Return the first question without a reply."""
        return next((one for one in self.exchanges if one.status == "waiting"), None)

    def begin(self) -> Exchange | None:
        """Count an attempt at the first question that waits, and return it; None where none is left.

        One that was begun as often as it may be fails instead.
        """
        while (found := self.next_waiting()) is not None:
            if found.attempts < MAX_ATTEMPTS:
                begun = replace(found, attempts=found.attempts + 1)
                self.finish(begun)
                return begun
            self.finish(replace(found, status="failed", error=_ABANDONED))
        return None

    def history(self, asked: Exchange) -> tuple[Turn, ...]:
        """Return the answered questions before one, as its context."""
        before = takewhile(lambda one: one.number != asked.number, self.exchanges)
        turns = [one.turn for one in before]
        return tuple(turn for turn in turns if turn)[-MAX_TURNS:]

    def finish(self, done: Exchange) -> None:
        """Put a reply, or what is found so far, beside its question, where that still waits for it."""
        if any(one.number == done.number and one.status == "waiting" for one in self.exchanges):
            self._set(
                tuple(
                    done if one.number == done.number and one.status == "waiting" else one
                    for one in self.exchanges
                )
            )

    def _set(self, exchanges: tuple[Exchange, ...]) -> None:
        self.exchanges = exchanges
        self.revision += 1


def is_key(text: str) -> bool:
    """Whether a text has the form of a conversation's key: 128 random bits in hexadecimal."""
    return _KEY.fullmatch(text) is not None
