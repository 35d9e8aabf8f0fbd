"""What questions want, and where sentences offer it."""

import pytest

from rag.text.answer_types import AnswerType, classify_question, has_verb, typed_candidates
from rag.text.entities import CasingStats

NOBODY = CasingStats.of([])


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Who opened the dam?", "person"),
        ("Which minister opened the dam?", "person"),
        ("What post does Ana Duarte hold?", "office"),
        ("Which office compiled the list?", "name"),
        ("Where did the crews meet?", "place"),
        ("In which city is the dam?", "place"),
        ("When was the dam opened?", "date"),
        ("In what year was the dam opened?", "date"),
        ("How long did the drill last?", "duration"),
        ("How many crews came?", "count"),
        ("By how many percent did traffic grow?", "percent"),
        ("How much did the dam cost?", "money"),
        ("What was the value of the cargo?", "money"),
        ("Which anniversary did the port mark?", "ordinal"),
        ("What rank does the port hold?", "ordinal"),
        ("What does ABC stand for?", "acronym"),
        ("What is the Harbour Code?", "definition"),
        ("What is the plan based on?", "clause"),
        ("What is the newest ferry called?", "name"),
        ("Why was the drill cut short?", "clause"),
        ("How did the port respond in 2022 when asked to close?", "clause"),
        ("Who spoke when the dam opened?", "person"),
        ("And when?", "date"),
        ("What did the minister say about the dam?", "clause"),
        ("Which foreign minister opened the dam?", "person"),
    ],
)
def test_wanted(question, kind):
    assert classify_question(question).kind == kind


@pytest.mark.parametrize(
    ("question", "unit"),
    [
        ("How many fire crews came?", "fire crews"),
        ("What was the cargo worth in dollars?", "dollars"),
        ("In what year did it open?", "year"),
        ("In which province is it?", "province"),
    ],
)
def test_unit_of_what_is_wanted(question, unit):
    assert classify_question(question).unit == unit


def found(kind, text, unit=None):
    return [
        (text[a:b], round(fit, 1))
        for a, b, fit in typed_candidates(AnswerType(kind, unit), text, NOBODY)
    ]


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("It ran from January to November 2021.", ["January to November 2021"]),
        ("In the first 10 months of 2020 it fell.", ["the first 10 months of 2020"]),
        ("The lease (1999-2019) ended on Oct. 3.", ["1999-2019", "Oct. 3"]),
        ("On 4 July 2018 and late March 2019.", ["4 July 2018", "late March 2019"]),
    ],
)
def test_dates_and_periods(text, dates):
    assert [words for words, _ in found("date", text)] == dates


def test_a_year_fits_a_question_for_a_year_only():
    assert found("date", "On May 4 and in 2011.", "year") == [("May 4", 0.2), ("2011", 1.0)]


def test_count_fits_where_what_is_counted_follows():
    text = "In 2020 some 40 crews and 7 pilots trained for 3 percent."
    assert found("count", text, "pilots") == [("some 40", 0.7), ("7", 1.0)]


def test_ordinals_with_their_superlative():
    assert found("ordinal", "the fourth-largest port and its 15th year") == [
        ("fourth-largest", 1.0),
        ("15th", 1.0),
    ]


def test_money_in_the_currency_asked_for():
    text = "It cost 90 million yen, or $600,000."
    assert found("money", text, "dollars") == [("90 million yen", 0.3), ("$600,000", 1.0)]


def test_name_that_holds_the_noun_asked_for_fits_best():
    text = "The Lowland Treaty was signed by Delta Shipping."
    assert max(found("name", text, "treaty"), key=lambda o: o[1])[0] == "Lowland Treaty"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("Overview of the second Harbour Meeting.", False),
        ("The crews met in the harbour.", True),
        ("They form the larger part.", True),
    ],
)
def test_captions_have_no_verb(line, told):
    assert has_verb(line) is told
