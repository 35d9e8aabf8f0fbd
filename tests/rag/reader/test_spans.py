"""The words picked inside a sentence."""

import pytest

from rag.reader.spans import answer_span
from rag.text.analyser import analyse
from rag.text.answer_types import classify_question
from rag.text.entities import CasingStats


def picked(question, text):
    idf = dict.fromkeys(analyse(question), 1.0)
    span = answer_span(question, text, classify_question(question), CasingStats.of([text]), idf)
    return text[span.start : span.end], span.type_match


@pytest.mark.parametrize(
    ("question", "text", "answer"),
    [
        ("Who met Lena Fox?", "Lena Fox met Omar Diaz in Salto.", "Omar Diaz"),
        (
            "Who is Minister of Fisheries of Kenya?",
            "Ana Duarte, a pilot, met Minister of Fisheries of Kenya Joy Odera.",
            "Joy Odera",
        ),
        ("Where did Lena Fox meet Omar Diaz?", "Lena Fox met Omar Diaz in Salto.", "Salto"),
        ("How many crews came?", "Over 3 days 12 crews came.", "12"),
        ("Which anniversary did the port mark?", "The port marked its 40th anniversary.", "40th"),
        ("When did the 3rd drill start?", "The 3rd drill started on May 4, 2019.", "May 4, 2019"),
        (
            "What does HSC stand for?",
            "Ships follow the Harbour Safety Code (HSC) of 1988.",
            "Harbour Safety Code",
        ),
        (
            "What does HSC stand for?",
            "HSC: the Harbour Safety Code of ports.",
            "Harbour Safety Code",
        ),
        (
            "What is the Harbour Code?",
            "Harbour Code: a rule book for pilots.",
            "a rule book for pilots",
        ),
        (
            "Why was the drill cut short?",
            "The drill was cut short because fog hid the buoys.",
            "because fog hid the buoys",
        ),
    ],
)
def test_answering_words(question, text, answer):
    words, fit = picked(question, text)
    assert answer in words
    assert len(words) <= len(answer) + 12
    assert fit >= 0.5


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("How many crews came?", "The crews came home."),
        ("Who met Lena Fox?", "Lena Fox went home."),
        ("What does HSC stand for?", "The HSC binds all ships."),
        ("What did the dam cost in euros?", "The dam was cheap."),
    ],
)
def test_nothing_of_the_kind_is_no_fit(question, text):
    assert picked(question, text)[1] == 0.0


def test_deputy_does_not_answer_for_the_minister():
    question = "Who was Prime Minister?"
    chief = picked(question, "Prime Minister Ana Duarte spoke.")[1]
    deputy = picked(question, "Deputy Prime Minister Omar Diaz spoke.")[1]
    assert deputy < chief


def test_minister_of_another_country_fits_less():
    question = "Who is President of Kenya?"
    own = picked(question, "The President of Kenya Joy Odera spoke.")[1]
    other = picked(question, "The President of Chile Rosa Vidal spoke.")[1]
    assert other < own


@pytest.mark.parametrize(
    ("asked", "told", "whole"),
    [
        ("Austria", "the President of Australia", False),
        ("Niger", "Nigerian President", False),
        ("Slovakia", "the President of Slovenia", False),
        ("Malawi", "Malaysia's President", False),
        ("Austria", "Austrian President", True),
        ("the Netherlands", "Dutch President", True),
        ("the United States", "U.S. President", True),
        ("the United States", "American President", True),
        ("the DRC", "Congolese President", True),
    ],
)
def test_country_of_the_office_is_told_by_its_code(asked, told, whole):
    question = f"Who is President of {asked}?"
    own = picked(question, "The President Rosa Vidal spoke.")[1]
    fit = picked(question, f"{told[0].upper()}{told[1:]} Rosa Vidal spoke.")[1]
    assert fit >= own if whole else fit < own / 2


def test_country_stands_before_the_whole_of_an_office_with_of_in_it():
    question = "Who is Minister of State of Chile?"
    own = picked(question, "Chile's new Minister of State Joy Odera spoke.")[1]
    other = picked(question, "Kenya's new Minister of State Joy Odera spoke.")[1]
    assert other < own / 2
