"""A text that merely repeats the question is no answer to it."""

import pytest

from rag.answering.repeated_question import without_repeated
from tests.rag.reader.made import passage, span

ASKED = "How many people work at the new sawmill in Tarn?"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("How many people work at the new sawmill in Tarn: 40, 120 or 300?", "40, 120 or 300"),
        ("How many people work at the new sawmill in Tarn? A) 40 B) 120?", "40"),
        ("“In the new sawmill of Tarn, how many people work: 40 or 120?”", "40"),
        ("HOW MANY PEOPLE WORK AT TARN'S NEW SAWMILL, 40 OR 120?", "120"),
    ],
)
def test_a_question_that_asks_the_same_is_left_out(text, answer):
    told = span(passage("The new sawmill employs 120.", name="b"), "120", score=0.5)
    repeated = span(passage(text), answer, score=2.0, quote=text)
    assert without_repeated(ASKED, [repeated, told]) == [told]


@pytest.mark.parametrize(
    "text",
    [
        "At the new sawmill in Tarn 120 people work.",
        "Did you know that 120 people work at the new sawmill in Tarn?",
        "How many boats does the owner of 120 sawmills have?",
        "Asked how many people work at the new sawmill in Tarn, he said 120.",
    ],
)
def test_what_tells_it_stays(text):
    spans = [span(passage(text), "120", quote=text)]
    assert without_repeated(ASKED, spans) == spans


@pytest.mark.parametrize("question", ["new sawmill Tarn people", "?", "Who?", "wer arbeitet dort"])
def test_keywords_and_odd_questions_leave_all(question):
    spans = [span(passage("Who works there, 120 people?"), "120")]
    assert without_repeated(question, spans) == spans
