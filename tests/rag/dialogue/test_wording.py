"""The wording of a rewritten question, for given needs: pure, without a model."""

import pytest

from rag.dialogue.terms import parts_of, words_of
from rag.dialogue.wording import fragment_of, merged, refers_back
from rag.types import Turn


def made(question, history, needed):
    fragment = fragment_of(question)
    if fragment is None:
        return None
    earlier = history[-1].question
    keys = {word.key for word in words_of(needed)}
    needs = {w.key: 0.9 if w.key in keys else 0.1 for w in words_of(earlier) if w.key}
    return merged(fragment, earlier, needs, 0.2)


FERRY = [Turn("How many passengers does the ferry Terna carry?", "120")]
RANK = [Turn("What place did Graz hold among the cities in 2022?", "sixth")]


@pytest.mark.parametrize(
    ("history", "question", "needed", "wanted"),
    [
        (FERRY, "And its captain?", "ferry Terna", None),
        (FERRY, "What did it cost?", "ferry Terna", None),
        (
            FERRY,
            "And the captain?",
            "ferry Terna carry",
            "How many passengers does the ferry Terna carry, the captain?",
        ),
        (FERRY, "And cars?", "ferry Terna carry", "How many cars does the ferry Terna carry?"),
        (
            RANK,
            "and in 2023?",
            "place Graz hold cities",
            "What place did Graz hold among the cities in 2023?",
        ),
        (RANK, "Who says so?", "", None),
    ],
)
def test_a_fragment_takes_the_place_of_what_is_not_needed(history, question, needed, wanted):
    assert made(question, history, needed) == wanted


@pytest.mark.parametrize(
    ("question", "needs_one"),
    [
        ("Where does he live?", True),
        ("Will it appeal?", True),
        ("Where are its plants?", True),
        ("Did Putin say he would meet Trump?", False),
        ("Why do banks fail when they lend too much?", False),
        ("Is it true that the talks failed?", False),
    ],
)
def test_pronouns_without_an_antecedent_are_seen(question, needs_one):
    assert refers_back(parts_of(question, ())[-1]) is needs_one
