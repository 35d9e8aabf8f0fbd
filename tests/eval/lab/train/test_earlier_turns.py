"""Questions of the training data, worded as the dialogue rewrites a follow-up."""

from __future__ import annotations

import random

import pytest

from eval.lab.train.earlier_turns import EarlierTurns
from eval.lab.train.examples import Example
from eval.lab.train.synthetic import StoryExample, SyntheticArticle, SyntheticQuestion

TEXT = "The bridge at Vellmar was opened by Ada Brask in May."
OPENED = "Who opened the bridge at Vellmar?"
WHEN = "In which month did Ada Brask open the bridge?"


def example(question: str, answer: str, text: str = TEXT) -> Example:
    start = text.index(answer)
    return Example("qamr", "bridge", question, text, ((start, start + len(answer), 1),))


@pytest.mark.parametrize("seed", range(8))
def test_a_name_gives_way_and_stands_in_brackets(seed: int) -> None:
    earlier = EarlierTurns([example(OPENED, "Ada Brask"), example(WHEN, "May")])
    followed = earlier.followed(WHEN, random.Random(seed))
    asked, _, added = followed.rstrip("?)").partition(" (")
    assert "Ada Brask" not in asked
    assert {"Ada", "Brask", "Vellmar"} <= set(added.split())


def test_a_question_that_is_alone_about_its_text_stays() -> None:
    other = "A ferry sank near Oskby in June."
    earlier = EarlierTurns(
        [example(OPENED, "Ada Brask"), example("What sank near Oskby?", "A ferry", other)]
    )
    assert earlier.followed(OPENED, random.Random(0)) == OPENED
    assert earlier.followed("Who else?", random.Random(0)) == "Who else?"


def test_written_questions_follow_others_of_their_story() -> None:
    place = (0, TEXT.index("May"), TEXT.index("May") + 3)
    asked = (SyntheticQuestion(OPENED), SyntheticQuestion(WHEN, (place,)))
    story = StoryExample("newsroom-x-1", (SyntheticArticle("Bridge", TEXT),), asked)
    followed = EarlierTurns([], [story]).followed(OPENED, random.Random(2))
    assert followed != OPENED
    assert "May" in followed
