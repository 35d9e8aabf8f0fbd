"""Misspelt words of a question are read as the passages spell them, and no other word is."""

from __future__ import annotations

import pytest

from rag.answering.spelling import KnowsWords, respelt
from rag.reader.loading import load_reader
from tests.rag.reader.made import passage

HEATERS = passage(
    "Calorix recalls 86,000 heaters, its director said. Two heaters had burnt.",
    title="Director explains the recall of heaters",
)
RIGHT = frozenset(
    ["many", "heaters", "director", "elected", "ejected", "recalls", "adopted", "crisp"]
)


def read_as(question: str, *found: str) -> str:
    passages = [passage(text, name=f"{n}") for n, text in enumerate(found)] or [HEATERS]
    return respelt(question, passages, RIGHT.__contains__)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("How many heeters are there?", "How many heaters are there?"),
        ("How many heatters are there?", "How many heaters are there?"),
        ("How many haeters are there?", "How many heaters are there?"),
        ("How many heters are there?", "How many heaters are there?"),
        ("Who is the directer of heeters?", "Who is the director of heaters?"),
    ],
)
def test_a_letter_more_less_other_or_two_changed(typed: str, meant: str) -> None:
    assert read_as(typed) == meant


@pytest.mark.parametrize(
    "question",
    [
        "How many heaters are there?",
        "Who leads Calorex?",
        "Wie viele heeters gab es?",
        "heeters",
        "How many hexxers are there?",
        "How many xeaters are there?",
        "Who sold 86,001 of them?",
        "How many heatersx are there?",
    ],
)
def test_what_is_right_a_name_or_far_from_all_words_stays(question: str) -> None:
    assert read_as(question) == question


def test_a_name_in_lower_case_is_no_other_word() -> None:
    question = "who is milei meeting?"
    assert read_as(question, "Milei drove two miles to meet them.") == question


def test_a_known_word_is_never_another_one() -> None:
    assert read_as("Who was elected?", "She was ejected from the hall.") == "Who was elected?"


def test_an_inflection_of_a_word_in_the_passages_stays() -> None:
    question = "Who is reopening the bridge?"
    assert read_as(question, "She reopened the bridge. He is reopenings.") == question


def test_two_words_as_near_leave_it_as_it_is() -> None:
    question = "How many staters are there?"
    assert read_as(question, "Ten skaters and five starers came.") == question
    assert read_as(question, "A skater led ten skaters.") == "How many skaters are there?"


def test_the_packaged_reader_knows_words() -> None:
    reader = load_reader(encode=lambda texts: pytest.fail("nothing is embedded"))
    assert isinstance(reader, KnowsWords)
    assert reader.knows("director")
    assert not reader.knows("directer")
