"""Feedback as evaluation questions: what was said last of a question's answers is what counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from eval.datasets.records import Question, QuestionSet, question_word
from eval.feedback.records import KeptFeedback


@dataclass(slots=True)
class _Said:
    """What was said of the answers to one question so far."""

    first: int
    answers: dict[str, str | None] = field(default_factory=dict)
    """The right ones, each with its article."""
    silent: bool = False
    """Whether it is right that the articles don't say."""


@dataclass(frozen=True, slots=True)
class FeedbackQuestions:
    """Questions made of feedback."""

    questions: QuestionSet
    left_out: int
    """Questions of which only wrong answers are known."""


def questions_of(
    kept: Iterable[KeptFeedback], current: Callable[[str], str | None] | None = None
) -> FeedbackQuestions:
    """Return evaluation questions: one for each question and day asked.

    An answer that was called right, or words that were said to be the right answer, is accepted, until it is
    called wrong. A question is unanswerable where it was last called right that the articles don't say.

    Parameters
    ----------
    kept
        Oldest first.
    current
        The id today of an article that may have been replaced, or None where it is gone; without it, ids
        stay.
    """
    said: dict[tuple[str, date], _Said] = {}
    for one in kept:
        given = one.feedback
        key = " ".join(given.question.split()), given.as_of or one.at.date()
        _take(said.setdefault(key, _Said(one.id)), one)
    questions = []
    for (question, day), found in said.items():
        if not found.answers and not found.silent:
            continue
        named = dict.fromkeys(name for name in found.answers.values() if name)
        ids = [current(name) if current else name for name in named]
        questions.append(
            Question(
                id=f"feedback-{found.first}",
                question=question,
                answers=tuple(found.answers),
                articles=tuple(name for name in ids if name),
                kind=question_word(question),
                as_of=day,
            )
        )
    left_out = len(said) - len(questions)
    notes = (f"{left_out} left out, of which only wrong answers are known",) if left_out else ()
    return FeedbackQuestions(QuestionSet("feedback", tuple(questions), notes=notes), left_out)


def _take(said: _Said, one: KeptFeedback) -> None:
    given = one.feedback
    if given.answer is None:
        said.silent = given.verdict == "right"
        if said.silent:
            said.answers.clear()
    elif given.verdict == "wrong":
        said.answers.pop(given.answer, None)
    else:
        said.answers[given.answer] = given.article_id
        said.silent = False


def question_record(question: Question) -> dict[str, Any]:
    """Return a question as a line of presscite's own question sets."""
    return {
        "id": question.id,
        "question": question.question,
        "answers": list(question.answers),
        "articles": list(question.articles),
        "as_of": question.as_of.isoformat() if question.as_of else None,
    }
