"""What a first visit is shown: what the collection holds, and questions that it answers."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from rag.errors import PressciteError
from rag.retrieval.query import make_query
from rag.types import Answer
from ui.interface_text import ENGLISH, Words
from ui.web.collection_summary import (
    QUESTIONS,
    render_summary,
    summarise,
    summarise_with_questions,
)
from ui.web.service import AnswererProtocol, QueuedAnswerer

_LOG = logging.getLogger("presscite")
_AGAIN_S = 3600.0
"""How long questions stay good enough where articles were added or removed: making them asks dozens."""


class FirstVisit:
    """A summary of the collection, and questions to click: those given, else made of the articles.

    Making them asks each of them once, so it is begun at the first visit and goes on in a thread of
    its own; questions of people come between. They are made anew at the next visit once another index
    is in the place of this one, and where articles changed, when they are older than an hour.
    """

    def __init__(
        self,
        answerer: AnswererProtocol,
        service: QueuedAnswerer,
        examples: Sequence[str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        # An engine in the folder's place may not count its articles, or not hand them all out.
        index: Any = answerer.index
        self._index: Any = index if hasattr(index, "months_of_outlets") else None
        self._service = service
        self._questions = tuple(examples)
        self._places = len(self._questions)
        self._clock = clock
        self._guard = threading.Lock()
        self._given = bool(examples) or self._index is None
        self._making = False
        self._made: tuple[object, int] | None = None
        self._made_at = 0.0
        self._ready = threading.Event()
        if self._given:
            self._ready.set()
        else:
            self._places = QUESTIONS

    @property
    def places(self) -> int:
        """How many questions there may be."""
        return self._places

    @property
    def questions(self) -> tuple[str, ...]:
        """The questions, as far as there are any yet."""
        return self._questions

    @property
    def ready(self) -> bool:
        """Whether there will be no others."""
        return self._ready.is_set()

    @property
    def making(self) -> bool:
        """Whether questions are being made, also where others are shown meanwhile."""
        return self._making

    def begin(self) -> None:
        """Begin to make the questions, where none were given, nobody has begun, or they are of the past."""
        if self._given:
            return
        try:
            state = self._service.state
        except (OSError, PressciteError):
            return
        with self._guard:
            if self._making or not self._is_due(state):
                return
            if self._made is not None and self._made[0] != state[0]:
                self._questions = ()
                self._ready.clear()
            self._making, self._made, self._made_at = True, state, self._clock()
        threading.Thread(target=self._make, name="questions to ask", daemon=True).start()

    def _is_due(self, state: tuple[object, int]) -> bool:
        if self._made is None or self._made[0] != state[0]:
            return True
        return self._made != state and self._clock() - self._made_at > _AGAIN_S

    def summary(self, words: Words = ENGLISH) -> str:
        """HTML of what the collection holds, in a language; empty where the index does not tell."""
        if self._index is None:
            return ""
        try:
            return render_summary(summarise(self._index), words)
        except Exception:
            _LOG.exception("the collection could not be summarised")
            return ""

    def _make(self) -> None:
        try:
            self._questions = summarise_with_questions(self._index, self).questions
        except Exception:
            _LOG.exception("no questions could be made of the collection")
        finally:
            with self._guard:
                self._making = False
            self._ready.set()

    def ask(self, question: str) -> Answer:
        """Answer a question in the turn of all others."""
        return self._service.ask(make_query(question))
