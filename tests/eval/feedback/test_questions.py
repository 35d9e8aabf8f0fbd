"""What was said last of a question's answers makes the evaluation question."""

import json
from datetime import UTC, date, datetime

from eval.datasets import read_dataset
from eval.feedback import Feedback, KeptFeedback, question_record, questions_of

DAY = date(2024, 2, 1)


def kept(*said):
    return [
        KeptFeedback(number, datetime(2026, 11, 27, 9, number, tzinfo=UTC), one)
        for number, one in enumerate(said, start=1)
    ]


def said(verdict, answer, question="Who chaired it?", article="a", as_of=DAY):
    place = (article, "0" * 64, 0, len(answer)) if answer else (None, None, None, None)
    return Feedback(verdict, question, answer, *place, as_of)


def made(*records, **more):
    return questions_of(kept(*records), **more)


def test_right_answers_and_right_places_are_accepted():
    found = made(
        said("wrong", "Bo Lund"), said("here", "Ann Lee", article="b"), said("right", "Lee")
    )
    (question,) = found.questions.questions
    assert question.id == "feedback-1"
    assert question.answers == ("Ann Lee", "Lee")
    assert question.articles == ("b", "a")
    assert question.as_of == DAY
    assert found.questions.notes == ()


def test_only_wrong_answers_make_no_question():
    found = made(said("wrong", "Bo Lund"), said("wrong", None, "How much?"))
    assert found.questions.questions == ()
    assert found.left_out == 2
    assert found.questions.notes == ("2 left out, of which only wrong answers are known",)


def test_the_last_word_counts():
    (question,) = made(
        said("right", "Bo Lund"), said("wrong", "Bo Lund"), said("right", None)
    ).questions.questions
    assert (question.answers, question.answerable) == ((), False)
    (question,) = made(said("right", None), said("here", "Ann Lee")).questions.questions
    assert question.answers == ("Ann Lee",)
    assert made(said("right", "Ann Lee"), said("wrong", "Ann Lee")).questions.questions == ()
    (question,) = made(said("right", "Ann Lee"), said("wrong", None)).questions.questions
    assert question.answers == ("Ann Lee",)


def test_other_days_are_other_questions():
    found = made(said("right", "Ann Lee"), said("right", "Bo Lund", as_of=None)).questions
    assert [(q.answers, q.as_of) for q in found.questions] == [
        (("Ann Lee",), DAY),
        (("Bo Lund",), date(2026, 11, 27)),
    ]


def test_articles_are_those_of_today():
    current = {"a": "newer"}.get
    (question,) = made(
        said("right", "Ann"), said("right", "Lee", article="b"), current=current
    ).questions.questions
    assert question.articles == ("newer",)


def test_they_are_a_question_set(tmp_path):
    found = made(said("right", "Ann Lee"), said("right", None, "How much?")).questions.questions
    path = tmp_path / "feedback.jsonl"
    path.write_text("".join(json.dumps(question_record(one)) + "\n" for one in found))
    read = read_dataset(path)
    assert [(q.id, q.question, q.answers, q.articles, q.as_of) for q in read.questions] == [
        (q.id, q.question, q.answers, q.articles, q.as_of) for q in found
    ]
