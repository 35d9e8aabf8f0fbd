"""Questions made of sentences: grammatical where a form fits, none where the sentence needs its article."""

import pytest

from rag.types import Article
from ui.web.question_making import questions_of


@pytest.mark.parametrize(
    ("sentence", "question", "answer"),
    [
        (
            "Greta Teles was elected mayor of Brask on Sunday with 53 percent of the vote.",
            "Who was elected mayor of Brask with 53 percent of the vote?",
            "Greta Teles",
        ),
        (
            "About 1,400 workers at the Brask smelter went on strike over pay, the union said.",
            "How many workers at the Brask smelter went on strike over pay?",
            "About 1,400",
        ),
        (
            "The bridge to Brask will cost 84 million euros, the council reckons.",
            "How much will the bridge to Brask cost?",
            "84 million euros",
        ),
        (
            "The Marenka was built in Gdynia in 1998.",
            "When was the Marenka built in Gdynia?",
            "1998",
        ),
        (
            "Peace was praised by Mira Solheim, a retired judge from Brask.",
            "Who is Mira Solheim?",
            "a retired judge from Brask",
        ),
        (
            "The Harbour Safety Board (HSB) will meet in May.",
            "What does HSB stand for?",
            "Harbour Safety Board",
        ),
    ],
)
def test_a_statement_becomes_the_question_that_it_answers(sentence, question, answer):
    found = {made.question: made.answer for made in questions_of(Article(id="a", text=sentence))}
    assert found[question] == answer


@pytest.mark.parametrize(
    "sentence",
    [
        "He was elected mayor of Brask.",
        "Forty people came to their house in Brask.",
        'Greta Teles was "the best mayor of Brask".',
        "Two thirds came from the Brask Fund of Denmark.",
        "Talks will start again on Thursday.",
        "Greta Teles said so.",
        "The town was quiet.",
    ],
)
def test_what_only_its_article_explains_makes_no_question(sentence):
    assert list(questions_of(Article(id="a", text=sentence))) == []
