"""The questions the chat offers on the built-in sample: each ends right, and no byline is false."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rag import Answer, Answerer
from rag.index import Index
from rag.types import Turn
from ui.defaults import open_sample
from ui.web.examples import SAMPLE_EXAMPLES

pytestmark = pytest.mark.slow

RIGHT: dict[str, tuple[str, ...]] = {
    "How many cooperation agreements were signed during Xi's visit?": ("36", "Over 30"),
    "What was goods trade between China and Vietnam worth?": (
        "1.45 trillion yuan",
        "203.97 billion",
    ),
    "Who co-chaired the 15th session of the steering committee?": ("Tran Luu Quang", "Wang Yi"),
    "What does UNCLOS stand for?": ("Convention on the Law of the Sea",),
    "How much did the visit cost?": (),
}
"""Words of which the answer must hold one; none where the articles don't say."""

QUOTED = {
    "Who co-chaired the 15th session of the steering committee?": ("Tran Luu Quang", "Wang Yi"),
}
"""Words that the first quote must hold, all of them."""


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        with open_sample() as index:
            yield index


@pytest.fixture(scope="module")
def answers(sample: Index) -> dict[str, Answer]:
    answerer = Answerer(sample)
    return {question: answerer.ask(question) for question in SAMPLE_EXAMPLES}


def test_every_example_has_its_outcome_here() -> None:
    assert set(RIGHT) == set(SAMPLE_EXAMPLES)


@pytest.mark.parametrize("question", SAMPLE_EXAMPLES)
def test_an_example_ends_right(question: str, answers: dict[str, Answer]) -> None:
    answer, right = answers[question], RIGHT[question]
    if not right:
        assert answer.abstained
        return
    assert answer.text is not None
    assert any(words in answer.text for words in right), answer.text
    quote = answer.citations[0].quote
    assert any(words in quote for words in right)
    assert all(words in quote for words in QUOTED.get(question, ()))


PLACE = "What place did Vietnam hold among China's largest trading partners in 2023?"


@pytest.mark.parametrize(
    ("question", "history"),
    [
        (PLACE, ()),
        ("And in 2023?", (Turn(PLACE.replace("2023", "2022"), "sixth"),)),
    ],
)
def test_the_year_asked_about_decides_between_two_reports(
    sample: Index, question: str, history: tuple[Turn, ...]
) -> None:
    answer = Answerer(sample).ask(question, history=history)
    assert not answer.abstained
    assert answer.text is not None
    assert "fourth" in answer.text
    assert "2023" in f"{answer.citations[0].quote} {answer.citations[0].article.published}"


def test_no_citation_names_who_did_not_publish_its_words(
    sample: Index, answers: dict[str, Answer]
) -> None:
    cited = [
        citation
        for answer in answers.values()
        for candidate in answer.candidates
        for citation in candidate.citations
    ]
    assert cited
    for article in (*sample.articles(), *(citation.article for citation in cited)):
        assert (article.outlet, article.url) == ("presscite sample desk", None)
        assert article.retells
    assert {citation.link for citation in cited} == {None}
