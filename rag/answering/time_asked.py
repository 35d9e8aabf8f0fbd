"""Whether what was found was reported in the time that a question asks about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from rag.answering.statements import share_a_day
from rag.text.analyser import analyse, question_stop_words
from rag.text.temporal import TimeFrame, time_frame, time_gap, times_named, without_times
from rag.text.temporal.calendar import Interval
from rag.types import Answer, Citation, Passage, TimeGap

# Of the sought words that the best passage has; with fewer a passage is about something else.
_ON_TOPIC = 0.75


def unreported_time(answer: Answer, passages: Sequence[Passage], as_of: date) -> TimeGap | None:
    """Return the time asked about, where nothing found on the question was published in it.

    A quote that names this time tells of it, whenever it was printed: "last May" as seen from its report.

    Parameters
    ----------
    passages
        What was found, none published after ``as_of``.
    """
    question = answer.standalone_question or answer.question
    frame = time_frame(question, as_of)
    if frame is None or _tell_of(frame, (*answer.citations[:1], *answer.overview), as_of):
        return None
    found = _on_topic(without_times(question, as_of), passages)
    return time_gap(frame, (passage.article.published for passage in found), as_of)


def _tell_of(frame: TimeFrame, cited: Sequence[Citation], as_of: date) -> bool:
    if not frame.bounded:
        return False
    asked = [Interval(frame.start, frame.end)]
    return any(
        share_a_day(asked, times_named(one.quote, one.article.published or as_of)) for one in cited
    )


def _on_topic(question: str, passages: Sequence[Passage]) -> list[Passage]:
    """Return the passages that have nearly as many of the words sought as the best of them.

    Among the nearest of an archive is nearly always one of the days asked about, on something else.
    """
    sought = frozenset(analyse(question)) - question_stop_words()
    held = [
        len(sought & frozenset(analyse(f"{one.article.title or ''} {one.text}")))
        for one in passages
    ]
    least = _ON_TOPIC * max(held, default=0)
    return [one for one, count in zip(passages, held, strict=True) if count >= least]
