"""The written questions are whole, and their passages are what they are said to be."""

import random

import pytest

from embeddings import load_encoder
from eval.lab.train import synthetic as module
from eval.lab.train.hard_negatives import NearMisses
from eval.lab.train.synthetic import StoryExample, SyntheticArticle, SyntheticQuestion, written
from rag.errors import ReaderDataError
from tests.conftest import SHARED

pytestmark = pytest.mark.slow

FERRY = SyntheticArticle(
    "Ferries for the strait",
    "The ministry ordered nine ferries in May. Ilda Moss signed for the yard. "
    "The first one will sail in 2031. Crews train in Pelm harbour until then.",
)
PORT = SyntheticArticle("A port waits", "Pelm harbour has four piers. Its master is Joren Vale.")
STORY = StoryExample(
    "ferries",
    (FERRY, PORT),
    (
        SyntheticQuestion("How many ferries were ordered?", ((0, 21, 25),)),
        SyntheticQuestion("How much did the ferries cost?"),
    ),
)


def test_the_places_used_here_are_right() -> None:
    assert FERRY.text[21:25] == "nine"


@pytest.mark.parametrize("seed", range(8))
def test_an_epoch_asks_each_question_of_what_answers_and_of_what_does_not(seed: int) -> None:
    made = NearMisses([STORY]).epoch(random.Random(seed))
    answered = [e for e in made if e.answerable]
    assert [e.question for e in answered] == ["How many ferries were ordered?"]
    (example,) = answered
    assert [example.context[a:b] for a, b, _ in example.spans] == ["nine"]
    assert example.context in FERRY.text
    assert example.title == FERRY.title
    missed = [e for e in made if not e.answerable]
    assert any(e.question == "How much did the ferries cost?" for e in missed)
    for e in missed:
        assert e.context in FERRY.text or e.context in PORT.text
        assert e.question != "How many ferries were ordered?" or "nine ferries" not in e.context


def test_the_same_seed_makes_the_same_epoch() -> None:
    one, other = (NearMisses([STORY]).epoch(random.Random(5)) for _ in range(2))
    assert one == other


def test_passages_that_mislead_by_meaning_are_met_too() -> None:
    boats = SyntheticArticle(None, "Passenger boats: price and number not yet public.")
    words = SyntheticArticle(
        None, "How much did the bread cost? Ask the baker of the old mill in the wood."
    )
    story = StoryExample(
        "boats", (boats, words), (SyntheticQuestion("How much did the ferries cost?"),)
    )
    encode = load_encoder().encode
    plain = {NearMisses([story]).epoch(random.Random(n))[0].context for n in range(20)}
    assert plain == {words.text}
    met = [e for n in range(20) for e in NearMisses([story], encode).epoch(random.Random(n))]
    assert {e.context for e in met} == {boats.text, words.text}


def test_passages_that_share_rare_words_come_first() -> None:
    ranked = NearMisses([STORY]).ranked(STORY, "Who is the master of Pelm harbour?", size=80)
    assert "master" in ranked[0].context
    assert {e.context for e in ranked} > {PORT.text}


def test_every_written_question_has_its_place() -> None:
    data = SHARED / "reader-data"
    if not data.is_dir():
        pytest.skip("the reader data beside the project is missing")
    stories = written(data)
    asked = [(story, q) for story in stories for q in story.asked]
    near_misses = sum(not q.places for _, q in asked)
    assert 0.4 < near_misses / len(asked) < 0.7
    assert len({story.group for story in stories}) == len(stories)
    for story, question in asked:
        for number, start, end in question.places:
            answer = story.articles[number].text[start:end]
            assert answer.strip() == answer != ""
    assert {s.group for s in stories if s.held_out}
    assert {s.group for s in stories if not s.held_out}


def test_a_question_without_its_place_is_named(tmp_path, monkeypatch) -> None:
    data = SHARED / "reader-data"
    if not data.is_dir():
        pytest.skip("the reader data beside the project is missing")
    (tmp_path / "stories.txt").write_text("")
    (tmp_path / "newsroom-x.txt").write_text(
        "@ a | Title | Outlet | 2021-01-02\nNine ferries sail.\n\n? questions\n+ How many? | {ten}\n"
    )
    monkeypatch.setattr(module, "QUESTIONS", tmp_path)
    with pytest.raises(ReaderDataError, match=r"newsroom-x\.txt: stands not once"):
        written(data)
