"""Follow-ups become questions that stand alone; what stands alone is left alone."""

import pytest

from rag.dialogue.classifier import WEIGHTS, packaged_classifier
from rag.dialogue.earlier_words import weighted_words
from rag.dialogue.rewrite import rewrite_query
from rag.dialogue.terms import LONGEST
from rag.types import Turn

FERRIES = [Turn("How many ferries did Lindau order in 2030?", "seven")]
MAYOR = [Turn("Who is the mayor of Lindau?", "Greta Holm")]


@pytest.mark.parametrize(
    "question",
    [
        "Who is the mayor of Bregenz?",
        "What did Greta Holm say about the trams?",
        "Did Apple say it would build a plant in Ohio?",
        "Is there a deadline for the talks in Geneva?",
        "And what does DOC stand for?",
        "How long does it take to fly to Geneva?",
    ],
)
def test_what_stands_alone_is_left_alone(question):
    for history in (MAYOR, FERRIES):
        assert rewrite_query(question, history) is None
    assert rewrite_query(question, ()) is None


def test_without_history_nothing_is_filled_in():
    assert rewrite_query("And in 2031?", ()) is None
    assert rewrite_query("When was she born?", ()) is None


def test_a_pronoun_gets_the_words_it_may_stand_for():
    made = rewrite_query("When was she elected?", MAYOR)
    assert made == "When was she elected (mayor Lindau Greta Holm)?"


def test_a_name_keeps_its_letter_or_digit():
    for answer in ("Plan A", "Group 7", "Terminal B.", "hepatitis B"):
        made = rewrite_query("When was it opened?", [Turn("Which one did Lindau choose?", answer)])
        assert made is not None
        assert answer.rstrip(".") in made
    # The question has a letter of its own, and "A" of a new sentence names nothing.
    other = rewrite_query("And when was Plan B dropped?", [Turn("What was adopted?", "Plan A")])
    assert "Plan A" not in (other or "")
    begun = rewrite_query("When was it?", [Turn("Who came to Lindau? A mayor?", "Greta Holm")])
    assert begun is not None
    assert " A" not in begun


def test_an_address_or_a_text_without_spaces_is_no_word_to_add():
    history = [
        Turn(f"Who wrote https://lake.example/{number}/{'a-slug-' * 70} on Lindau?", "\u6e56" * 600)
        for number in range(6)
    ]
    made = rewrite_query("When was she elected?", history)
    assert made is not None
    assert "Lindau" in made
    assert len(made) < 200


@pytest.mark.parametrize("earlier", ["", "  ", "?!", "🙂"])
@pytest.mark.parametrize("answer", [None, "", "Ann Lee"])
def test_an_earlier_turn_without_words_adds_none(earlier, answer):
    found = rewrite_query("What did he say about it?", [Turn(earlier, answer)])
    assert found is None or found == "What did he say about it (Ann Lee)?"


def test_a_fragment_becomes_a_whole_question():
    made = rewrite_query("And in 2031?", FERRIES)
    assert made == "How many ferries did Lindau order in 2031?"


@pytest.mark.parametrize("question", ["Why?", "On which day?", "Who paid?"])
def test_what_an_elliptical_question_leaves_unsaid_is_added(question):
    made = rewrite_query(question, FERRIES)
    assert made is not None
    assert made.startswith(question.rstrip("?"))
    assert "ferries" in made
    assert made.endswith("?")


def test_every_word_comes_from_the_conversation():
    history = [
        Turn("Who signed the Lake Charter?", "Bo Third"),
        Turn("Where was it signed?", "in Arbon"),
    ]
    for question in ("And when?", "Did he speak?", "Why was it needed?", "What about Konstanz?"):
        made = rewrite_query(question, history) or ""
        said = " ".join(f"{turn.question} {turn.answer}" for turn in history)
        known = f"{question} {said}".lower()
        words = made.replace("'s", "").replace("(", " ").replace(")", " ").replace("?", " ")
        assert [word for word in words.replace(",", " ").split() if word.lower() not in known] == []


@pytest.mark.parametrize(
    "question", ["", "?", "And?", "it", "he " * 500, "and " * 100, "\n", "(((", "\\1 he", "[SEP]"]
)
def test_odd_questions_do_no_harm(question):
    for history in (
        MAYOR,
        [Turn("", None)],
        [Turn("(?P<x>", "\\g<0>")],
        [Turn("He?", "He")],
    ):
        made = rewrite_query(question, history)
        assert made is None or isinstance(made, str)


@pytest.mark.parametrize(
    "silent",
    [
        Turn("", None),
        Turn("", ""),
        Turn(" \n ", None),
        Turn("?!...", "\u2014"),
        Turn("\U0001f6a2\U0001f6a2", None),
        Turn(" " * LONGEST + "Bregenz", None),
    ],
)
@pytest.mark.parametrize("question", ["What did he say about it?", "And in 2031?", "Why?"])
def test_a_turn_without_words_is_passed_over(silent, question):
    assert rewrite_query(question, [silent]) is None
    wanted = rewrite_query(question, FERRIES)
    assert wanted is not None
    for history in ([silent, *FERRIES], [*FERRIES, silent], [*FERRIES, *[silent] * 9]):
        assert rewrite_query(question, history) == wanted
    assert weighted_words(question, [silent]) is None


def test_an_earlier_answer_alone_gives_its_words():
    answer = [Turn("", "Greta Holm of Lindau")]
    for question in ("What did he say about it?", "And in 2031?", "Why?"):
        made = rewrite_query(question, answer)
        assert made == f"{question.rstrip('?')} (Greta Holm Lindau)?"


def test_long_questions_stand_alone_and_only_the_newest_turns_count():
    long = "When did the council of the city of the lake say that it would " * 60
    assert len(long) > LONGEST
    turns = [Turn(long, "A " * 500), *[Turn("And in Graz, " * 200, "Graz")] * 30]
    assert rewrite_query(long, turns) is None
    newest = [*turns, Turn("Who is the mayor of Lindau?", "Greta Holm")]
    assert rewrite_query("How old is she?", newest) == rewrite_query("How old is she?", newest[-6:])


def test_the_heads_are_small_and_hold_no_pickled_object():
    assert WEIGHTS.stat().st_size < 200_000
    assert 0 < packaged_classifier().least_word < packaged_classifier().least_any < 1


@pytest.mark.parametrize(
    ("earlier", "answer", "question"),
    [
        ("How tall is the lighthouse?", "34 metres", "Who was elected mayor?"),
        ("How many ferries were ordered?", "seven", "What raise did the union accept?"),
    ],
)
def test_a_new_topic_without_names_stands_alone(earlier, answer, question):
    assert rewrite_query(question, [Turn(earlier, answer)]) is None
