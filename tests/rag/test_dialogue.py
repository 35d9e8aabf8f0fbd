"""Follow-ups become questions that stand alone; what stands alone is left alone."""

import pytest

from rag.dialogue import standalone
from rag.types import Turn

FERRIES = [Turn("How many ferries did Lindau order in 2030?", "seven")]
MAYOR = [Turn("Who is the mayor of Lindau?", "Greta Holm")]


@pytest.mark.parametrize(
    "question",
    [
        "Who is the mayor of Bregenz?",
        "What did Greta Holm say about the trams?",
        "How many trams were ordered in 2031?",
        "When will the first ferry sail?",
    ],
)
def test_what_stands_alone_is_left_alone(question):
    assert standalone(question, FERRIES) is None
    assert standalone(question, ()) is None


def test_without_history_nothing_is_filled_in():
    assert standalone("And in 2031?", ()) is None
    assert standalone("When was she born?", ()) is None


@pytest.mark.parametrize(
    ("history", "question", "named"),
    [
        (MAYOR, "When was she elected?", ["Greta Holm", "elected"]),
        (MAYOR, "What is her party?", ["Greta Holm's", "party"]),
        (FERRIES, "And in 2031?", ["How many ferries did Lindau order in 2031?"]),
        (FERRIES, "What about Bregenz?", ["ferries", "Bregenz"]),
        (FERRIES, "When was that decided?", ["ferries", "Lindau", "decided"]),
        (FERRIES, "Why?", ["ferries", "Lindau"]),
        (FERRIES, "How much did they cost?", ["cost", "ferries"]),
    ],
)
def test_follow_ups_get_what_they_leave_unsaid(history, question, named):
    made = standalone(question, history)
    assert made is not None
    assert made.endswith("?")
    assert [words for words in named if words not in made] == []


def test_the_newest_person_is_meant():
    history = [*MAYOR, Turn("Who chaired the council?", "Ann Other")]
    made = standalone("When was she born?", history)
    assert made is not None
    assert "Ann Other" in made


def test_every_word_comes_from_the_conversation():
    history = [
        Turn("Who signed the Lake Charter?", "Bo Third"),
        Turn("Where was it signed?", "in Arbon"),
    ]
    for question in ("And when?", "Did he speak?", "Why was it needed?", "What about Konstanz?"):
        made = standalone(question, history) or ""
        known = f"{question} {' '.join(f'{turn.question} {turn.answer}' for turn in history)}"
        words = made.replace("'s", "").replace("(", " ").replace(")", " ").replace("?", " ").split()
        assert [word for word in words if word.lower() not in known.lower()] == []


@pytest.mark.parametrize(
    "question", ["", "?", "And?", "it", "he " * 500, "and " * 500, "\n", "(((", "\\1 he"]
)
def test_odd_questions_do_no_harm(question):
    for history in (
        MAYOR,
        FERRIES,
        [Turn("", None)],
        [Turn("(?P<x>", "\\g<0>")],
        [Turn("He?", "He")],
    ):
        made = standalone(question, history)
        assert made is None or isinstance(made, str)
