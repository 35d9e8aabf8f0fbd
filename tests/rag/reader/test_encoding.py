"""One sequence a pair: date, age and title in front, windows that lose nothing, positions that are right."""

from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from rag.reader.encoding import (
    MAX_LEAD,
    MAX_PASSAGE,
    MAX_QUESTION,
    SpecialTokens,
    age,
    lead_text,
    load_tokenizer,
    pair_ids,
    windows,
)
from rag.reader.loading import VOCABULARY, WEIGHTS
from rag.reader.onnx_scorer import OnnxScorer

TODAY = date(2024, 6, 5)
MARKS = SpecialTokens(first=0, separator=2, padding=1)


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return load_tokenizer(WEIGHTS / VOCABULARY)


@pytest.mark.parametrize(
    ("published", "as_of", "title", "lead"),
    [
        (date(2024, 5, 1), TODAY, "Rain in Pelm", "1 May 2024, 5 weeks ago | Rain in Pelm."),
        (date(2024, 5, 1), None, "Rain in Pelm", "1 May 2024 | Rain in Pelm."),
        (date(2024, 5, 1), TODAY, None, "1 May 2024, 5 weeks ago |"),
        (None, TODAY, "Rain in Pelm", "Rain in Pelm."),
        (None, TODAY, None, ""),
        (None, None, "", ""),
    ],
)
def test_what_stands_in_front_of_a_passage(
    published: date | None, as_of: date | None, title: str | None, lead: str
) -> None:
    assert lead_text(published, as_of, title) == lead


@pytest.mark.parametrize(
    ("days", "told"),
    [
        (-3, "today"),
        (0, "today"),
        (1, "yesterday"),
        (2, "2 days ago"),
        (13, "13 days ago"),
        (14, "2 weeks ago"),
        (59, "8 weeks ago"),
        (60, "2 months ago"),
        (729, "24 months ago"),
        (730, "2 years ago"),
        (3652, "10 years ago"),
    ],
)
def test_an_age_is_told_in_the_largest_fitting_unit(days: int, told: str) -> None:
    assert age(TODAY - timedelta(days=days), TODAY) == told


@given(st.integers(2, 20_000))
def test_an_age_never_says_one_of_a_unit(days: int) -> None:
    number, unit, _ = age(TODAY - timedelta(days=days), TODAY).split()
    assert int(number) >= 2
    assert unit.endswith("s")


@given(st.integers(0, 1500))
@pytest.mark.slow
def test_windows_cover_every_token_and_overlap_by_half(length: int) -> None:
    found = list(windows(length))
    assert sorted({n for low, high in found for n in range(low, high)}) == list(range(length))
    assert found[0][0] == 0
    assert found[-1][1] == length
    assert all(high - low <= MAX_PASSAGE for low, high in found)
    for (low, high), (following, _) in pairwise(found):
        assert high - low == MAX_PASSAGE
        assert following - low == MAX_PASSAGE // 2


def test_a_short_passage_is_one_window_and_an_empty_one_too() -> None:
    assert list(windows(MAX_PASSAGE)) == [(0, MAX_PASSAGE)]
    assert list(windows(MAX_PASSAGE + 1)) == [(0, MAX_PASSAGE), (MAX_PASSAGE // 2, MAX_PASSAGE + 1)]
    assert list(windows(0)) == [(0, 0)]


def test_a_pair_stands_as_mpnet_parts_one() -> None:
    ids, start = pair_ids([10, 11], [20], [30, 31, 32], MARKS)
    assert ids == [0, 10, 11, 2, 2, 20, 30, 31, 32, 2]
    assert ids[start:-1] == [30, 31, 32]
    ids, start = pair_ids([], [], [], MARKS)
    assert (ids, start) == ([0, 2, 2, 2], 3)


@given(st.integers(0, 90), st.integers(0, 60), st.integers(0, MAX_PASSAGE))
def test_question_and_lead_are_cut_and_the_passage_is_not(
    question: int, lead: int, passage: int
) -> None:
    ids, start = pair_ids([10] * question, [20] * lead, [30] * passage, MARKS)
    assert ids.count(10) == min(question, MAX_QUESTION)
    assert ids.count(20) == min(lead, MAX_LEAD)
    assert ids[start:-1] == [30] * passage
    # MPNet has positions for 512 tokens.
    assert len(ids) <= 512


def test_a_vocabulary_without_these_marks_is_refused(tokenizer: Tokenizer) -> None:
    assert SpecialTokens.of(tokenizer) == MARKS
    from tokenizers.models import WordLevel

    with pytest.raises(ValueError, match="<s>"):
        SpecialTokens.of(Tokenizer(WordLevel({"<s>": 0, "</s>": 1}, unk_token="<s>")))


def test_a_pair_is_encoded_as_mpnets_own_tokenizer_does(tokenizer: Tokenizer) -> None:
    question, text = "Who led the drill?", "Captain Lena Fox led it."
    asked, read = (tokenizer.encode(t, add_special_tokens=False).ids for t in (question, text))
    ids, _ = pair_ids(asked, [], read, MARKS)
    assert ids == tokenizer.encode(question, text).ids


class Counting:
    """A session that scores each token by its place, and keeps what it was run on."""

    def __init__(self) -> None:
        self.ids: list[np.ndarray] = []

    def run(self, outputs: list[str], feed: dict[str, np.ndarray]) -> list[np.ndarray]:
        assert outputs == ["scores"]
        self.ids.append(feed["ids"])
        places = np.arange(feed["ids"].shape[1], dtype=np.float32)
        return [np.stack([places, places + 0.5], axis=1)[None]]


def test_scores_are_those_of_the_passages_own_tokens(tokenizer: Tokenizer) -> None:
    session = Counting()
    scorer = OnnxScorer(session, tokenizer)
    text = "Captain Lena Fox led it with 12 boats."
    (found,) = scorer.score("Who led the drill?", [text], ["5 June 2024 | Drill."])
    (ids,) = session.ids
    head = tokenizer.encode("Who led the drill?", add_special_tokens=False).ids
    lead = tokenizer.encode("5 June 2024 | Drill.", add_special_tokens=False).ids
    start = 1 + len(head) + 2 + len(lead)
    assert found.starts.tolist() == list(range(start, ids.shape[1] - 1))
    assert found.ends.tolist() == [n + 0.5 for n in range(start, ids.shape[1] - 1)]
    assert found.null == 0.5
    assert [text[a:b] for a, b in found.offsets[:3]] == ["Captain", "Lena", "Fox"]
    assert tokenizer.decode(ids[0, start:-1].tolist()).startswith("captain lena fox")


def test_a_long_text_comes_as_windows_that_reach_its_end(tokenizer: Tokenizer) -> None:
    text = "The council of Aldermouth met on Monday. " * 60
    found = OnnxScorer(Counting(), tokenizer).score("Who met?", [text, "Nobody came."], ["", ""])
    assert [scores.text for scores in found] == [0] * (len(found) - 1) + [1]
    assert len(found) > 3
    places = {tuple(place) for scores in found if scores.text == 0 for place in scores.offsets}
    whole = tokenizer.encode(text, add_special_tokens=False).offsets
    assert places == set(whole)


def test_an_empty_text_has_no_tokens(tokenizer: Tokenizer) -> None:
    (found,) = OnnxScorer(Counting(), tokenizer).score("Who met?", [""], [""])
    assert found.offsets.shape == (0, 2)
    assert len(found.starts) == len(found.ends) == 0


def test_many_questions_are_each_asked_of_their_own_text(tokenizer: Tokenizer) -> None:
    scorer = OnnxScorer(Counting(), tokenizer)
    questions, texts = ["Who met?", "Who led the whole drill?"], ["Nobody came.", "Lena Fox led."]
    many = scorer.score_many(questions, texts, ["", ""])
    for number, (question, text) in enumerate(zip(questions, texts, strict=True)):
        (alone,) = scorer.score(question, [text], [""])
        assert many[number].text == number
        assert many[number].starts.tolist() == alone.starts.tolist()
    feeds = scorer.feeds(questions, texts, ["", ""])
    assert len(feeds) == 2
    assert all(feed.keys() == {"ids"} for feed in feeds)
